//! The turn to change a control plane before there is one: a file on one of its hosts.
//!
//! A lease needs an API. Until `kubeadm init` has made one, and when the last member goes, those who
//! want to change the control plane meet at a host that all of them know.

use super::renewal::{Held, LIFE};
use super::turn::{Renewing, Sight, Taking, Turn, take_turn};
use crate::error::{ErrorKind, HostLabel, OperateError};
use crate::site::Site;
use host::{Command, Host, HostError};
use std::time::Duration;

/// Takes, renews and releases the turn, each under the kernel's lock on the directory.
const SCRIPT: &str = include_str!("host_turn.sh");

/// Goes with the host's uptime, as the turn must.
const DIRECTORY: &str = "/run/terraform-provider-kubeadm";

/// Longest time the script may take.
const LIMIT: Duration = Duration::from_secs(10);

/// A host's turn, held by this process and renewed in the background.
pub(crate) type HeldHostTurn = Held<HostTurn>;

impl Site<'_> {
    /// Waits for this host's turn and takes it. One `holder` must not take it twice at a time.
    ///
    /// # Errors
    /// `Refused`, naming the holder, when another process still has it after `limit`; when the
    /// caller gives up, or the host fails.
    pub(crate) async fn take_host_turn(
        &self,
        holder: &str,
        limit: Duration,
    ) -> Result<HeldHostTurn, OperateError> {
        let label = self.operator.label(self.node);
        let turn = HostTurn::new(self.host.clone(), label, holder, DIRECTORY);
        take_turn(turn, limit, self.cancel).await
    }
}

/// The turn of a host, as one who wants to hold it knows it.
pub(crate) struct HostTurn {
    host: Host,
    label: HostLabel,
    holder: String,
    directory: String,
}

impl Turn for HostTurn {
    fn name(&self) -> String {
        format!("the turn on host {}", self.label.name)
    }

    fn last_resort(&self) -> String {
        format!("run on host {} as root: rm {}/turn", self.label, self.directory)
    }

    async fn take(&self) -> Result<Taking, OperateError> {
        let said = match self.run("take").await {
            Err(error) if error.kind == ErrorKind::Disconnected => {
                return Ok(Taking::Unclear("the connection was lost".to_owned()));
            }
            said => said?,
        };
        match said.split_once(' ') {
            None if said == "taken" => Ok(Taking::Taken),
            Some(("held", rest)) => sight(rest).map(Taking::Busy).ok_or_else(|| self.odd(&said)),
            _ => Err(self.odd(&said)),
        }
    }

    async fn renew(&self) -> Result<Renewing, OperateError> {
        let said = self.run("renew").await?;
        match said.split_once(' ').unwrap_or((&said, "")) {
            ("kept", "") => Ok(Renewing::Kept),
            ("lost", "") => Ok(Renewing::Lost("its file was removed".to_owned())),
            ("lost", holder) => Ok(Renewing::Lost(format!("it was taken by {holder}"))),
            _ => Err(self.odd(&said)),
        }
    }

    async fn release(&self) -> Result<(), OperateError> {
        self.run("release").await.map(drop)
    }
}

impl HostTurn {
    pub(super) fn new(host: Host, label: HostLabel, holder: &str, directory: &str) -> Self {
        Self { host, label, holder: holder.to_owned(), directory: directory.to_owned() }
    }

    /// What the script says.
    async fn run(&self, verb: &str) -> Result<String, OperateError> {
        let command = Command::script(SCRIPT)
            .args([verb, &self.directory, &self.holder, &LIFE.as_secs().to_string()])
            .timeout(LIMIT);
        let output = self.host.run(&command).await.map_err(|error| self.failed(verb, error))?;
        if !output.success() {
            let error = OperateError::command(self.intent(verb), &command, &output);
            return Err(error.on(self.label.clone()));
        }
        Ok(output.stdout_text().trim_end().to_owned())
    }

    fn intent(&self, verb: &str) -> String {
        format!("{verb} {}", self.name())
    }

    fn failed(&self, verb: &str, error: HostError) -> OperateError {
        OperateError::host(self.intent(verb), error).on(self.label.clone())
    }

    fn odd(&self, said: &str) -> OperateError {
        let error = OperateError::new(self.intent("understand"), ErrorKind::Malformed);
        error.note(format!("the host answered: {said}")).on(self.label.clone())
    }
}

/// Reads `AGE HOLDER`.
fn sight(text: &str) -> Option<Sight> {
    let (age, holder) = text.split_once(' ')?;
    let idle = Duration::from_secs(age.parse().ok()?);
    Some(Sight { holder: holder.to_owned(), idle })
}
