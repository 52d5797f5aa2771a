//! Why an operation failed, with everything an explanation needs.

mod details;

use cluster::Finding;
use details::{journal_tail, output_text};
use host::{Command, HostError, Output};
use std::error::Error;

pub(crate) use details::tail;
pub use details::{Cause, CommandReport, Details, HostLabel, StepPosition};

/// Why an operation failed.
///
/// Display is the intention that failed (`prepare host cp1`); the source, if any, is the error
/// below. The provider's `explain` makes the diagnostic from the fields.
#[derive(Debug, thiserror::Error)]
#[error("failed to {intent}")]
pub struct OperateError {
    /// What was to be done, to complete "failed to ...".
    pub intent: String,
    /// What sort of failure it is.
    pub kind: ErrorKind,
    /// Everything else that is known; boxed, so that results stay small.
    pub details: Box<Details>,
    source: Option<Box<dyn Error + Send + Sync>>,
}

/// What sort of failure it is: decides how it is shown and what the caller does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The host does not answer: it may come back, so nothing is concluded from it.
    Unreachable,
    /// The connection ended in between: nothing is concluded from it, least of all that the host is
    /// gone.
    Disconnected,
    /// SSH answered and something else than a command failed: authentication, sudo, files.
    Host,
    /// The host's key is not accepted: it may be another machine, so nothing is concluded from it.
    HostKey,
    /// The provider's configuration lacks something, such as an SSH profile.
    Configuration,
    /// Refused before anything was changed; `details.findings` say why.
    Refused,
    /// A command failed.
    Command,
    /// A command did its work, but what it should have reached is not there.
    Goal,
    /// A condition did not come true in time.
    Timeout,
    /// The Kubernetes API answered with an error.
    Api,
    /// Core asked us to stop; the next apply goes on from here.
    Cancelled,
    /// What the host said could not be understood.
    Malformed,
    /// A plan broke a rule of ours, and was not carried out.
    Defect,
}

impl OperateError {
    /// A failure without further details.
    #[must_use]
    pub fn new(intent: impl Into<String>, kind: ErrorKind) -> Self {
        Self { intent: intent.into(), kind, details: Box::default(), source: None }
    }

    /// What an SSH connection, or a command that never ran, came to.
    #[must_use]
    pub fn host(intent: impl Into<String>, error: HostError) -> Self {
        let advice = error.advice();
        let mut failure = match &error {
            HostError::Command(failed) => {
                Self::of_command(intent, failed.command.clone(), &failed.output)
            }
            HostError::Cancelled { .. } => Self::cancelled(intent),
            HostError::HostKey { .. } => Self::new(intent, ErrorKind::HostKey),
            error if error.is_disconnected() => Self::new(intent, ErrorKind::Disconnected),
            error if error.is_unreachable() => Self::new(intent, ErrorKind::Unreachable),
            _ => Self::new(intent, ErrorKind::Host),
        };
        failure.details.advice = advice.or(failure.details.advice.take());
        failure.caused_by(error)
    }

    /// A command that ended badly.
    #[must_use]
    pub fn command(intent: impl Into<String>, command: &Command, output: &Output) -> Self {
        Self::of_command(intent, command.to_string(), output)
    }

    fn of_command(intent: impl Into<String>, command: String, output: &Output) -> Self {
        let mut error = Self::new(intent, ErrorKind::Command);
        error.details.command = Some(CommandReport {
            command,
            unit: None,
            status: output.status.to_string(),
            output_tail: tail(&output_text(output)),
        });
        error
    }

    /// Refused before anything was changed.
    #[must_use]
    pub fn refused(intent: impl Into<String>, findings: Vec<Finding>) -> Self {
        let mut error = Self::new(intent, ErrorKind::Refused);
        error.details.findings = findings;
        error
    }

    /// Core asked us to stop.
    #[must_use]
    pub fn cancelled(intent: impl Into<String>) -> Self {
        Self::new(intent, ErrorKind::Cancelled).advise("apply again: it goes on from what it finds")
    }

    /// Names the error below.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Replaces the intention by the larger one it belongs to.
    #[must_use]
    pub fn while_doing(mut self, intent: impl Into<String>) -> Self {
        let inner = std::mem::replace(&mut self.intent, intent.into());
        if inner != self.intent {
            self.details.notes.insert(0, format!("failed to {inner}"));
        }
        self
    }

    /// Names the host, unless an inner call did.
    #[must_use]
    pub fn on(mut self, host: HostLabel) -> Self {
        self.details.host.get_or_insert(host);
        self
    }

    /// Names the step, unless an inner call did.
    #[must_use]
    pub fn at(mut self, step: StepPosition) -> Self {
        self.details.step.get_or_insert(step);
        self
    }

    /// Adds a line of what is known.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.details.notes.push(note.into());
        self
    }

    /// Says what the user can do, unless an inner call did.
    #[must_use]
    pub fn advise(mut self, advice: impl Into<String>) -> Self {
        self.details.advice.get_or_insert(advice.into());
        self
    }

    /// Names the recognised cause.
    #[must_use]
    pub fn because(mut self, cause: Cause) -> Self {
        self.details.cause = Some(cause);
        self
    }

    /// Adds the last lines of a journal.
    #[must_use]
    pub fn with_journal(mut self, journal: &str) -> Self {
        self.details.journal_tail = Some(journal_tail(journal));
        self
    }

    /// Whether the host is silent, so that nothing may be concluded about it.
    #[must_use]
    pub fn is_unreachable(&self) -> bool {
        matches!(self.kind, ErrorKind::Unreachable | ErrorKind::Disconnected)
    }

    /// Whether core asked us to stop.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.kind == ErrorKind::Cancelled
    }
}
