//! What makes a control plane of several members whole.

use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::{Cluster, Lab, Story, wait_until};

/// The load balancer's host in every story.
pub const BALANCER: &str = "lb1";

const BOOT_LIMIT: Duration = Duration::from_mins(4);

/// Waits until every API server, every kubelet, every member of etcd and every pod is well.
///
/// # Errors
/// When something is not within minutes.
pub fn wait_until_whole(lab: &Lab, members: &[&str], workers: &[&str]) -> Result<()> {
    let nodes: Vec<&str> = members.iter().chain(workers).copied().collect();
    let cluster = Cluster::of(lab, members.first().context("a cluster has a member")?);
    wait_until(BOOT_LIMIT, || {
        Ok(serve(lab, members)?
            && kubelets_run(lab, &nodes)?
            && cluster.etcdctl("endpoint health --cluster").is_ok()
            && cluster.ready_nodes()? == nodes)
    })
    .with_context(|| format!("{nodes:?} should be whole"))?;
    cluster.wait_for_pods()
}

/// The cluster is just these: etcd's voters, nodes that are Ready, and nothing left to do.
///
/// # Errors
/// When they are not.
pub fn require_members(story: &Story, members: &[&str], workers: &[&str]) -> Result<()> {
    let nodes: Vec<&str> = members.iter().chain(workers).copied().collect();
    let cluster = Cluster::of(&story.lab, members.first().context("a cluster has a member")?);
    cluster.require_voters(members)?;
    let ready = cluster.ready_nodes()?;
    ensure!(ready == nodes, "{nodes:?} should be Ready, and {ready:?} are");
    let all = cluster.kubectl("get nodes -o name")?;
    ensure!(all.lines().count() == nodes.len(), "no other node should be left:\n{all}");
    story.require_no_changes()
}

/// What lets hosts join is gone: certificates in the cluster, and every bootstrap token.
///
/// # Errors
/// When something of it is left.
pub fn require_no_credentials_left(cluster: &Cluster<'_>) -> Result<()> {
    let certificates = cluster.kubectl("-n kube-system get secrets -o name")?;
    ensure!(!certificates.contains("kubeadm-certs"), "kubeadm-certs is left:\n{certificates}");
    let tokens = "-n kube-system get secrets -o name \
                  --field-selector type=bootstrap.kubernetes.io/token";
    let tokens = cluster.kubectl(tokens)?;
    ensure!(tokens.trim().is_empty(), "bootstrap tokens are left:\n{tokens}");
    Ok(())
}

/// Each is asked by another, where there is one: what only its own host reaches serves nobody.
fn serve(lab: &Lab, members: &[&str]) -> Result<bool> {
    for member in members {
        let other = members.iter().find(|other| *other != member).unwrap_or(member);
        let url = format!("https://{}:6443/readyz", lab.host(member)?.address);
        let ready = format!("curl --silent --insecure --fail --max-time 3 {url}");
        if !lab.try_ssh(other, &ready)?.status.success() {
            return Ok(false);
        }
    }
    Ok(true)
}

fn kubelets_run(lab: &Lab, nodes: &[&str]) -> Result<bool> {
    for node in nodes {
        let healthy = "curl --silent --fail --max-time 3 http://127.0.0.1:10248/healthz";
        if !lab.try_ssh(node, healthy)?.status.success() {
            return Ok(false);
        }
    }
    Ok(true)
}
