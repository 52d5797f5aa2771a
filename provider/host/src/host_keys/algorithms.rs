//! Which kinds of keys a host is asked for.

use super::key::Pin;
use super::known::Marker;
use super::{HostKeys, hosts};
use russh::keys::{Algorithm, EcdsaCurve, HashAlg};

/// What is asked for where nothing is known, most wanted first.
const ORDER: [Algorithm; 6] = [
    Algorithm::Ed25519,
    Algorithm::Ecdsa { curve: EcdsaCurve::NistP256 },
    Algorithm::Ecdsa { curve: EcdsaCurve::NistP384 },
    Algorithm::Ecdsa { curve: EcdsaCurve::NistP521 },
    Algorithm::Rsa { hash: Some(HashAlg::Sha512) },
    Algorithm::Rsa { hash: Some(HashAlg::Sha256) },
];

impl HostKeys {
    /// Kinds of keys to ask for: first those that are known, since a host that has several would
    /// otherwise show one that nobody knows.
    pub(crate) fn algorithms(&self) -> Vec<Algorithm> {
        let known = self.known_algorithms();
        let (mut first, rest): (Vec<_>, Vec<_>) =
            ORDER.into_iter().partition(|algorithm| known.iter().any(|it| fits(it, algorithm)));
        first.extend(rest);
        first
    }

    /// Kinds of certificates to ask for: none, unless an authority is known and no key is pinned.
    pub(crate) fn certificate_algorithms(&self) -> Vec<Algorithm> {
        let by_line = self.entries().any(|entry| entry.marker == Marker::Authority);
        let wanted = self.pin.is_none() && (by_line || !self.authorities.is_empty());
        if wanted { ORDER.to_vec() } else { Vec::new() }
    }

    fn known_algorithms(&self) -> Vec<Algorithm> {
        match &self.pin {
            Some(Pin::Key(key)) => vec![key.algorithm()],
            Some(Pin::Fingerprint(_)) => Vec::new(),
            None => {
                let exact = hosts(&self.exact);
                let lines = if exact.is_empty() { hosts(&self.portless) } else { exact };
                lines.into_iter().map(|entry| entry.key.algorithm()).collect()
            }
        }
    }
}

/// Whether a key of the one kind is shown under the other name; RSA has several.
fn fits(known: &Algorithm, asked: &Algorithm) -> bool {
    known == asked || matches!((known, asked), (Algorithm::Rsa { .. }, Algorithm::Rsa { .. }))
}
