//! The host and the cluster that a change of membership is about.

use crate::Operator;
use crate::error::{ErrorKind, OperateError};
use crate::kubernetes::{Kubernetes, NoWay};
use crate::observe::Interests;
use crate::site::Site;
use cluster::Finding;
use cluster::documents::{CONTAINERD_SOCKET, HostContext};
use cluster::intent::{
    ClusterIntent, DrainPolicy, ExtraArguments, MemberIntent, NodeReference, Registration,
    WorkerIntent,
};
use cluster::membership::api::Api;
use cluster::membership::{HostState, Refusal, Role};
use cluster::observed::Observed;
use host::{Host, HostError};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// What a host is to be in its cluster.
#[derive(Clone, Copy)]
pub(crate) enum Part<'a> {
    /// A member of the control plane.
    Member(&'a MemberIntent),
    /// A worker.
    Worker(&'a WorkerIntent),
}

/// Hosts of a control plane, and whose it must be.
#[derive(Clone, Copy)]
pub(crate) struct Ways<'a> {
    /// Id of the cluster; any will do when there is none.
    pub(crate) cluster_id: Option<&'a str>,
    /// The hosts, in the order in which they are tried.
    pub(crate) hosts: &'a [NodeReference],
}

/// One host on its way into, within or out of its cluster.
pub(crate) struct Subject<'a> {
    pub(crate) operator: &'a Operator,
    pub(crate) part: Part<'a>,
    pub(crate) host: Host,
    pub(crate) cancel: &'a CancellationToken,
}

impl<'a> Part<'a> {
    pub(crate) fn cluster(self) -> &'a ClusterIntent {
        match self {
            Self::Member(intent) => &intent.cluster,
            Self::Worker(intent) => &intent.cluster,
        }
    }

    pub(crate) fn node(self) -> &'a NodeReference {
        match self {
            Self::Member(intent) => &intent.node,
            Self::Worker(intent) => &intent.node,
        }
    }

    pub(crate) fn registration(self) -> &'a Registration {
        match self {
            Self::Member(intent) => &intent.registration,
            Self::Worker(intent) => &intent.registration,
        }
    }

    pub(crate) fn drain(self) -> DrainPolicy {
        match self {
            Self::Member(intent) => intent.drain,
            Self::Worker(intent) => intent.drain,
        }
    }

    pub(crate) fn role(self) -> Role {
        match self {
            Self::Member(_) => Role::ControlPlane,
            Self::Worker(_) => Role::Worker,
        }
    }

    /// Hosts through which the cluster is reached: a member knows itself best.
    pub(crate) fn ways(self) -> &'a [NodeReference] {
        match self {
            Self::Member(intent) => std::slice::from_ref(&intent.node),
            Self::Worker(intent) => &intent.control_plane,
        }
    }
}

impl<'a> Subject<'a> {
    pub(crate) fn new(
        operator: &'a Operator,
        part: Part<'a>,
        cancel: &'a CancellationToken,
    ) -> Result<Self, OperateError> {
        Ok(Self { operator, part, host: operator.host(part.node())?, cancel })
    }

    pub(crate) fn node(&self) -> &'a NodeReference {
        self.part.node()
    }

    pub(crate) fn name(&self) -> &'a str {
        &self.part.node().name
    }

    pub(crate) fn cluster(&self) -> &'a ClusterIntent {
        self.part.cluster()
    }

    /// The host under work, as the packages and the record take it.
    pub(crate) fn site(&self) -> Result<Site<'a>, OperateError> {
        Site::new(self.operator, self.node(), self.cancel)
    }

    /// The host as it was seen last, unless it was changed since.
    pub(crate) async fn observe(&self) -> Result<Arc<Observed>, OperateError> {
        self.operator.observe_node(self.node(), self.cancel).await
    }

    /// The host as it is now, whatever was seen before.
    pub(crate) async fn look(&self) -> Result<Arc<Observed>, OperateError> {
        self.operator.observe_fresh(self.node(), &Interests::default(), self.cancel).await
    }

    /// What the host carries of a cluster, as it was seen last.
    pub(crate) async fn state(&self) -> Result<HostState, OperateError> {
        let observed = self.observe().await?;
        HostState::of(self.name(), &observed).map_err(|refusal| self.refused(refusal))
    }

    pub(crate) fn refused(&self, refusal: Refusal) -> OperateError {
        let intent = format!("change the membership of host {}", self.name());
        OperateError::refused(intent, vec![refusal.into()]).on(self.operator.label(self.node()))
    }

    /// Runs something on the host; ends at once when core asks us to stop.
    pub(crate) async fn on_host<T>(
        &self,
        intent: &str,
        work: impl Future<Output = Result<T, HostError>>,
    ) -> Result<T, OperateError> {
        self.operator.guarded(self.node(), intent, self.cancel, work).await
    }

    /// The hosts that lead to the cluster.
    pub(crate) fn ways(&self) -> Ways<'a> {
        Ways { cluster_id: Some(&self.cluster().id), hosts: self.part.ways() }
    }

    /// The cluster's API through the first host that leads there.
    pub(crate) async fn kubernetes(&self) -> Result<Arc<Kubernetes>, OperateError> {
        self.operator.kubernetes(self.ways(), self.cancel).await
    }

    /// What the cluster's API says of this host, or why it says nothing.
    pub(crate) async fn api(&self) -> Result<Api, OperateError> {
        match self.kubernetes().await {
            Ok(kubernetes) => {
                kubernetes.facts(self.name(), self.cluster()).await.map(Api::Answering)
            }
            Err(error) if error.kind == ErrorKind::Refused || error.is_cancelled() => Err(error),
            Err(error) if error.kind == ErrorKind::Configuration => Err(error),
            Err(error) => Ok(Api::Silent(summary(&error))),
        }
    }

    /// What kubeadm's documents need to know of the host.
    pub(crate) async fn context(&self) -> Result<HostContext, OperateError> {
        let observed = self.observe().await?;
        let addresses = observed.network.addresses.known().map(Vec::as_slice).unwrap_or_default();
        Ok(HostContext {
            cri_socket: CONTAINERD_SOCKET.to_owned(),
            local_addresses: addresses.iter().map(|address| address.address.addr()).collect(),
        })
    }

    /// The arguments the host's kubelet is to have of us.
    pub(crate) async fn kubelet_arguments(&self) -> Result<ExtraArguments, OperateError> {
        let announced = self.node().announced(&self.context().await?.local_addresses);
        let all = cluster::documents::kubelet_arguments(self.part.registration(), announced);
        Ok(all
            .into_iter()
            .fold(ExtraArguments::default(), |all, (name, value)| all.with(name, value)))
    }
}

/// An error in one line, for where it is the reason of something else.
pub(crate) fn summary(error: &OperateError) -> String {
    let notes = error.details.notes.join("; ");
    if notes.is_empty() { error.to_string() } else { notes }
}

impl Operator {
    /// The API of a cluster through the first of `ways` that leads there.
    ///
    /// # Errors
    /// When none does: `Refused` when one belongs to another cluster, `Unreachable` when not one of
    /// the hosts answered, else `Api`.
    pub(crate) async fn kubernetes(
        &self,
        ways: Ways<'_>,
        cancel: &CancellationToken,
    ) -> Result<Arc<Kubernetes>, OperateError> {
        self.any_way(ways, cancel).await?.map_err(|failures| no_way(&failures))
    }

    /// As [`Operator::kubernetes`], or `None` when every host answers that it is in no control
    /// plane, or in another cluster's: then the cluster is gone.
    pub(crate) async fn kubernetes_unless_gone(
        &self,
        ways: Ways<'_>,
        cancel: &CancellationToken,
    ) -> Result<Option<Arc<Kubernetes>>, OperateError> {
        match self.any_way(ways, cancel).await? {
            Ok(kubernetes) => Ok(Some(kubernetes)),
            Err(failures) if is_gone(&failures) => Ok(None),
            Err(failures) => Err(no_way(&failures)),
        }
    }

    async fn any_way<'w>(
        &self,
        ways: Ways<'w>,
        cancel: &CancellationToken,
    ) -> Result<Result<Arc<Kubernetes>, Failures<'w>>, OperateError> {
        let mut failures = Vec::new();
        for way in ways.hosts {
            let tried = self.try_way(way, cancel).await?.and_then(|kubernetes| {
                kubernetes.is_of(ways.cluster_id.unwrap_or_default()).map(|()| kubernetes)
            });
            match tried {
                Ok(kubernetes) => return Ok(Ok(kubernetes)),
                Err(no_way) => failures.push((way, no_way)),
            }
        }
        Ok(Err(failures))
    }

    async fn try_way(
        &self,
        way: &NodeReference,
        cancel: &CancellationToken,
    ) -> Result<Result<Arc<Kubernetes>, NoWay>, OperateError> {
        let host = self.host(way)?;
        tokio::select! {
            biased;
            () = cancel.cancelled() => Err(OperateError::cancelled("connect to the cluster's API")),
            result = self.membership().connections.open(way, &host) => Ok(result),
        }
    }
}

type Failures<'w> = Vec<(&'w NodeReference, NoWay)>;

fn is_gone(failures: &Failures<'_>) -> bool {
    !failures.is_empty()
        && failures
            .iter()
            .all(|(_, no_way)| matches!(no_way, NoWay::NotInitialized | NoWay::Foreign(_)))
}

fn no_way(failures: &[(&NodeReference, NoWay)]) -> OperateError {
    let silent = |(_, no_way): &(&NodeReference, NoWay)| matches!(no_way, NoWay::Host(error) if error.is_unreachable());
    let all_silent = !failures.is_empty() && failures.iter().all(silent);
    let kind = if all_silent { ErrorKind::Unreachable } else { ErrorKind::Api };
    let foreign: Vec<Finding> = failures.iter().filter_map(foreign).collect();
    let mut error = if foreign.is_empty() {
        OperateError::new("connect to the cluster's API", kind)
    } else {
        OperateError::refused("connect to the cluster's API", foreign)
    };
    if failures.is_empty() {
        error = error.note("no control plane host is known");
    }
    failures
        .iter()
        .fold(error, |error, (way, no_way)| error.note(format!("through {}: {no_way}", way.name)))
}

fn foreign((way, no_way): &(&NodeReference, NoWay)) -> Option<Finding> {
    match no_way {
        NoWay::Foreign(found) => Some(Refusal::foreign_cluster(&way.name, found).into()),
        _ => None,
    }
}
