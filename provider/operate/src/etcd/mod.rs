//! etcd of a control plane, seen through one of its hosts, wherever its servers run.

mod access;
mod credentials;
mod gateway;
mod look;
#[cfg(test)]
mod tests;

pub(crate) use look::Etcd;

use crate::Operator;
use crate::error::{ErrorKind, OperateError};
use crate::membership::summary;
use cluster::etcd::{EtcdState, Sight};
use cluster::intent::{ClusterIntent, EtcdIntent, NodeReference};
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use std::collections::BTreeMap;
use tokio_util::sync::CancellationToken;

/// What to do about an etcd that runs on the control plane hosts.
const BESIDE: &str = "bring etcd back on one of these hosts: `journalctl -u kubelet` and the logs below /var/log/pods there tell what it lacks";

/// What to do about one that runs on servers of its own.
const ELSEWHERE: &str = "etcd is external and not run by the provider: see that its servers run, that the control plane hosts reach the endpoints of etcd.external of kubeadm_cluster, and that the files named there are on each of these hosts";

/// Where API servers keep their objects.
const OBJECTS: &str = "/registry/";

impl Operator {
    /// Members of the cluster's etcd and how they are, through whichever of `ways` has a server
    /// that answers. Changes nothing.
    ///
    /// # Errors
    /// When none does: `Unreachable` when not one of the hosts or servers answered, else `Api`.
    pub async fn etcd_state(
        &self,
        cluster: &ClusterIntent,
        ways: &[NodeReference],
        cancel: &CancellationToken,
    ) -> Result<EtcdState, OperateError> {
        self.etcd(cluster, ways, cancel).await.map(|(_, state)| state)
    }

    /// What is seen of a cluster's etcd through `ways`: silence is no error.
    pub(crate) async fn etcd_sight(
        &self,
        cluster: &ClusterIntent,
        ways: &[NodeReference],
        cancel: &CancellationToken,
    ) -> Result<Sight, OperateError> {
        if cluster.etcd.external().is_some() {
            return Ok(Sight::External);
        }
        match self.etcd(cluster, ways, cancel).await {
            Ok((_, state)) => Ok(Sight::Seen(state)),
            Err(error) if error.is_cancelled() || error.kind == ErrorKind::Configuration => {
                Err(error)
            }
            Err(error) => Ok(Sight::Silent(summary(&error))),
        }
    }

    /// Members of etcd, and a way to the members. All hosts are asked at once, since each that is silent
    /// would take its time.
    pub(crate) async fn etcd(
        &self,
        cluster: &ClusterIntent,
        ways: &[NodeReference],
        cancel: &CancellationToken,
    ) -> Result<(Etcd, EtcdState), OperateError> {
        let mut looks = FuturesUnordered::new();
        for (index, way) in ways.iter().enumerate() {
            looks.push(async move {
                let looked = self.etcd_through(way, cluster).await;
                looked.map_err(|error| (index, error.on(self.label(way))))
            });
        }
        let mut failures = BTreeMap::new();
        loop {
            let looked = tokio::select! {
                biased;
                () = cancel.cancelled() => return Err(OperateError::cancelled("look at etcd")),
                looked = looks.next() => looked,
            };
            match looked {
                Some(Ok(found)) => return Ok(found),
                Some(Err((index, error))) => drop(failures.insert(index, error)),
                None => return Err(no_etcd(&cluster.etcd, ways, failures.values())),
            }
        }
    }

    /// How many objects of a cluster an etcd holds, as `way` reaches it.
    pub(crate) async fn objects_in_etcd(
        &self,
        cluster: &ClusterIntent,
        way: &NodeReference,
    ) -> Result<u64, OperateError> {
        match Etcd::on(&way.name, &self.host(way)?, cluster).await? {
            Some(etcd) => etcd.keys_below(OBJECTS).await,
            None => Ok(0),
        }
    }

    async fn etcd_through(
        &self,
        way: &NodeReference,
        cluster: &ClusterIntent,
    ) -> Result<(Etcd, EtcdState), OperateError> {
        let etcd = Etcd::on(&way.name, &self.host(way)?, cluster).await?;
        let Some(etcd) = etcd else {
            let error = OperateError::new("find etcd", ErrorKind::Api);
            return Err(
                error.note("the host has no credentials of etcd: it is in no control plane")
            );
        };
        let state = etcd.state().await?;
        Ok((etcd, state))
    }
}

fn no_etcd<'e>(
    etcd: &EtcdIntent,
    ways: &[NodeReference],
    failures: impl ExactSizeIterator<Item = &'e OperateError> + Clone,
) -> OperateError {
    let silent = failures.len() > 0 && failures.clone().all(OperateError::is_unreachable);
    let kind = if silent { ErrorKind::Unreachable } else { ErrorKind::Api };
    let mut error = OperateError::new("look at the cluster's etcd", kind);
    if ways.is_empty() {
        error = error.note("no control plane host is known");
    }
    ways.iter()
        .zip(failures)
        .fold(error, |error, (way, failure)| {
            error.note(format!("through {}: {}", way.name, summary(failure)))
        })
        .advise(match etcd {
            EtcdIntent::Local(_) => BESIDE,
            EtcdIntent::External(_) => ELSEWHERE,
        })
}
