//! etcd of a control plane, seen through one of its hosts.

mod gateway;
mod look;

use crate::Operator;
use crate::error::{ErrorKind, OperateError};
use crate::membership::summary;
use cluster::etcd::EtcdState;
use cluster::intent::{ClusterIntent, NodeReference};
use look::Etcd;
use tokio_util::sync::CancellationToken;

impl Operator {
    /// Members of the cluster's etcd and how they are, through the first of `ways` whose server
    /// answers. Changes nothing.
    ///
    /// # Errors
    /// When none does: `Unreachable` when not one of the hosts or servers answered, else `Api`.
    pub async fn etcd_state(
        &self,
        cluster: &ClusterIntent,
        ways: &[NodeReference],
        cancel: &CancellationToken,
    ) -> Result<EtcdState, OperateError> {
        let mut failures = Vec::new();
        for way in ways {
            let look = self.etcd_through(way, cluster);
            let looked = tokio::select! {
                biased;
                () = cancel.cancelled() => return Err(OperateError::cancelled("look at etcd")),
                looked = look => looked,
            };
            match looked {
                Ok(state) => return Ok(state),
                Err(error) => failures.push(error.on(self.label(way))),
            }
        }
        Err(no_etcd(ways, &failures))
    }

    async fn etcd_through(
        &self,
        way: &NodeReference,
        cluster: &ClusterIntent,
    ) -> Result<EtcdState, OperateError> {
        let etcd = Etcd::on(&way.name, &self.host(way)?, cluster).await?;
        let Some(etcd) = etcd else {
            let error = OperateError::new("find etcd", ErrorKind::Api);
            return Err(
                error.note("the host has no credentials of etcd: it is in no control plane")
            );
        };
        etcd.state().await
    }
}

fn no_etcd(ways: &[NodeReference], failures: &[OperateError]) -> OperateError {
    let silent = !failures.is_empty() && failures.iter().all(OperateError::is_unreachable);
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
        .advise("bring etcd back on one of these hosts: `journalctl -u kubelet` and the logs below /var/log/pods there tell what it lacks")
}
