//! What the SSH library's and the system's errors mean.

use crate::error::{HostError, Source, UnreachableReason};
use std::io;
use std::io::ErrorKind;
use std::sync::Arc;

/// A connection that could not be made, for a reason of the network.
pub(super) fn network(login: &str, port: u16, error: io::Error) -> HostError {
    let reason = match error.kind() {
        ErrorKind::ConnectionRefused => UnreachableReason::Refused { port },
        ErrorKind::HostUnreachable
        | ErrorKind::NetworkUnreachable
        | ErrorKind::NetworkDown
        | ErrorKind::AddrNotAvailable
        | ErrorKind::PermissionDenied => UnreachableReason::NoRoute,
        ErrorKind::TimedOut => UnreachableReason::Silent,
        ErrorKind::ConnectionReset | ErrorKind::UnexpectedEof | ErrorKind::BrokenPipe => {
            UnreachableReason::Closed
        }
        _ => UnreachableReason::Other,
    };
    unreachable(login, reason, Some(Arc::new(error)))
}

/// A connection that could not be made, for a reason of SSH.
pub(super) fn handshake(login: &str, port: u16, error: russh::Error) -> HostError {
    use russh::Error as Ssh;
    let reason = match error {
        Ssh::IO(error) => return network(login, port, error),
        Ssh::Disconnect | Ssh::HUP | Ssh::SendError | Ssh::RecvError => UnreachableReason::Closed,
        Ssh::ConnectionTimeout | Ssh::KeepaliveTimeout | Ssh::InactivityTimeout => {
            UnreachableReason::Silent
        }
        _ => UnreachableReason::Protocol { port },
    };
    unreachable(login, reason, Some(Arc::new(error)))
}

/// The host is silent.
pub(super) fn unreachable(
    login: &str,
    reason: UnreachableReason,
    source: Option<Source>,
) -> HostError {
    HostError::Unreachable { login: login.to_owned(), reason, source }
}

/// A channel that was not opened, so that nothing has happened.
pub(super) fn open(login: &str, purpose: String, error: russh::Error) -> HostError {
    let login = login.to_owned();
    match error {
        russh::Error::ChannelOpenFailure(_) => {
            HostError::ChannelRefused { login, purpose, source: Some(Arc::new(error)) }
        }
        _ => HostError::ConnectionLost { login, purpose, source: Some(Arc::new(error)) },
    }
}

/// A connection that ended while something was under way.
pub(super) fn lost(login: &str, purpose: String, error: russh::Error) -> HostError {
    HostError::ConnectionLost { login: login.to_owned(), purpose, source: Some(Arc::new(error)) }
}
