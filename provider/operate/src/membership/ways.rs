//! Ways into a cluster: its control plane hosts, and the first whose API server answers.

use super::subject::{is_lost, summary};
use crate::Operator;
use crate::error::{ErrorKind, OperateError};
use crate::kubernetes::{Kubernetes, NoWay};
use cluster::Finding;
use cluster::intent::NodeReference;
use cluster::membership::Refusal;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Hosts of a control plane, and whose it must be.
#[derive(Clone, Copy)]
pub(crate) struct Ways<'a> {
    /// Id of the cluster; any will do when there is none.
    pub(crate) cluster_id: Option<&'a str>,
    /// The hosts, in the order in which they are tried.
    pub(crate) hosts: &'a [NodeReference],
}

/// What there is of the API of a cluster that is to be left.
pub(crate) enum WayOut {
    /// It answers.
    Api(Arc<Kubernetes>),
    /// The cluster is gone.
    Gone,
    /// Nothing answers, and why.
    Silent(String),
}

impl Operator {
    /// The API of a cluster through the first of `ways` that leads there.
    ///
    /// # Errors
    /// When none does: `Refused` when one belongs to another cluster, `Unreachable` when there is a
    /// cluster and neither its hosts nor their API servers answer, else `Api`.
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

    /// The API of a cluster that is to be left, woken if need be.
    ///
    /// # Errors
    /// When a host answers and does not let us find out: then the cluster must not be forgotten.
    pub(crate) async fn kubernetes_to_leave(
        &self,
        ways: Ways<'_>,
        cancel: &CancellationToken,
    ) -> Result<WayOut, OperateError> {
        let mut tried = self.any_way(ways, cancel).await?;
        let silent = tried.as_ref().is_err_and(is_silent);
        if silent && self.awaken(ways, cancel).await? {
            tried = self.any_way(ways, cancel).await?;
        }
        match tried {
            Ok(kubernetes) => Ok(WayOut::Api(kubernetes)),
            Err(failures) if is_gone(&failures) => Ok(WayOut::Gone),
            Err(failures) if is_silent(&failures) => {
                Ok(WayOut::Silent(summary(&no_way(&failures))))
            }
            Err(failures) => Err(no_way(&failures)),
        }
    }

    async fn any_way<'w>(
        &self,
        ways: Ways<'w>,
        cancel: &CancellationToken,
    ) -> Result<Result<Arc<Kubernetes>, Failures<'w>>, OperateError> {
        let mut failures = Vec::new();
        for way in self.quick_first(ways.hosts) {
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

    /// Hosts whose API server has served in this walk go before those that are to be asked first
    /// time, which may be silent.
    fn quick_first<'w>(&self, hosts: &'w [NodeReference]) -> Vec<&'w NodeReference> {
        let connections = &self.membership().connections;
        let mut hosts: Vec<&NodeReference> = hosts.iter().collect();
        hosts.sort_by_key(|host| !connections.has(host));
        hosts
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

/// Whether there is a cluster of which nobody answers: each host that may lead there is away, or
/// its API server is.
fn is_silent(failures: &Failures<'_>) -> bool {
    let away = |no_way: &NoWay| match no_way {
        NoWay::NotInitialized | NoWay::Foreign(_) | NoWay::Silent(_) => true,
        NoWay::OtherAuthority(_) => false,
        NoWay::Host(error) => is_lost(error),
    };
    !failures.is_empty() && !is_gone(failures) && failures.iter().all(|(_, no_way)| away(no_way))
}

fn no_way(failures: &Failures<'_>) -> OperateError {
    let kind = if is_silent(failures) { ErrorKind::Unreachable } else { ErrorKind::Api };
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
        NoWay::Foreign(found) | NoWay::OtherAuthority(found) => {
            Some(Refusal::foreign_cluster(&way.name, found).into())
        }
        _ => None,
    }
}
