//! Why something on a host failed.

mod advice;
mod problem;

pub use problem::{CredentialsProblem, HostKeyProblem, SudoProblem, UnreachableReason};

use crate::output::CommandFailed;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

/// The error below, shared so that all who waited for one connection get the same answer.
pub(crate) type Source = Arc<dyn Error + Send + Sync>;

/// Why something on a host failed. Display says what failed and on which host,
/// [`HostError::advice`] what to do about it.
#[derive(Clone, Debug, thiserror::Error)]
pub enum HostError {
    /// The host does not answer: it may come back, so nothing is concluded from it.
    #[error("cannot reach {login}: {reason}")]
    Unreachable {
        /// `user@address`.
        login: String,
        /// In which way it does not answer.
        reason: UnreachableReason,
        /// What the last attempt came to.
        source: Option<Source>,
    },
    /// The host answers, and does not let us in.
    #[error("{login} refused the login; tried {}, the host offers {}", list(tried), list(offered))]
    Authentication {
        /// `user@address`.
        login: String,
        /// What was tried, without secrets.
        tried: Vec<String>,
        /// What the host would accept.
        offered: Vec<String>,
    },
    /// What should prove who we are cannot be used.
    #[error("cannot log in to {login}: {problem}")]
    Credentials {
        /// `user@address`.
        login: String,
        /// What is wrong with it.
        problem: CredentialsProblem,
        /// What reading it came to.
        source: Option<Source>,
    },
    /// The host's key is not accepted.
    #[error("refused to talk to {host}: {problem}")]
    HostKey {
        /// Address, with the port where it is not 22.
        host: String,
        /// Why not.
        problem: HostKeyProblem,
    },
    /// sudo does not let us become root.
    #[error("{login} cannot become root: {problem}")]
    Sudo {
        /// `user@address`.
        login: String,
        /// Why not.
        problem: SudoProblem,
    },
    /// The host does not open another channel on the connection, so nothing was run.
    #[error("{login} refused to open a channel for {purpose}")]
    ChannelRefused {
        /// `user@address`.
        login: String,
        /// What it was for: a command, or a tunnel's other end.
        purpose: String,
        /// The host's reason.
        source: Option<Source>,
    },
    /// The connection was lost; whether the command has run is unknown.
    #[error("lost the connection to {login} during {purpose}")]
    ConnectionLost {
        /// `user@address`.
        login: String,
        /// What was under way.
        purpose: String,
        /// What is known of the loss.
        source: Option<Source>,
    },
    /// A command took longer than it may; whether it still runs is unknown.
    #[error("{purpose} on {login} took longer than {limit:?}")]
    Timeout {
        /// `user@address`.
        login: String,
        /// What was under way.
        purpose: String,
        /// How long it might take.
        limit: Duration,
    },
    /// A command printed more than anybody wants to hold.
    #[error("{command} on {login} printed more than {limit} bytes")]
    TooMuchOutput {
        /// `user@address`.
        login: String,
        /// The command, without what it read.
        command: String,
        /// How much it might print.
        limit: usize,
    },
    /// A command cannot be put into a command line.
    #[error("{command} holds a NUL byte")]
    Malformed {
        /// The command, without what it read.
        command: String,
    },
    /// The caller no longer wants it; a transient unit goes on without us.
    #[error("stopped waiting for {purpose} on {login}")]
    Cancelled {
        /// `user@address`.
        login: String,
        /// What was under way.
        purpose: String,
    },
    /// A file on the host could not be read, written or removed.
    #[error("cannot {action} {path} on {login}: {detail}")]
    File {
        /// `user@address`.
        login: String,
        /// `read`, `write` or `remove`.
        action: &'static str,
        /// Path on the host.
        path: String,
        /// What the host says.
        detail: String,
    },
    /// A transient unit could not be started, or vanished.
    #[error("unit {unit} on {login}: {detail}")]
    Unit {
        /// `user@address`.
        login: String,
        /// Name of the unit.
        unit: String,
        /// What is wrong.
        detail: String,
    },
    /// A command ended badly, and its caller needed it to end well.
    #[error("a command failed on the host")]
    Command(#[from] Box<CommandFailed>),
}

impl HostError {
    /// Whether the host is silent, so that nothing may be concluded about it.
    #[must_use]
    pub fn is_unreachable(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::ConnectionLost { .. })
    }

    /// Whether something is there after all: the connection ended in between, or what listens there
    /// is no SSH as we know it.
    #[must_use]
    pub fn is_disconnected(&self) -> bool {
        match self {
            Self::ConnectionLost { .. } => true,
            Self::Unreachable { reason, .. } => {
                matches!(reason, UnreachableReason::Protocol { .. })
            }
            _ => false,
        }
    }

    /// Whether the same may succeed later without anybody changing anything.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        self.is_unreachable() || matches!(self, Self::ChannelRefused { .. } | Self::Timeout { .. })
    }

    /// Whether the host passes no connection on, wherever it goes (`AllowTcpForwarding no`).
    #[must_use]
    pub fn forbids_forwarding(&self) -> bool {
        use russh::ChannelOpenFailure::AdministrativelyProhibited;
        let Self::ChannelRefused { source: Some(source), .. } = self else { return false };
        matches!(
            source.downcast_ref(),
            Some(russh::Error::ChannelOpenFailure(AdministrativelyProhibited))
        )
    }

    /// Whether the caller gave up.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        matches!(self, Self::Cancelled { .. })
    }
}

impl From<CommandFailed> for HostError {
    fn from(failed: CommandFailed) -> Self {
        Self::Command(Box::new(failed))
    }
}

/// Words in a sentence: `a, b`, or `nothing`.
fn list(words: &[String]) -> String {
    if words.is_empty() { "nothing".to_owned() } else { words.join(", ") }
}
