//! What a command came to.

use crate::command::Command;
use std::borrow::Cow;
use std::fmt;

/// What a command printed, and how it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// How it ended.
    pub status: ExitStatus,
    /// Standard output.
    pub stdout: Vec<u8>,
    /// Standard error.
    pub stderr: Vec<u8>,
}

/// How a command ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExitStatus {
    /// It ended by itself with this status.
    Code(i32),
    /// It was ended by this signal, named without `SIG`.
    Signal(String),
    /// It ran longer than its timeout and was stopped by systemd.
    TimedOut,
}

/// A command ended badly, and its caller needed it to end well.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{command} ended with {status}")]
pub struct CommandFailed {
    /// The command, without what it read.
    pub command: String,
    /// How it ended, and what it printed.
    pub output: Output,
    status: String,
}

impl Output {
    /// Whether the command ended with status 0.
    #[must_use]
    pub fn success(&self) -> bool {
        self.status == ExitStatus::Code(0)
    }

    /// Standard output as text; what is no UTF-8 is replaced.
    #[must_use]
    pub fn stdout_text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.stdout)
    }

    /// Standard error as text; what is no UTF-8 is replaced.
    #[must_use]
    pub fn stderr_text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.stderr)
    }

    /// Turns a bad end into an error.
    ///
    /// # Errors
    /// When the command did not end with status 0.
    pub fn require_success(&self, command: &Command) -> Result<(), CommandFailed> {
        if self.success() {
            return Ok(());
        }
        let status = self.status.to_string();
        Err(CommandFailed { command: command.to_string(), output: self.clone(), status })
    }
}

impl fmt::Display for ExitStatus {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => write!(formatter, "exit status {code}"),
            Self::Signal(name) => write!(formatter, "signal {name}"),
            Self::TimedOut => formatter.write_str("its time limit"),
        }
    }
}
