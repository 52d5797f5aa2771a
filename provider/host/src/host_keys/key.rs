//! Public keys as text.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use russh::keys::ssh_key::Fingerprint;
use russh::keys::{HashAlg, PublicKey};

/// `TYPE BASE64 [comment]`, where the type is the one inside the key; the comment is dropped.
pub(crate) fn parse_key(text: &str) -> Option<PublicKey> {
    let mut words = text.split_ascii_whitespace();
    let (kind, encoded) = (words.next()?, words.next()?);
    let bytes = STANDARD.decode(encoded).ok()?;
    let key = PublicKey::from_bytes(&bytes).ok()?;
    (key.algorithm().as_str() == kind).then_some(key)
}

/// The key as a line of `known_hosts` without names.
pub(crate) fn key_line(key: &PublicKey) -> String {
    let bytes = key.to_bytes().unwrap_or_default();
    format!("{} {}", key.algorithm().as_str(), STANDARD.encode(bytes))
}

/// `SHA256:...`, as OpenSSH prints it.
pub(crate) fn fingerprint(key: &PublicKey) -> String {
    key.fingerprint(HashAlg::Sha256).to_string()
}

/// Whether two keys are the same, whatever their comments.
pub(crate) fn same(one: &PublicKey, other: &PublicKey) -> bool {
    one.key_data() == other.key_data()
}

/// The only key that is accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Pin {
    /// The key itself.
    Key(PublicKey),
    /// Its fingerprint.
    Fingerprint(Fingerprint),
}

impl Pin {
    /// A key or a fingerprint.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        match text.parse::<Fingerprint>() {
            Ok(fingerprint) => Some(Self::Fingerprint(fingerprint)),
            Err(_) => parse_key(text).map(Self::Key),
        }
    }

    /// Whether this is the key.
    pub(crate) fn is(&self, key: &PublicKey) -> bool {
        match self {
            Self::Key(pinned) => same(pinned, key),
            Self::Fingerprint(pinned) => *pinned == key.fingerprint(pinned.algorithm()),
        }
    }

    /// The fingerprint, for messages.
    pub(crate) fn fingerprint(&self) -> String {
        match self {
            Self::Key(key) => fingerprint(key),
            Self::Fingerprint(fingerprint) => fingerprint.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB9dG4kjRhQTtWTVzd2t27+t0DEHBPW7iOD23TUiYLio";

    #[test]
    fn a_key_comes_back_as_it_was() {
        let key = parse_key(&format!("{KEY} somebody@somewhere")).unwrap();
        assert_eq!(key_line(&key), KEY);
    }

    #[test]
    fn a_pin_is_a_key_or_its_fingerprint() {
        let key = parse_key(KEY).unwrap();
        let by_key = Pin::parse(KEY).unwrap();
        let by_fingerprint = Pin::parse(&fingerprint(&key)).unwrap();
        assert!(by_key.is(&key) && by_fingerprint.is(&key));
        assert_eq!(by_key.fingerprint(), by_fingerprint.fingerprint());
        assert_eq!(Pin::parse("ssh-ed25519 nonsense"), None);
        assert_eq!(Pin::parse(""), None);
    }
}
