//! Bootstrap tokens and certificate keys: the short-lived secrets of joining.

use crate::secret::Secret;
use rand::{CryptoRng, RngExt};

/// A bootstrap token: a public id and a secret, written `ID.SECRET`.
///
/// A token lets its holder join a node, so it lives for minutes and is revoked after use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BootstrapToken {
    id: String,
    secret: Secret,
}

/// Why a text is no bootstrap token. It never repeats the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a bootstrap token is 6 characters, a dot and 16 characters, each a lower-case letter or digit"
)]
pub struct TokenFormatError;

const TOKEN_ID_LENGTH: usize = 6;
const TOKEN_SECRET_LENGTH: usize = 16;
const TOKEN_ALPHABET: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";

impl BootstrapToken {
    /// Makes a new token from `random`, which must be fit for secrets.
    pub fn generate(random: &mut impl CryptoRng) -> Self {
        Self {
            id: random_text(random, TOKEN_ID_LENGTH),
            secret: Secret::new(random_text(random, TOKEN_SECRET_LENGTH)),
        }
    }

    /// Reads a token of the form `[a-z0-9]{6}.[a-z0-9]{16}`.
    ///
    /// # Errors
    /// When the text has another form.
    pub fn parse(text: &str) -> Result<Self, TokenFormatError> {
        let (id, secret) = text.split_once('.').ok_or(TokenFormatError)?;
        if !is_token_part(id, TOKEN_ID_LENGTH) || !is_token_part(secret, TOKEN_SECRET_LENGTH) {
            return Err(TokenFormatError);
        }
        Ok(Self { id: id.to_owned(), secret: Secret::new(secret) })
    }

    /// The public part: names the token's Secret, `bootstrap-token-ID` in `kube-system`.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The secret part.
    #[must_use]
    pub fn secret(&self) -> &Secret {
        &self.secret
    }

    /// Both parts, as kubeadm takes them.
    #[must_use]
    pub fn whole(&self) -> Secret {
        Secret::new(format!("{}.{}", self.id, self.secret.expose()))
    }

    /// Name of the token's Secret in the namespace `kube-system`.
    #[must_use]
    pub fn secret_name(&self) -> String {
        format!("bootstrap-token-{}", self.id)
    }
}

/// The key under which kubeadm hands the cluster's certificates to a joining control plane
/// member: 32 random bytes, written as 64 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateKey(Secret);

/// Why a text is no certificate key. It never repeats the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a certificate key is 64 lower-case hexadecimal digits")]
pub struct CertificateKeyFormatError;

impl CertificateKey {
    /// Makes a new key from `random`, which must be fit for secrets.
    pub fn generate(random: &mut impl CryptoRng) -> Self {
        let mut bytes = zeroize::Zeroizing::new([0_u8; 32]);
        random.fill_bytes(bytes.as_mut_slice());
        Self(Secret::new(hexadecimal(bytes.as_slice())))
    }

    /// Reads a key.
    ///
    /// # Errors
    /// When the text is something else than 64 lower-case hexadecimal digits.
    pub fn parse(text: &str) -> Result<Self, CertificateKeyFormatError> {
        if is_hexadecimal(text, 64) {
            Ok(Self(Secret::new(text)))
        } else {
            Err(CertificateKeyFormatError)
        }
    }

    /// The key as kubeadm takes it.
    #[must_use]
    pub fn secret(&self) -> &Secret {
        &self.0
    }
}

pub(crate) fn is_hexadecimal(text: &str, length: usize) -> bool {
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    text.len() == length && text.bytes().all(is_digit)
}

pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

fn random_text(random: &mut impl CryptoRng, length: usize) -> String {
    let one = |_| char::from(*random_element(random));
    (0..length).map(one).collect()
}

fn random_element(random: &mut impl CryptoRng) -> &'static u8 {
    let index = random.random_range(0..TOKEN_ALPHABET.len());
    TOKEN_ALPHABET.get(index).unwrap_or(&b'a')
}

fn is_token_part(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| TOKEN_ALPHABET.contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    #[test]
    fn other_forms_are_refused() {
        let refused = [
            "",
            "abcdef",
            "ssakq.03psdfgs4eq31omogi",
            "abcdef.0123456789abcde",
            "abcdef.0123456789abcdef0",
            "ABCDEF.0123456789abcdef",
            "abcdef:0123456789abcdef",
            "abcdef.0123456789abcde\n",
            "abcdef.0123456.89abcdef",
        ];
        for text in refused {
            assert_eq!(BootstrapToken::parse(text), Err(TokenFormatError), "{text}");
        }
    }

    #[test]
    fn parts_of_a_token() {
        let token = BootstrapToken::parse("abcdef.0123456789abcdef").unwrap();
        assert_eq!(token.id(), "abcdef");
        assert_eq!(token.secret().expose(), "0123456789abcdef");
        assert_eq!(token.secret_name(), "bootstrap-token-abcdef");
        assert!(!format!("{token:?}").contains("0123456789abcdef"));
    }

    #[test]
    fn other_certificate_keys_are_refused() {
        let upper = "A".repeat(64);
        for text in ["", "00", upper.as_str()] {
            assert_eq!(CertificateKey::parse(text), Err(CertificateKeyFormatError));
        }
    }

    proptest! {
        #[test]
        fn generated_secrets_are_read_back(seed: u64) {
            let mut random = StdRng::seed_from_u64(seed);
            let token = BootstrapToken::generate(&mut random);
            let key = CertificateKey::generate(&mut random);
            prop_assert_eq!(BootstrapToken::parse(token.whole().expose()), Ok(token));
            prop_assert_eq!(CertificateKey::parse(key.secret().expose()), Ok(key));
        }

        #[test]
        fn two_tokens_differ(seed: u64) {
            let mut random = StdRng::seed_from_u64(seed);
            let first = BootstrapToken::generate(&mut random);
            prop_assert_ne!(first, BootstrapToken::generate(&mut random));
        }
    }
}
