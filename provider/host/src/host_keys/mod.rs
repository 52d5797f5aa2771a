//! Which host keys are accepted, as OpenSSH decides it.
//!
//! Two things are stricter: a host whose authority is known but whose certificate is not good is
//! refused even where new hosts are accepted, and a key revoked for the bare name is revoked on
//! every port.

mod algorithms;
mod key;
mod known;
mod pattern;

pub(crate) use key::{Pin, fingerprint, key_line, parse_key};

use crate::error::HostKeyProblem;
use crate::host::Trust;
use crate::profile::{HostKeyMode, HostKeyPolicy};
use key::same;
use known::{Entry, Marker, entries};
use russh::keys::ssh_key::certificate::CertType;
use russh::keys::{Algorithm, Certificate, HashAlg, PublicKey, PublicKeyOrCertificate};
use std::io::ErrorKind;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// Everything that is known about the keys of one host.
#[derive(Clone, Debug)]
pub(crate) struct HostKeys {
    address: String,
    pin: Option<Pin>,
    mode: HostKeyMode,
    /// Authorities that are good for any host.
    authorities: Vec<PublicKey>,
    /// Lines about the host under its name and port.
    exact: Vec<Entry>,
    /// Lines about the bare name, where the port is not SSH's own.
    portless: Vec<Entry>,
}

impl HostKeys {
    /// Reads what the files say about a host.
    pub(crate) async fn load(
        address: &str,
        port: u16,
        pin: Option<Pin>,
        policy: &HostKeyPolicy,
    ) -> Result<Self, HostKeyProblem> {
        let address = address.to_lowercase();
        let authorities = policy.authorities.iter().map(|text| authority(text));
        let mut keys = Self {
            authorities: authorities.collect::<Result<_, _>>()?,
            mode: policy.mode,
            pin,
            exact: Vec::new(),
            portless: Vec::new(),
            address,
        };
        for file in &policy.known_hosts_files {
            keys.add(&file.display().to_string(), &read(file).await?, port);
        }
        Ok(keys)
    }

    fn add(&mut self, file: &str, text: &str, port: u16) {
        let bare = entries(file, text, &self.address);
        if port == 22 {
            self.exact.extend(bare);
        } else {
            self.exact.extend(entries(file, text, &format!("[{}]:{port}", self.address)));
            self.portless.extend(bare);
        }
    }

    /// Whether to talk to a host that shows this.
    pub(crate) fn judge(&self, shown: &PublicKeyOrCertificate) -> Result<Trust, HostKeyProblem> {
        self.check_revoked(shown)?;
        let key = shown.public_key();
        if let Some(pin) = &self.pin {
            let expected = || vec![pin.fingerprint()];
            let place = "the pinned key".to_owned();
            return if pin.is(&key) {
                Ok(Trust::Pinned)
            } else {
                Err(changed(&key, expected(), place))
            };
        }
        if let Some(certificate) = shown.certificate()
            && self.is_authority(&certificate.signature_key().clone().into())
        {
            return self.judge_certificate(certificate);
        }
        self.judge_key(&key)
    }

    fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.exact.iter().chain(&self.portless)
    }

    fn is_authority(&self, key: &PublicKey) -> bool {
        let mut lines = self.entries().filter(|entry| entry.marker == Marker::Authority);
        self.authorities.iter().any(|authority| same(authority, key))
            || lines.any(|entry| same(&entry.key, key))
    }

    fn check_revoked(&self, shown: &PublicKeyOrCertificate) -> Result<(), HostKeyProblem> {
        let authority = shown.certificate().map(|it| it.signature_key().clone().into());
        let keys: Vec<PublicKey> =
            [Some(shown.public_key()), authority].into_iter().flatten().collect();
        let mut revoked = self.entries().filter(|entry| entry.marker == Marker::Revoked);
        match revoked.find(|entry| keys.iter().any(|key| same(key, &entry.key))) {
            None => Ok(()),
            Some(entry) => Err(HostKeyProblem::Revoked {
                fingerprint: fingerprint(&entry.key),
                place: entry.place.clone(),
            }),
        }
    }

    /// A certificate of a known authority: good, or else the key in it must be known by itself.
    fn judge_certificate(&self, certificate: &Certificate) -> Result<Trust, HostKeyProblem> {
        let Err(detail) = self.check_certificate(certificate) else { return Ok(Trust::Authority) };
        let key = certificate.public_key().clone().into();
        match self.judge_key(&key) {
            Ok(Trust::KnownHosts) => Ok(Trust::KnownHosts),
            Err(problem @ HostKeyProblem::Changed { .. }) => Err(problem),
            _ => Err(HostKeyProblem::Certificate { detail }),
        }
    }

    fn check_certificate(&self, certificate: &Certificate) -> Result<(), String> {
        let authority = certificate.signature_key().fingerprint(HashAlg::Sha256);
        if certificate.cert_type() != CertType::Host {
            return Err("it is a user's certificate, not a host's".to_owned());
        }
        let sha1 = Algorithm::Rsa { hash: None };
        if certificate.verify_signature().is_err() || certificate.signature().algorithm() == sha1 {
            return Err("its signature is not valid".to_owned());
        }
        if certificate.validate_at(now(), [&authority]).is_err() {
            return Err("it has expired or is not valid yet".to_owned());
        }
        let principals = certificate.valid_principals();
        if !principals.is_empty() && !principals.contains(&self.address) {
            return Err(format!("it is for {}, not for {}", principals.join(", "), self.address));
        }
        if certificate.critical_options().is_empty() {
            return Ok(());
        }
        Err("it has critical options, which no host certificate may have".to_owned())
    }

    fn judge_key(&self, key: &PublicKey) -> Result<Trust, HostKeyProblem> {
        let (exact, portless) = (hosts(&self.exact), hosts(&self.portless));
        if exact.iter().any(|entry| same(&entry.key, key)) {
            return Ok(Trust::KnownHosts);
        }
        if let Some(first) = exact.first() {
            let expected = exact.iter().map(|entry| fingerprint(&entry.key)).collect();
            return Err(changed(key, expected, first.place.clone()));
        }
        if portless.iter().any(|entry| same(&entry.key, key)) {
            return Ok(Trust::KnownHosts);
        }
        match self.mode {
            HostKeyMode::AcceptNew => Ok(Trust::FirstContact),
            HostKeyMode::Strict => Err(HostKeyProblem::Unknown {
                algorithm: key.algorithm().as_str().to_owned(),
                fingerprint: fingerprint(key),
                key: key_line(key),
            }),
        }
    }
}

/// Lines whose key is the host's own.
fn hosts(entries: &[Entry]) -> Vec<&Entry> {
    entries.iter().filter(|entry| entry.marker == Marker::Host).collect()
}

/// The host shows another key than the one it is known by.
pub(crate) fn changed(key: &PublicKey, expected: Vec<String>, place: String) -> HostKeyProblem {
    let algorithm = key.algorithm().as_str().to_owned();
    HostKeyProblem::Changed { algorithm, fingerprint: fingerprint(key), expected, place }
}

/// An authority's public key; a `@cert-authority` marker and patterns before it are no part of it.
fn authority(text: &str) -> Result<PublicKey, HostKeyProblem> {
    parse_key(text)
        .ok_or_else(|| HostKeyProblem::Malformed { what: format!("host key authority {text:?}") })
}

/// A file of known hosts; one that does not exist is empty.
async fn read(file: &Path) -> Result<String, HostKeyProblem> {
    let path = crate::path::expand(file);
    match tokio::fs::read(&path).await {
        Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(HostKeyProblem::Unreadable {
            path: file.display().to_string(),
            detail: error.to_string(),
        }),
    }
}

/// Seconds since 1970.
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
