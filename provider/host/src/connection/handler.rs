//! What happens while the host introduces itself.

use crate::error::HostKeyProblem;
use crate::host::Trust;
use crate::host_keys::HostKeys;
use crate::lock::lock;
use russh::client;
use russh::keys::{PublicKey, PublicKeyOrCertificate};
use std::sync::{Arc, Mutex};

/// Judges the host's key and keeps the verdict.
pub(super) struct Handler {
    keys: HostKeys,
    accepted: Accepted,
}

/// The key that was accepted, once there is one.
#[derive(Clone, Default)]
pub(super) struct Accepted(Arc<Mutex<Option<(PublicKey, Trust)>>>);

/// Why a connection could not be made.
#[derive(Debug)]
pub(super) enum HandlerError {
    /// The host's key is not accepted.
    HostKey(HostKeyProblem),
    /// Anything else.
    Ssh(russh::Error),
}

impl Handler {
    pub(super) fn new(keys: HostKeys, accepted: Accepted) -> Self {
        Self { keys, accepted }
    }
}

impl Accepted {
    fn set(&self, key: PublicKey, trust: Trust) {
        *lock(&self.0) = Some((key, trust));
    }

    pub(super) fn take(&self) -> Option<(PublicKey, Trust)> {
        lock(&self.0).take()
    }
}

impl client::Handler for Handler {
    type Error = HandlerError;

    async fn check_server_key(
        &mut self,
        shown: &PublicKeyOrCertificate,
    ) -> Result<bool, HandlerError> {
        let trust = self.keys.judge(shown).map_err(HandlerError::HostKey)?;
        self.accepted.set(shown.public_key(), trust);
        Ok(true)
    }
}

impl From<russh::Error> for HandlerError {
    fn from(error: russh::Error) -> Self {
        Self::Ssh(error)
    }
}
