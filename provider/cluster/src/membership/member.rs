//! Plans how a host becomes the first member of the control plane.

use super::api::{Api, Bootstrap};
use super::refusal::Refusal;
use super::state::{HostState, Ownership, Role};
use super::step::{InitPhases, Step};

/// Another control plane host of the cluster, as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// Its name.
    pub name: String,
    /// What it carries; an error text when it was not reached.
    pub state: Result<HostState, String>,
}

/// What is done to a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The host becomes one, if need be by `kubeadm init`.
    Create,
    /// The host is one, and keeps its cluster: nothing may initialize another over it.
    Update,
}

/// What the plan of a member is made from.
#[derive(Debug, Clone, Copy)]
pub struct MemberSituation<'a> {
    /// What is done to it.
    pub purpose: Purpose,
    /// Id of the cluster.
    pub cluster_id: &'a str,
    /// The version it should have, such as `1.35.4`.
    pub version: &'a str,
    /// Name of the host.
    pub host_name: &'a str,
    /// What the host carries.
    pub host: &'a HostState,
    /// The other control plane hosts.
    pub peers: &'a [Peer],
    /// The cluster, as seen through the host's own API server.
    pub api: &'a Api,
}

impl MemberSituation<'_> {
    /// Whether `kubeadm init` has come to its end on this host once. Then it never runs there
    /// again: what is missing now is drift of a living cluster, and a silent API is a hiccup.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        let found = self.api.answering().map(|state| state.bootstrap);
        self.purpose == Purpose::Update
            || self.host.is_recorded()
            || found == Some(Bootstrap::Finished)
    }

    /// Whether a plan may run `kubeadm init`, so that it has to know what the peers carry.
    #[must_use]
    pub fn may_initialize(&self) -> bool {
        self.purpose == Purpose::Create && !(self.host.carries_cluster() && self.is_finished())
    }
}

/// The steps that make the host a member: `kubeadm init` from the beginning, or from where an
/// interrupted run has left it, or just what is missing of a finished one.
///
/// # Errors
/// A refusal when the host carries another cluster or another version, when another control plane
/// host was not reached, when one of them carries a cluster already, or when a member to be
/// updated has lost its control plane.
pub fn plan(situation: MemberSituation<'_>) -> Result<Vec<Step>, Refusal> {
    let host = situation.host;
    match host.ownership(situation.cluster_id, situation.api.ca_hash()) {
        Ownership::Foreign(found) => Err(Refusal::foreign_cluster(situation.host_name, &found)),
        Ownership::Clean if situation.purpose == Purpose::Update => {
            Err(is_lost(situation.host_name))
        }
        Ownership::Clean => {
            no_other_cluster(situation)?;
            Ok(steps(InitPhases::All))
        }
        Ownership::Ours if !host.files.control_plane() && host.files.any() => {
            Err(without_control_plane(situation))
        }
        Ownership::Ours => resume(situation),
    }
}

/// A finished member needs no look at its peers: it is no second cluster.
fn resume(situation: MemberSituation<'_>) -> Result<Vec<Step>, Refusal> {
    same_version(situation)?;
    if situation.is_finished() {
        return Ok(finished());
    }
    no_other_cluster(situation)?;
    Ok(steps(match situation.api {
        Api::Answering(_) => InitPhases::AfterStart,
        Api::Silent(_) => InitPhases::AfterPreflight,
    }))
}

fn same_version(situation: MemberSituation<'_>) -> Result<(), Refusal> {
    match situation.host.other_version(situation.version) {
        Some(installed) => Err(Refusal::upgrade(situation.host_name, installed, situation.version)),
        None => Ok(()),
    }
}

fn no_other_cluster(situation: MemberSituation<'_>) -> Result<(), Refusal> {
    situation.peers.iter().try_for_each(|peer| empty(peer, situation))
}

fn empty(peer: &Peer, situation: MemberSituation<'_>) -> Result<(), Refusal> {
    let state = peer.state.as_ref().map_err(|reason| not_reached(peer, reason))?;
    match state.ownership(situation.cluster_id, None) {
        Ownership::Clean => Ok(()),
        Ownership::Ours => Err(second_member(situation.host_name, &peer.name)),
        Ownership::Foreign(found) => Err(Refusal::foreign_cluster(&peer.name, &found)),
    }
}

fn not_reached(peer: &Peer, reason: &str) -> Refusal {
    Refusal::new(
        "PF-PEER-UNREACHABLE",
        format!(
            "control plane host {} was not reached, so it may carry the cluster already: {reason}",
            peer.name
        ),
        "nothing was changed; make the host reachable, or take it out of kubeadm_cluster.control_plane_nodes, then apply again",
    )
}

fn second_member(host: &str, peer: &str) -> Refusal {
    Refusal::new(
        "PF-SECOND-MEMBER",
        format!(
            "{peer} is the control plane of this cluster already, and {host} cannot join it yet"
        ),
        "joining further control plane members comes in a later release: declare one kubeadm_control_plane_member per cluster, and add hosts as kubeadm_worker",
    )
}

fn without_control_plane(situation: MemberSituation<'_>) -> Refusal {
    let claim = situation.host.claim.as_ref();
    if claim.is_some_and(|claim| claim.role == Role::ControlPlane) && situation.is_finished() {
        return is_lost(situation.host_name);
    }
    Refusal::new(
        "PF-IS-WORKER",
        format!("host {} is a worker of this cluster", situation.host_name),
        "remove its kubeadm_worker first, then apply again",
    )
}

fn is_lost(host: &str) -> Refusal {
    Refusal::new(
        "PF-MEMBER-LOST",
        format!("host {host} has lost its control plane"),
        "nothing was changed, since an update never starts a new cluster: replace the member with the option -replace=ADDRESS of apply, or restore the host",
    )
}

fn steps(phases: InitPhases) -> Vec<Step> {
    let mut steps = vec![Step::Claim, Step::InstallPackages, Step::Initialize(phases)];
    steps.extend(settled());
    steps
}

/// What a finished member may still lack when an earlier run was stopped after `kubeadm init`.
fn finished() -> Vec<Step> {
    let mut steps = vec![Step::Claim, Step::InstallPackages, Step::StartKubelet];
    steps.extend(settled());
    steps
}

fn settled() -> [Step; 5] {
    [
        Step::AwaitApiServer,
        Step::RecordAuthority,
        Step::AwaitRegistration,
        Step::ApplyMetadata,
        Step::AwaitReady,
    ]
}
