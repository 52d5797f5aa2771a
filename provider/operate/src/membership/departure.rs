//! How a host leaves its cluster.

use super::subject::{Subject, is_lost, summary};
use crate::error::{ErrorKind, OperateError};
use cluster::Finding;
use cluster::membership::api::Api;
use cluster::membership::leave::{Departure, LeaveSituation, plan};
use cluster::membership::{HostState, Refusal};

/// What a removal could not do, though it succeeded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Departed {
    /// What is left undone and why.
    pub warnings: Vec<Finding>,
}

impl Subject<'_> {
    /// Plans the departure from what is found, and carries it out.
    pub(crate) async fn depart(&self) -> Result<Departed, OperateError> {
        let host = self.host_or_reason().await?;
        let mut api = self.api_to_leave().await?;
        let misses_api = self.departure_from(&host, &api).misses_api();
        if misses_api && self.operator.awaken(self.ways(), self.cancel).await? {
            api = self.api_to_leave().await?;
        }
        let situation = self.departure_from(&host, &api);
        let Departure { steps, warnings } =
            plan(situation).map_err(|refusal| self.refused(refusal))?;
        self.sound(&steps, host.as_ref().ok(), &[], &api)?;
        // Boxed, since the steps of all roles are in it.
        Box::pin(self.execute(&steps)).await?;
        Ok(Departed { warnings })
    }

    fn departure_from<'s>(
        &'s self,
        host: &'s Result<HostState, String>,
        api: &'s Api,
    ) -> LeaveSituation<'s> {
        LeaveSituation {
            cluster_id: &self.cluster().id,
            host_name: self.name(),
            role: self.intent.role(),
            machine_id: self.node().machine_id.as_deref(),
            host: host.as_ref().map_err(String::as_str),
            api,
            drain: self.intent.drain().mode,
        }
    }

    /// A way into another cluster is none: what is left of ours is taken off the host.
    async fn api_to_leave(&self) -> Result<Api, OperateError> {
        match self.api().await {
            Err(error) if error.kind == ErrorKind::Refused => Ok(Api::Silent(summary(&error))),
            api => api,
        }
    }

    /// What the host carries, or why that cannot be known. A host that answers and cannot be
    /// understood is an error: it is there, and must not be forgotten.
    async fn host_or_reason(&self) -> Result<Result<HostState, String>, OperateError> {
        match self.settle_if_same().await {
            Ok(()) => self.state().await.map(Ok),
            Err(error) if is_lost(&error) => Ok(Err(summary(&error))),
            Err(error) => Err(error),
        }
    }

    /// Another machine's units and files are not ours to clear away.
    async fn settle_if_same(&self) -> Result<(), OperateError> {
        match self.other_machine(&*self.observe().await?) {
            Some(_) => Ok(()),
            None => self.settle().await,
        }
    }

    /// As [`Subject::settle`], on the machine that is meant or not at all.
    pub(crate) async fn settle_same(&self) -> Result<(), OperateError> {
        match self.other_machine(&*self.observe().await?) {
            Some(found) => Err(self.refused(Refusal::other_machine(self.name(), &found))),
            None => self.settle().await,
        }
    }
}
