//! The pin by which a joining host recognises the cluster's CA.

use crate::token::{hexadecimal, is_hexadecimal};
use sha2::{Digest, Sha256};
use std::fmt;
use std::str::FromStr;
use x509_cert::Certificate;
use x509_cert::der::Encode;

/// Hash of a CA's public key, `sha256:` and 64 hexadecimal digits: kubeadm's `caCertHashes`.
///
/// It covers the certificate's `SubjectPublicKeyInfo`, not the certificate: a renewed
/// certificate of the same key keeps its hash.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CaHash(String);

/// Why no hash could be made or read.
#[derive(Debug, thiserror::Error)]
pub enum CaHashError {
    /// The text is not PEM of X.509 certificates.
    #[error("the text is not a PEM bundle of X.509 certificates")]
    Pem(#[source] x509_cert::der::Error),
    /// The text holds no certificate at all.
    #[error("the text holds no certificate")]
    Empty,
    /// A hash of another form.
    #[error("a CA hash is sha256: and 64 lower-case hexadecimal digits")]
    Format,
}

/// The hashes of all certificates of a PEM bundle, in its order.
///
/// A bundle holds several certificates while a CA is being replaced; a joining host accepts any
/// of them.
///
/// # Errors
/// When the text holds no certificate, or something that is none.
pub fn ca_hashes(pem: &str) -> Result<Vec<CaHash>, CaHashError> {
    let certificates =
        Certificate::load_pem_chain(pem.trim().as_bytes()).map_err(CaHashError::Pem)?;
    if certificates.is_empty() {
        return Err(CaHashError::Empty);
    }
    certificates.iter().map(hash_of).collect()
}

fn hash_of(certificate: &Certificate) -> Result<CaHash, CaHashError> {
    let key = certificate.tbs_certificate().subject_public_key_info();
    let encoded = key.to_der().map_err(CaHashError::Pem)?;
    let digest = Sha256::digest(&encoded);
    Ok(CaHash(format!("sha256:{}", hexadecimal(digest.as_slice()))))
}

impl CaHash {
    /// The hash with its `sha256:` in front.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for CaHash {
    type Err = CaHashError;

    fn from_str(text: &str) -> Result<Self, CaHashError> {
        let digits = text.strip_prefix("sha256:").ok_or(CaHashError::Format)?;
        if is_hexadecimal(digits, 64) {
            Ok(Self(text.to_owned()))
        } else {
            Err(CaHashError::Format)
        }
    }
}

impl fmt::Display for CaHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Two certificates of one key and one of another; the hashes are openssl's.
    const BUNDLE: &str = include_str!("../testdata/ca-bundle.pem");
    const FIRST: &str = "sha256:b8021796b96fd3889f925ab70df69db10a3c53de54999318eb01b285709417f0";
    const SECOND: &str = "sha256:712ebced4b0e2e4f19d7cf6f4a98b5238517e8641cdfc749d3369e0174548203";

    #[test]
    fn a_renewed_certificate_keeps_its_hash() {
        let hashes = ca_hashes(BUNDLE).unwrap();
        let texts: Vec<&str> = hashes.iter().map(CaHash::as_str).collect();
        assert_eq!(texts, [FIRST, FIRST, SECOND]);
    }

    #[test]
    fn surrounding_blank_lines_do_not_matter() {
        let padded = format!("\n  \n{BUNDLE}\r\n\n");
        assert_eq!(ca_hashes(&padded).unwrap(), ca_hashes(BUNDLE).unwrap());
    }

    #[test]
    fn other_texts_have_no_hash() {
        let truncated = BUNDLE.get(..300).unwrap();
        let not_a_certificate = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert!(matches!(ca_hashes(" \n"), Err(CaHashError::Empty)));
        for text in ["hello", truncated, not_a_certificate] {
            assert!(matches!(ca_hashes(text), Err(CaHashError::Pem(_))), "{text}");
        }
    }

    #[test]
    fn hashes_are_read() {
        assert_eq!(FIRST.parse::<CaHash>().unwrap().to_string(), FIRST);
        let upper = FIRST.to_uppercase();
        for text in
            ["", "sha256:", "sha256:00", upper.as_str(), FIRST.trim_start_matches("sha256:")]
        {
            assert!(matches!(text.parse::<CaHash>(), Err(CaHashError::Format)), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in ".*", cut in 0_usize..1600) {
            let _ = ca_hashes(&text);
            let _ = ca_hashes(BUNDLE.get(..cut).unwrap_or(BUNDLE));
        }
    }
}
