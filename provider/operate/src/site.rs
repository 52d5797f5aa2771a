//! A host under work: everything an action needs.

use crate::error::OperateError;
use crate::observe::Interests;
use crate::operator::Operator;
use cluster::intent::NodeReference;
use cluster::observed::Observed;
use host::{Command, FileWrite, Host, HostError, Output, Unit, UnitStatus};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Longest time of what an earlier apply began: kubeadm, which pulls images and waits for components.
const LONGEST_RUN: Duration = Duration::from_mins(20);

/// A host under work: everything an action needs. Errors name the host; a request to stop is
/// honoured between any two round trips and while one is under way.
pub(crate) struct Site<'a> {
    pub(crate) operator: &'a Operator,
    pub(crate) node: &'a NodeReference,
    pub(crate) host: Host,
    pub(crate) cancel: &'a CancellationToken,
}

impl<'a> Site<'a> {
    pub(crate) fn new(
        operator: &'a Operator,
        node: &'a NodeReference,
        cancel: &'a CancellationToken,
    ) -> Result<Self, OperateError> {
        Ok(Self { operator, node, cancel, host: operator.host(node)? })
    }

    /// The host as it was seen last, unless it was changed since.
    pub(crate) async fn observe(&self) -> Result<Arc<Observed>, OperateError> {
        self.operator.observe_node(self.node, self.cancel).await
    }

    /// The host as it is now, whatever was seen before.
    pub(crate) async fn look(&self) -> Result<Arc<Observed>, OperateError> {
        self.operator.observe_fresh(self.node, &Interests::default(), self.cancel).await
    }

    /// Runs a command; how it ends is for the caller to judge.
    pub(crate) async fn run(
        &self,
        intent: &str,
        command: &Command,
    ) -> Result<Output, OperateError> {
        self.on_host(intent, self.host.run(command)).await
    }

    /// Runs a command that must end well.
    pub(crate) async fn require(
        &self,
        intent: &str,
        command: &Command,
    ) -> Result<Output, OperateError> {
        let output = self.run(intent, command).await?;
        self.succeeded(intent, command, output)
    }

    /// Runs a long command as a transient unit, which a lost connection does not end. What runs
    /// under this name from an earlier apply is another command: it is waited for first.
    pub(crate) async fn run_unit(
        &self,
        intent: &str,
        unit: &str,
        command: &Command,
    ) -> Result<Output, OperateError> {
        let unit = self.host.unit(unit);
        Box::pin(self.await_unit(intent, &unit)).await?;
        self.on_host(intent, Box::pin(unit.run(command, self.cancel))).await
    }

    /// Waits until nothing runs under the unit's name any more; what there is of it then.
    pub(crate) async fn await_unit(
        &self,
        intent: &str,
        unit: &Unit,
    ) -> Result<UnitStatus, OperateError> {
        let status = self.on_host(intent, unit.status()).await?;
        if status != UnitStatus::Running {
            return Ok(status);
        }
        tracing::info!(host = %self.node.name, unit = unit.name(), "waiting for what an earlier apply began");
        let waited = self.on_host(intent, unit.wait(LONGEST_RUN, self.cancel)).await;
        match self.on_host(intent, unit.status()).await? {
            // Whoever else waited for it has cleared it away, or the host was restarted.
            UnitStatus::Absent => Ok(UnitStatus::Absent),
            status => waited.map(|_| status),
        }
    }

    pub(crate) async fn read(
        &self,
        intent: &str,
        path: &str,
    ) -> Result<Option<Vec<u8>>, OperateError> {
        self.on_host(intent, self.host.read(path)).await
    }

    pub(crate) async fn write(&self, intent: &str, file: &FileWrite) -> Result<(), OperateError> {
        self.on_host(intent, self.host.write(file)).await
    }

    pub(crate) async fn remove(&self, intent: &str, path: &str) -> Result<(), OperateError> {
        self.on_host(intent, self.host.remove(path)).await
    }

    /// Last lines of a unit's journal; nothing when they cannot be had.
    pub(crate) async fn journal(&self, unit: &str) -> String {
        let command = Command::new("journalctl").args([
            "--no-pager",
            "--output=cat",
            "--lines=50",
            "--unit",
            unit,
        ]);
        self.run("read the journal", &command)
            .await
            .map(|output| output.stdout_text().into_owned())
            .unwrap_or_default()
    }

    /// Turns a bad end into an error.
    pub(crate) fn succeeded(
        &self,
        intent: &str,
        command: &Command,
        output: Output,
    ) -> Result<Output, OperateError> {
        if output.success() {
            return Ok(output);
        }
        Err(OperateError::command(intent, command, &output).on(self.operator.label(self.node)))
    }

    /// Does something on the host; ends at once when core asks us to stop.
    pub(crate) async fn on_host<T>(
        &self,
        intent: &str,
        work: impl Future<Output = Result<T, HostError>>,
    ) -> Result<T, OperateError> {
        self.operator.guarded(self.node, intent, self.cancel, work).await
    }
}
