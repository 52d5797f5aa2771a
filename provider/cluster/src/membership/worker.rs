//! Plans how a host becomes a worker.

use super::api::{Api, ApiState, NodeState, Readiness};
use super::claim::Entry;
use super::member::Purpose;
use super::refusal::Refusal;
use super::state::{HostState, Ownership};
use super::step::Step;

/// What the plan of a worker is made from.
#[derive(Debug, Clone, Copy)]
pub struct WorkerSituation<'a> {
    /// What is done to it.
    pub purpose: Purpose,
    /// Id of the cluster.
    pub cluster_id: &'a str,
    /// The version it should have, such as `1.35.4`.
    pub version: &'a str,
    /// Name of the host, which becomes the node's.
    pub host_name: &'a str,
    /// What the host carries.
    pub host: &'a HostState,
    /// The cluster, as seen through its control plane hosts.
    pub api: &'a Api,
}

/// The steps that make the host a worker: a join, the rest of an interrupted one, or a new one
/// after the leftovers of ours are reset.
///
/// # Errors
/// A refusal when no API server answers, when the host carries another cluster or a control plane,
/// or when another machine is a ready node of that name.
pub fn plan(situation: WorkerSituation<'_>) -> Result<Vec<Step>, Refusal> {
    let api = reachable(situation)?;
    match situation.host.ownership(situation.cluster_id, Some(&api.ca_hash)) {
        Ownership::Foreign(found) => Err(Refusal::foreign_cluster(situation.host_name, &found)),
        _ if situation.host.files.control_plane() => Err(is_control_plane(situation.host_name)),
        Ownership::Clean => {
            let mut steps = vec![Step::Claim(Entry::Join), Step::InstallPackages];
            steps.extend(ghost(situation.host_name, situation.host, api)?);
            steps.extend(joined(Step::Join));
            Ok(steps)
        }
        Ownership::Ours => continued(situation, api),
    }
}

fn reachable(situation: WorkerSituation<'_>) -> Result<&ApiState, Refusal> {
    match situation.api {
        Api::Answering(state) => Ok(state),
        Api::Silent(reason) => Err(Refusal::new(
            "PF-NO-CONTROL-PLANE",
            format!("worker {} has no control plane to join: {reason}", situation.host_name),
            "give the worker's control_plane the members (or the kubeadm_cni's control_plane), so that they are created first, and apply again",
        )),
    }
}

/// The host carries our cluster: joined, or half.
fn continued(situation: WorkerSituation<'_>, api: &ApiState) -> Result<Vec<Step>, Refusal> {
    let machine_id = situation.host.machine_id.as_deref();
    let mut steps = vec![Step::Claim(Entry::Join), Step::InstallPackages];
    match &api.node {
        Some(node) if situation.host.files.kubelet && node.is_machine(machine_id) => {
            same_version(situation)?;
            steps.push(Step::StartKubelet);
            // What somebody else made of it stays until something is to change.
            steps.extend((situation.purpose != Purpose::Adopt).then_some(Step::ConfigureKubelet));
            steps.extend(settled());
        }
        _ => {
            let ghost = ghost(situation.host_name, situation.host, api)?;
            steps.push(Step::Reset);
            steps.extend(ghost);
            steps.extend(joined(Step::Join));
        }
    }
    Ok(steps)
}

fn same_version(situation: WorkerSituation<'_>) -> Result<(), Refusal> {
    match situation.host.other_version(situation.version) {
        Some(installed) => Err(Refusal::upgrade(situation.host_name, installed, situation.version)),
        None => Ok(()),
    }
}

/// What is to be done with a node object of the same name before a join.
///
/// One of the same machine would make kubeadm refuse while it still counts as ready; one of
/// another machine that is silent is what a rebuilt host leaves.
pub(super) fn ghost(name: &str, host: &HostState, api: &ApiState) -> Result<Option<Step>, Refusal> {
    match &api.node {
        None => Ok(None),
        Some(node) if node.is_machine(host.machine_id.as_deref()) => Ok(Some(Step::DeleteGhost)),
        Some(node) if alive(node) => Err(node_exists(name, node)),
        Some(_) => Ok(Some(Step::DeleteGhost)),
    }
}

/// A node whose kubelet reports is no ghost, also when it reports that it is not ready.
fn alive(node: &NodeState) -> bool {
    node.readiness != Readiness::Unknown
}

fn node_exists(host: &str, node: &NodeState) -> Refusal {
    Refusal::new(
        "PF-NODE-EXISTS",
        format!(
            "the cluster has a living node {host} already, on another machine (machine id {})",
            node.machine_id
        ),
        "two machines cannot share a node name: give this host another name, or remove the other machine from the cluster first; one that was rebuilt or switched off within the last minute still counts as living, then apply again",
    )
    .for_now()
}

fn is_control_plane(host: &str) -> Refusal {
    Refusal::new(
        "PF-IS-CONTROL-PLANE",
        format!("host {host} is a control plane host of this cluster"),
        "remove its kubeadm_control_plane_member first, then apply again",
    )
}

fn joined(how: Step) -> impl Iterator<Item = Step> {
    std::iter::once(how).chain(settled())
}

fn settled() -> [Step; 4] {
    [Step::RecordAuthority, Step::AwaitRegistration, Step::ApplyMetadata, Step::AwaitReady]
}
