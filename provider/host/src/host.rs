//! One machine.

use crate::command::Command;
use crate::connection::{Connection, Tunnel};
use crate::endpoint::{Endpoint, Target};
use crate::error::HostError;
use crate::output::Output;
use crate::pool::{Pool, Slot};
use crate::unit::Unit;
use std::fmt;
use std::sync::Arc;

/// One machine: a cheap handle on a connection that is made at first use, shared with all other
/// handles of the same endpoint, and made anew after a loss.
#[derive(Clone)]
pub struct Host {
    pool: Pool,
    target: Arc<Target>,
    slot: Arc<Slot>,
}

/// A key that the host showed and that was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LearnedKey {
    /// The public key as in `known_hosts`, without names: `ssh-ed25519 AAAA...`.
    pub key: String,
    /// Why it was accepted.
    pub trust: Trust,
}

/// Why a host key was accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// It is the pinned key.
    Pinned,
    /// A file of known hosts has it.
    KnownHosts,
    /// An authority certified it; pinning it would defeat the authority's purpose.
    Authority,
    /// Nobody knew the host, and the policy accepts that: pin the key.
    FirstContact,
}

impl Host {
    pub(crate) fn new(pool: Pool, target: Target) -> Self {
        let slot = pool.slot(&target, None);
        Self { pool, target: Arc::new(target), slot }
    }

    /// Connects and logs in, unless that is already done.
    ///
    /// # Errors
    /// When the host does not answer or does not let us in.
    pub async fn connect(&self) -> Result<(), HostError> {
        self.connection().await.map(|_| ())
    }

    /// Runs a command as root and waits for its end. Its exit status is no error.
    ///
    /// A command is never repeated: when the connection is lost under it, that is the answer.
    /// Dropping the future leaves the command running until it notices that nobody listens.
    ///
    /// # Errors
    /// When the command could not be run, or when it is unknown what came of it.
    pub async fn run(&self, command: &Command) -> Result<Output, HostError> {
        self.run_elevated(command).await
    }

    /// Opens a TCP connection from the host to somewhere.
    ///
    /// # Errors
    /// When the host does not open it ([`HostError::ChannelRefused`]).
    pub async fn dial(&self, address: &str, port: u16) -> Result<Tunnel, HostError> {
        let connection = self.connection().await?;
        let error = match connection.dial(address, port).await {
            Ok(tunnel) => return Ok(tunnel),
            Err(error) => connection.dial_failed(address, port, error),
        };
        if connection.is_alive() {
            return Err(error);
        }
        let connection = self.connection().await?;
        let tunnel = connection.dial(address, port).await;
        tunnel.map_err(|error| connection.dial_failed(address, port, error))
    }

    /// A long command as a transient systemd unit of this name (without `.service`).
    pub fn unit(&self, name: impl Into<String>) -> Unit {
        Unit::new(self.clone(), name.into())
    }

    /// The host key of the last connection, if there was one.
    #[must_use]
    pub fn learned_host_key(&self) -> Option<LearnedKey> {
        self.pinned_slot().learned().or_else(|| self.slot.learned())
    }

    /// Where SSH connects to.
    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        &self.target.endpoint
    }

    /// How the login is named in messages: `debian@10.77.0.12`.
    #[must_use]
    pub fn login(&self) -> String {
        self.target.login()
    }

    pub(crate) fn target(&self) -> &Target {
        &self.target
    }

    /// The connection; one that shows another key than the pinned one does not serve this handle.
    pub(crate) async fn connection(&self) -> Result<Arc<Connection>, HostError> {
        let Some(text) = &self.target.host_key else {
            return self.pool.connection(&self.slot, &self.target).await;
        };
        let pin = crate::connection::pin(text).map_err(|problem| HostError::HostKey {
            host: self.target.endpoint.to_string(),
            problem,
        })?;
        let shared = self.pool.connection(&self.slot, &self.target).await?;
        if shared.has_key(&pin) {
            return Ok(shared);
        }
        self.pool.connection(&self.pinned_slot(), &self.target).await
    }

    fn pinned_slot(&self) -> Arc<Slot> {
        self.pool.slot(&self.target, self.target.host_key.as_ref())
    }
}

impl fmt::Debug for Host {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Host({})", self.login())
    }
}
