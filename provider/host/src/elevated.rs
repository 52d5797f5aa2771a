//! Commands as root.

use crate::command::Command;
use crate::connection::{Connection, Exec, ExecError};
use crate::error::{HostError, SudoProblem};
use crate::host::Host;
use crate::output::{ExitStatus, Output};
use crate::profile::Sudo;
use crate::secret::Secret;
use crate::shell::{Elevation, INPUT_MARK, line};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::time::timeout;
use zeroize::Zeroizing;

/// How much longer than the host we wait for a command that takes too long: the host stops it and
/// says so, unless the host itself hangs.
const GRACE: Duration = Duration::from_secs(15);
/// Status by which the host says that it stopped a command.
const STOPPED: ExitStatus = ExitStatus::Code(124);
/// Longest time sudo may take to say whether it lets us in.
const CHECK_LIMIT: Duration = Duration::from_secs(30);

impl Host {
    pub(crate) async fn run_elevated(&self, command: &Command) -> Result<Output, HostError> {
        let connection = self.connection().await?;
        match self.run_on(&connection, command).await {
            Ok(output) => Ok(output),
            Err(ExecError::Failed(error)) => Err(error),
            // The connection was gone before the command was sent, so nothing is repeated.
            Err(ExecError::NotStarted(_)) => {
                let connection = self.connection().await?;
                self.run_on(&connection, command).await.map_err(ExecError::into_error)
            }
        }
    }

    async fn run_on(
        &self,
        connection: &Arc<Connection>,
        command: &Command,
    ) -> Result<Output, ExecError> {
        let elevation = self.elevation();
        if elevation == Elevation::Password {
            connection.sudo.get_or_try_init(|| self.check_sudo(connection)).await?;
        }
        let output = self.run_as(connection, command, elevation).await?;
        if elevation == Elevation::Passwordless && looks_like_sudo(&output) {
            self.check_sudo(connection).await?;
        }
        Ok(output)
    }

    fn elevation(&self) -> Elevation {
        let profile = &self.target().profile;
        match &profile.sudo {
            _ if profile.user == "root" => Elevation::None,
            Sudo::Never => Elevation::None,
            Sudo::Passwordless => Elevation::Passwordless,
            Sudo::Password(_) => Elevation::Password,
        }
    }

    async fn run_as(
        &self,
        connection: &Connection,
        command: &Command,
        elevation: Elevation,
    ) -> Result<Output, ExecError> {
        let shown = command.to_string();
        let line = line(command, elevation)
            .ok_or_else(|| ExecError::Failed(HostError::Malformed { command: shown.clone() }))?;
        let input = self.input(command, elevation);
        let started = Instant::now();
        tracing::debug!(host = %self.login(), command = %shown, "running");
        let exec = Exec { line: &line, input: &input, shown: &shown };
        let output = self.within(command.time_limit(), connection.exec(&exec), &shown).await?;
        tracing::debug!(
            host = %self.login(), command = %shown, status = %output.status,
            elapsed = ?started.elapsed(), "ended"
        );
        match command.time_limit() {
            Some(limit) if output.status == STOPPED && started.elapsed() >= limit => {
                Err(ExecError::Failed(self.too_long(limit, shown)))
            }
            _ => Ok(output),
        }
    }

    async fn within(
        &self,
        limit: Option<Duration>,
        running: impl Future<Output = Result<Output, ExecError>>,
        shown: &str,
    ) -> Result<Output, ExecError> {
        let Some(limit) = limit else { return running.await };
        let late = |_| Err(ExecError::Failed(self.too_long(limit, shown.to_owned())));
        timeout(limit + GRACE, running).await.unwrap_or_else(late)
    }

    fn too_long(&self, limit: Duration, purpose: String) -> HostError {
        HostError::Timeout { login: self.login(), purpose, limit }
    }

    /// What the remote shell reads: the password first, where sudo may want it.
    fn input(&self, command: &Command, elevation: Elevation) -> Zeroizing<Vec<u8>> {
        let given = command.input().unwrap_or_default();
        let mut input = Zeroizing::new(Vec::new());
        if let (Elevation::Password, Sudo::Password(password)) =
            (elevation, &self.target().profile.sudo)
        {
            input.extend_from_slice(password.expose().as_bytes());
            input.extend_from_slice(format!("\n{INPUT_MARK}\n").as_bytes());
        }
        input.extend_from_slice(given);
        input
    }

    /// Asks sudo to do nothing. Only the password is sent, since sudo would take what follows a
    /// wrong one for further passwords.
    async fn check_sudo(&self, connection: &Connection) -> Result<(), ExecError> {
        let (line, input) = match &self.target().profile.sudo {
            Sudo::Password(password) => {
                ("exec env LC_ALL=C sudo -S -p '' -- true", format!("{}\n", password.expose()))
            }
            _ => ("exec env LC_ALL=C sudo -n -- true", String::new()),
        };
        let input = Secret::new(input);
        let exec = Exec { line, input: input.expose().as_bytes(), shown: "sudo true" };
        let output = self.within(Some(CHECK_LIMIT), connection.exec(&exec), exec.shown).await?;
        if output.success() {
            return Ok(());
        }
        let problem = problem(&output);
        Err(ExecError::Failed(HostError::Sudo { login: self.login(), problem }))
    }
}

impl ExecError {
    fn into_error(self) -> HostError {
        match self {
            Self::NotStarted(error) | Self::Failed(error) => error,
        }
    }
}

/// Whether a failure may be sudo's own rather than the command's.
fn looks_like_sudo(output: &Output) -> bool {
    let ended = matches!(output.status, ExitStatus::Code(1 | 126 | 127));
    let said = output.stderr_text();
    ended && output.stdout.is_empty() && (said.contains("sudo") || said.starts_with("Sorry, user"))
}

/// What sudo's complaint means; its locale is `C`.
fn problem(output: &Output) -> SudoProblem {
    let said = output.stderr_text();
    let says = |words: &[&str]| words.iter().any(|word| said.contains(word));
    if says(&["a password is required", "a terminal is required to read the password"])
        && !says(&["incorrect password"])
    {
        SudoProblem::PasswordNeeded
    } else if says(&["incorrect password", "Sorry, try again", "no password was provided"]) {
        SudoProblem::PasswordWrong
    } else if says(&["not in the sudoers", "not allowed to", "may not run sudo"]) {
        SudoProblem::NotPermitted
    } else if says(&["must have a tty"]) {
        SudoProblem::TerminalNeeded
    } else if output.status == ExitStatus::Code(127) {
        SudoProblem::Missing
    } else {
        SudoProblem::Other { detail: said.trim().to_owned() }
    }
}
