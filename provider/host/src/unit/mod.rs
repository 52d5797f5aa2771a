//! Long commands that survive a lost connection.

mod script;
mod status;

#[cfg(feature = "fake")]
pub(crate) use script::{AWAIT, DISCARD, OUTPUT, START, STATUS};
pub use status::UnitStatus;

use crate::command::Command;
use crate::error::HostError;
use crate::host::Host;
use crate::output::{ExitStatus, Output};
use std::time::Duration;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

/// Pause between two looks at a unit: at first, and at most.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// Longest time that the host is left to wait by itself: a connection that is lost shows then.
const LONGEST_AWAIT: Duration = Duration::from_secs(20);
/// How long `run` watches a command that has no time limit of its own.
const LONGEST_WATCH: Duration = Duration::from_hours(24);
/// How much longer than the unit's own time limit `run` waits for it.
const GRACE: Duration = Duration::from_secs(30);
/// Longest time that a question about a unit may take.
const QUESTION_LIMIT: Duration = Duration::from_mins(1);

/// A command as a transient systemd unit: it goes on when the connection is lost or this process
/// ends, and is found again by its name.
///
/// What it prints goes to files under `/run/terraform-provider-kubeadm/`, which only root can
/// enter; so does what it reads.
#[derive(Clone, Debug)]
pub struct Unit {
    host: Host,
    name: String,
}

/// Whether a unit was started or found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// It was started.
    Started,
    /// A unit of this name is there already, left by a former run, in this state.
    Found(UnitStatus),
}

impl Unit {
    pub(crate) fn new(host: Host, name: String) -> Self {
        Self { host, name }
    }

    /// Name of the unit, with `.service`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}.service", self.name)
    }

    /// Runs a command to its end: starts it, or finds it running from a former run, waits, and
    /// clears up. A unit that a former run left *ended* is cleared away and started anew.
    /// The command's timeout limits the unit, which then ends with [`ExitStatus::TimedOut`].
    ///
    /// # Errors
    /// When the unit cannot be started or watched, or when the caller gives up: the unit then goes
    /// on and the next `run` of the same name waits for it.
    pub async fn run(
        &self,
        command: &Command,
        cancel: &CancellationToken,
    ) -> Result<Output, HostError> {
        if let Start::Found(UnitStatus::Ended(_)) = self.start(command).await? {
            self.discard().await?;
            self.start(command).await?;
        }
        let limit = command.time_limit().map_or(LONGEST_WATCH, |limit| limit + GRACE);
        self.wait(limit, cancel).await?;
        let output = self.persist(limit, cancel, || self.output()).await?;
        // What is left behind is cleared away by the next run of the same name.
        if let Err(error) = self.discard().await {
            tracing::debug!(unit = %self.name, %error, "not cleared away");
        }
        Ok(output)
    }

    /// Starts a command, unless a unit of this name is there.
    ///
    /// When the connection is lost under it, the host is asked whether the unit is there; it is
    /// not started again.
    ///
    /// # Errors
    /// When the unit cannot be started, or when it is unknown whether it was.
    pub async fn start(&self, command: &Command) -> Result<Start, HostError> {
        self.check_name()?;
        let answer = match self.host.run(&script::start(&self.name, command)).await {
            Ok(output) => output,
            Err(lost @ HostError::ConnectionLost { .. }) => {
                return match self.status().await {
                    Ok(UnitStatus::Running | UnitStatus::Ended(_)) => Ok(Start::Started),
                    _ => Err(lost),
                };
            }
            Err(error) => return Err(error),
        };
        match (answer.success(), answer.stdout_text().trim()) {
            (true, script::FOUND) => Ok(Start::Found(self.status().await?)),
            (true, _) => Ok(Start::Started),
            (false, _) => Err(self.error(answer.stderr_text().trim())),
        }
    }

    /// State of the unit.
    ///
    /// # Errors
    /// When the host cannot be asked.
    pub async fn status(&self) -> Result<UnitStatus, HostError> {
        self.read_status(&self.ask(script::STATUS).await?)
    }

    /// State of the unit when its command has ended, or once `limit` or a longest time has passed.
    async fn status_at_end(&self, limit: Duration) -> Result<UnitStatus, HostError> {
        // To the program, no time is endless time.
        let seconds = limit.clamp(FIRST_PAUSE, LONGEST_AWAIT).as_secs_f64();
        let question = self.question(script::AWAIT).arg(format!("{seconds:.1}"));
        self.read_status(&self.host.run(&question).await?)
    }

    fn read_status(&self, answer: &Output) -> Result<UnitStatus, HostError> {
        let status = answer.success().then(|| UnitStatus::parse(&answer.stdout_text())).flatten();
        status
            .ok_or_else(|| self.error(&format!("cannot be asked: {}", answer.stderr_text().trim())))
    }

    /// Waits until the command has ended, across lost connections and until `limit`.
    ///
    /// # Errors
    /// When the limit passes, the unit vanishes, or the caller gives up. The unit goes on in each
    /// case, and can be waited for again.
    pub async fn wait(
        &self,
        limit: Duration,
        cancel: &CancellationToken,
    ) -> Result<ExitStatus, HostError> {
        let deadline = Instant::now() + limit;
        let mut pause = FIRST_PAUSE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.persist(left, cancel, || self.status_at_end(left)).await? {
                UnitStatus::Ended(status) => return Ok(status),
                UnitStatus::Absent => return Err(self.error("is gone; was the host restarted?")),
                UnitStatus::Running if left.is_zero() => return Err(self.too_long(limit)),
                UnitStatus::Running => {}
            }
            self.rest(pause, cancel).await?;
            pause = (pause * 3 / 2).min(LONGEST_PAUSE);
        }
    }

    /// What the command printed, and its status.
    ///
    /// # Errors
    /// When the host cannot be asked, or the command has not ended.
    pub async fn output(&self) -> Result<Output, HostError> {
        let UnitStatus::Ended(status) = self.status().await? else {
            return Err(self.error("has not ended"));
        };
        let (stdout, stderr) = self.progress().await?;
        Ok(Output { status, stdout, stderr })
    }

    /// What the command printed so far: standard output and standard error.
    ///
    /// # Errors
    /// When the host cannot be asked.
    pub async fn progress(&self) -> Result<(Vec<u8>, Vec<u8>), HostError> {
        let answer = self.ask(script::OUTPUT).await?;
        Ok((answer.stdout, answer.stderr))
    }

    /// Stops the command if it runs, and removes all traces of the unit.
    ///
    /// # Errors
    /// When the host cannot be asked.
    pub async fn discard(&self) -> Result<(), HostError> {
        let answer = self.ask(script::DISCARD).await?;
        if answer.success() { Ok(()) } else { Err(self.error(answer.stderr_text().trim())) }
    }

    async fn ask(&self, question: &'static str) -> Result<Output, HostError> {
        self.host.run(&self.question(question)).await
    }

    fn question(&self, question: &'static str) -> Command {
        Command::script(question).arg(self.name.as_str()).timeout(QUESTION_LIMIT)
    }

    /// Asks until the host answers. Questions change nothing, so they may be repeated.
    async fn persist<T, F: Future<Output = Result<T, HostError>>>(
        &self,
        limit: Duration,
        cancel: &CancellationToken,
        question: impl Fn() -> F,
    ) -> Result<T, HostError> {
        let deadline = Instant::now() + limit;
        loop {
            let answer = tokio::select! {
                answer = question() => answer,
                () = cancel.cancelled() => return Err(self.cancelled()),
            };
            match answer {
                Err(error) if error.is_transient() && Instant::now() < deadline => {
                    tracing::debug!(unit = %self.name, %error, "asking again");
                    self.rest(LONGEST_PAUSE, cancel).await?;
                }
                answer => return answer,
            }
        }
    }

    async fn rest(&self, pause: Duration, cancel: &CancellationToken) -> Result<(), HostError> {
        tokio::select! {
            () = sleep(pause) => Ok(()),
            () = cancel.cancelled() => Err(self.cancelled()),
        }
    }

    /// The name becomes part of paths and must mean the same to systemd and to the shell.
    fn check_name(&self) -> Result<(), HostError> {
        let good = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
        let starts_well = self.name.starts_with(|letter: char| letter.is_ascii_alphanumeric());
        if starts_well && self.name.len() < 200 && self.name.chars().all(good) {
            return Ok(());
        }
        Err(self.error("a unit's name has letters, digits, dots, dashes and underscores alone"))
    }

    fn error(&self, detail: &str) -> HostError {
        let (login, unit) = (self.host.login(), self.name());
        HostError::Unit { login, unit, detail: detail.to_owned() }
    }

    fn cancelled(&self) -> HostError {
        HostError::Cancelled { login: self.host.login(), purpose: self.name() }
    }

    fn too_long(&self, limit: Duration) -> HostError {
        HostError::Timeout { login: self.host.login(), purpose: self.name(), limit }
    }
}
