//! One SSH connection.
//!
//! Everything that touches the SSH library is in here, since its interface moves.

mod agent;
mod authenticate;
mod channel;
mod connect;
mod credentials;
mod exec;
mod failure;
mod handler;
mod signer;
mod tunnel;

pub(crate) use connect::{Connector, pin};
pub(crate) use exec::{Exec, ExecError};
pub use tunnel::Tunnel;

use crate::host::{LearnedKey, Trust};
use crate::host_keys::{Pin, key_line};
use channel::Channels;
use handler::Handler;
use russh::client::Handle;
use russh::keys::PublicKey;
use std::sync::Arc;
use tokio::sync::OnceCell;

/// A connection that is logged in. It ends when the last reference to it is dropped.
pub(crate) struct Connection {
    handle: Handle<Handler>,
    login: String,
    /// The key that the host showed.
    key: PublicKey,
    trust: Trust,
    channels: Channels,
    /// Whether sudo accepted the password.
    pub(crate) sudo: OnceCell<()>,
    /// The connection that carries this one.
    _jump: Option<Arc<Connection>>,
}

impl Connection {
    fn new(
        handle: Handle<Handler>,
        login: String,
        (key, trust): (PublicKey, Trust),
        jump: Option<Arc<Self>>,
    ) -> Self {
        let channels = Channels::default();
        Self { handle, login, key, trust, channels, sudo: OnceCell::new(), _jump: jump }
    }

    /// Whether it still carries anything.
    pub(crate) fn is_alive(&self) -> bool {
        !self.handle.is_closed()
    }

    /// Whether the host showed this key.
    pub(crate) fn has_key(&self, pin: &Pin) -> bool {
        pin.is(&self.key)
    }

    /// The key that the host showed, and why it was accepted.
    pub(crate) fn learned(&self) -> LearnedKey {
        LearnedKey { key: key_line(&self.key), trust: self.trust }
    }
}
