//! Who leads etcd.

use std::time::Duration;

use acceptance::Cluster;
use acceptance::wait_until;
use anyhow::{Context, Result};
use serde_json::Value;

/// How long etcd may take to change its leader.
const LIMIT: Duration = Duration::from_secs(30);

/// Makes a host lead etcd. The leadership is handed over by the leader, which is the member that the
/// cluster is asked through, or already the host.
pub(crate) fn let_lead(cluster: &Cluster<'_>, host: &str) -> Result<()> {
    let members = cluster.etcd_members()?;
    let member = members.into_iter().find(|member| member.name == host);
    let id = member.with_context(|| format!("etcd has no member {host}"))?.id;
    let leads = || {
        if leader(cluster)? == id {
            return Ok(true);
        }
        cluster.etcdctl(&format!("move-leader {id}"))?;
        Ok(leader(cluster)? == id)
    };
    wait_until(LIMIT, leads).with_context(|| format!("{host} should lead etcd"))
}

/// Its id in hexadecimal, as `etcdctl member list` writes it.
fn leader(cluster: &Cluster<'_>) -> Result<String> {
    let status: Value = serde_json::from_str(&cluster.etcdctl("endpoint status -w json")?)?;
    let leader = status.pointer("/0/Status/leader").and_then(Value::as_u64);
    Ok(format!("{:x}", leader.context("etcd has no leader")?))
}
