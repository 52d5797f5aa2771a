//! One change of a control plane at a time: within this process, and among all that change it.

use super::holder::holder;
use super::host_turn::HeldHostTurn;
use super::lease::{HeldLease, take_lease};
use super::lock::ClusterGuard;
use super::subject::{Subject, is_lost, summary};
use super::ways::Ways;
use crate::error::OperateError;
use crate::kubernetes::Kubernetes;
use crate::site::Site;
use cluster::intent::NodeReference;
use cluster::membership::Step;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// Longest wait for another process. A turn is one change of one member, and none is queued for.
const LIMIT: Duration = Duration::from_mins(20);

/// What this process holds turns as.
#[derive(Default)]
pub(crate) struct Holder(OnceLock<String>);

impl Holder {
    fn name(&self) -> &str {
        self.0.get_or_init(holder)
    }
}

/// The right to change a control plane.
pub(crate) struct ControlPlaneTurn {
    among: Among,
    _guard: ClusterGuard,
}

/// What keeps other processes out.
enum Among {
    /// The cluster's lease.
    Lease(HeldLease),
    /// A file on one of its hosts, while no API of it answers.
    Host(HeldHostTurn),
    /// Nothing: no host can be asked.
    Nothing,
}

impl ControlPlaneTurn {
    /// Whether no API of the cluster answered when the turn was taken.
    pub(crate) fn before_cluster(&self) -> bool {
        !matches!(self.among, Among::Lease(_))
    }

    /// Gives it back.
    pub(crate) async fn end(self) {
        match self.among {
            Among::Lease(lease) => lease.release().await,
            Among::Host(turn) => turn.release().await,
            Among::Nothing => {}
        }
    }

    fn require_held(&self) -> Result<(), OperateError> {
        match &self.among {
            Among::Lease(lease) => lease.require_held(),
            Among::Host(turn) => turn.require_held(),
            Among::Nothing => Ok(()),
        }
    }
}

impl Subject<'_> {
    /// Waits until this host may change its control plane.
    pub(crate) async fn turn(&self) -> Result<ControlPlaneTurn, OperateError> {
        let guard = self.operator.membership().locks.hold(&self.cluster().id, self.cancel).await?;
        Ok(ControlPlaneTurn { among: self.among().await?, _guard: guard })
    }

    /// Whether the turn is still ours, before a step is made. The API server in use may have been
    /// the one that ends with this host.
    pub(crate) async fn may_make(
        &self,
        step: Step,
        turn: &ControlPlaneTurn,
    ) -> Result<(), OperateError> {
        if !step.is_shared() {
            return Ok(());
        }
        if let Among::Lease(lease) = &turn.among
            && let Ok(kubernetes) = self.kubernetes_beside().await
        {
            lease.renew_through(kubernetes);
        }
        turn.require_held()
    }

    async fn among(&self) -> Result<Among, OperateError> {
        let Some(lease) = self.lease().await? else { return self.host_turn().await };
        Ok(Among::Lease(lease))
    }

    /// Through another member where there is one: the host's own API server may restart in its turn.
    async fn lease(&self) -> Result<Option<HeldLease>, OperateError> {
        let kubernetes = match self.kubernetes_beside().await {
            Ok(kubernetes) => kubernetes,
            Err(error) if error.is_cancelled() => return Err(error),
            Err(_) => return Ok(None),
        };
        let holder = self.operator.membership().holder.name();
        take_lease(kubernetes, holder, LIMIT, self.cancel).await.map(Some)
    }

    async fn kubernetes_beside(&self) -> Result<Arc<Kubernetes>, OperateError> {
        let peers = self.peers();
        let ways = Ways { cluster_id: Some(&self.cluster().id), hosts: &peers };
        match self.operator.kubernetes(ways, self.cancel).await {
            Err(error) if !error.is_cancelled() => self.kubernetes().await,
            found => found,
        }
    }

    /// All who want to begin the cluster, or to end it, meet at the first of its hosts that answers.
    /// Whoever had the turn before may have begun it: then the lease counts.
    async fn host_turn(&self) -> Result<Among, OperateError> {
        let mut hosts: Vec<NodeReference> = self.ways().hosts.to_vec();
        hosts.sort_by(|one, other| one.name.cmp(&other.name));
        for host in &hosts {
            match self.host_turn_on(host).await {
                Ok(None) => {}
                Ok(Some(turn)) => return self.host_turn_or_lease(turn).await,
                Err(error) if is_lost(&error) => {
                    tracing::debug!(host = %host.name, reason = %summary(&error), "no turn there");
                }
                Err(error) => return Err(error),
            }
        }
        Ok(Among::Nothing)
    }

    /// None where another machine answers.
    async fn host_turn_on(
        &self,
        host: &NodeReference,
    ) -> Result<Option<HeldHostTurn>, OperateError> {
        let site = Site::new(self.operator, host, self.cancel)?;
        if site.is_another_machine().await? {
            return Ok(None);
        }
        let holder = self.operator.membership().holder.name();
        site.take_host_turn(holder, LIMIT).await.map(Some)
    }

    async fn host_turn_or_lease(&self, turn: HeldHostTurn) -> Result<Among, OperateError> {
        match self.lease().await {
            Ok(None) => Ok(Among::Host(turn)),
            Ok(Some(lease)) => {
                turn.release().await;
                Ok(Among::Lease(lease))
            }
            Err(error) => {
                turn.release().await;
                Err(error)
            }
        }
    }
}
