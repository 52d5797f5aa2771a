//! What the fake answers to a command.

use crate::output::ExitStatus;
use std::time::Duration;

/// What the fake answers to a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub(super) stdout: Vec<u8>,
    pub(super) stderr: Vec<u8>,
    pub(super) status: ExitStatus,
    pub(super) delay: Duration,
    pub(super) fault: Fault,
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    Nothing,
    /// All connections are cut instead of the answer; a unit goes on.
    Drop,
    /// There is never an answer; a unit runs until it is finished.
    Hang,
}

impl Answer {
    fn of(status: ExitStatus, fault: Fault) -> Self {
        Self { stdout: Vec::new(), stderr: Vec::new(), status, delay: Duration::ZERO, fault }
    }

    /// Success, with nothing printed.
    #[must_use]
    pub fn success() -> Self {
        Self::of(ExitStatus::Code(0), Fault::Nothing)
    }

    /// Success, with this on standard output.
    pub fn stdout(text: impl Into<Vec<u8>>) -> Self {
        Self { stdout: text.into(), ..Self::success() }
    }

    /// Failure, with this on standard error.
    pub fn failure(status: i32, stderr: impl Into<Vec<u8>>) -> Self {
        Self { stderr: stderr.into(), ..Self::of(ExitStatus::Code(status), Fault::Nothing) }
    }

    /// The command is ended by a signal.
    pub fn signal(name: impl Into<String>) -> Self {
        Self::of(ExitStatus::Signal(name.into()), Fault::Nothing)
    }

    /// All connections are cut instead of an answer.
    #[must_use]
    pub fn drop_connection() -> Self {
        Self::of(ExitStatus::Code(0), Fault::Drop)
    }

    /// There is never an answer.
    #[must_use]
    pub fn hang() -> Self {
        Self::of(ExitStatus::Code(0), Fault::Hang)
    }

    /// Adds standard output.
    #[must_use]
    pub fn with_stdout(mut self, text: impl Into<Vec<u8>>) -> Self {
        self.stdout = text.into();
        self
    }

    /// Adds standard error.
    #[must_use]
    pub fn with_stderr(mut self, text: impl Into<Vec<u8>>) -> Self {
        self.stderr = text.into();
        self
    }

    /// The command takes a while.
    #[must_use]
    pub fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }
}
