//! How a host leaves its cluster.

use super::control_plane_turn::ControlPlaneTurn;
use super::member::{Planned, now_or_not};
use super::patience::Patience;
use super::peers::Seen;
use super::subject::{Subject, is_lost, summary};
use crate::error::{ErrorKind, OperateError};
use crate::site::Site;
use cluster::Finding;
use cluster::membership::api::Api;
use cluster::membership::leave::{Departure, LeaveSituation, plan};
use cluster::membership::{HostState, Refusal, Role};
use tokio::time::Instant;

/// What a removal could not do, though it succeeded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Departed {
    /// What is left undone and why.
    pub warnings: Vec<Finding>,
}

impl Subject<'_> {
    /// Plans the departure from what is found, and carries it out: workers side by side, members of
    /// a control plane one after the other.
    pub(crate) async fn depart(&self) -> Result<Departed, OperateError> {
        if self.intent.role() == Role::Worker {
            return match self.try_to_depart(None).await? {
                Planned::Now(departed) => Ok(departed),
                Planned::NotNow(refused) => Err(refused),
            };
        }
        let mut patience = Patience::default();
        loop {
            let turn = self.turn().await?;
            let since = Instant::now();
            self.look_anew();
            let departed = self.try_to_depart(Some(&turn)).await;
            turn.end().await;
            match departed? {
                Planned::Now(departed) => return Ok(departed),
                Planned::NotNow(refused) => patience.wait(refused, since, self).await?,
            }
        }
    }

    /// A refusal that may pass is no error.
    async fn try_to_depart(
        &self,
        turn: Option<&ControlPlaneTurn>,
    ) -> Result<Planned<Departed>, OperateError> {
        // What an apply began that was interrupted goes on, and has no turn any more.
        if turn.is_some() {
            self.settle_peers().await?;
        }
        let host = self.host_or_reason().await?;
        let mut seen = self.see_to_leave().await?;
        let misses_api = self.departure_from(&host, &seen).misses_api();
        if misses_api && self.operator.awaken(self.ways(), self.cancel).await? {
            seen = self.see_to_leave().await?;
        }
        let planned = plan(self.departure_from(&host, &seen));
        let planned = now_or_not(planned.map_err(|refusal| self.refused(refusal)))?;
        let Departure { steps, warnings } = match planned {
            Planned::Now(departure) => departure,
            Planned::NotNow(refused) => return Ok(Planned::NotNow(refused)),
        };
        self.sound(&steps, host.as_ref().ok(), &seen)?;
        let executed = Box::pin(self.execute(&steps, |_| true, turn)).await;
        now_or_not(executed.map(|()| Departed { warnings }))
    }

    fn departure_from<'s>(
        &'s self,
        host: &'s Result<HostState, String>,
        seen: &'s Seen,
    ) -> LeaveSituation<'s> {
        LeaveSituation {
            cluster_id: &self.cluster().id,
            host_name: self.name(),
            role: self.intent.role(),
            machine_id: self.node().machine_id.as_deref(),
            host: host.as_ref().map_err(String::as_str),
            addresses: &seen.addresses,
            peers: &seen.peers,
            api: &seen.api,
            etcd: &seen.etcd,
            drain: self.intent.drain().mode,
            serves_endpoint: self.cluster().endpoint.kind.is_attached(),
        }
    }

    /// A way into another cluster is none: what is left of ours is taken off the host.
    async fn see_to_leave(&self) -> Result<Seen, OperateError> {
        let api = match self.api().await {
            Err(error) if error.kind == ErrorKind::Refused => Api::Silent(summary(&error)),
            api => api?,
        };
        match self.intent.role() {
            Role::Worker => Ok(Seen::of_worker(api)),
            Role::ControlPlane => self.see_beside(api).await,
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

    /// As [`Subject::settle`], on the machine that is meant or not at all.
    pub(crate) async fn settle_same(&self) -> Result<(), OperateError> {
        self.require_same_machine().await?;
        self.settle().await
    }

    /// Refuses another machine at the host's address.
    pub(crate) async fn require_same_machine(&self) -> Result<(), OperateError> {
        match self.other_machine(&*self.observe().await?) {
            Some(found) => Err(self.refused(Refusal::other_machine(self.name(), &found))),
            None => Ok(()),
        }
    }
}

impl Site<'_> {
    /// Another machine's units and files are not ours to clear away.
    pub(crate) async fn settle_if_same(&self) -> Result<(), OperateError> {
        if self.is_another_machine().await? { Ok(()) } else { self.settle().await }
    }
}
