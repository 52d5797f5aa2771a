//! Plans how a host becomes a member of the control plane: the first by `kubeadm init`, every other
//! by `kubeadm join`. No member is special: who finds nothing begins.

mod peer;
mod refusals;

pub use peer::Peer;

use super::api::{Api, ApiState, Bootstrap, NodeState, Readiness};
use super::claim::{Entry, Role};
use super::refusal::Refusal;
use super::state::{HostState, Ownership};
use super::step::{InitPhases, Serving, Step};
use super::worker::ghost;
use crate::etcd::{Sight, admit};

/// What is done to a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The host becomes one, if need be by `kubeadm init`.
    Create,
    /// The host is one, and keeps its cluster: nothing may initialize another over it.
    Update,
    /// Somebody else made the host one: it is marked, and nothing of it is rendered anew.
    Adopt,
}

impl Purpose {
    /// Whether the host is a member already, so that no cluster may begin on it.
    fn keeps_cluster(self) -> bool {
        self != Self::Create
    }
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
    /// Addresses of the host.
    pub addresses: &'a [String],
    /// Whether the cluster's endpoint is this host's own address.
    pub is_endpoint: bool,
    /// Whether the host serves the cluster's endpoint, or did under another setting.
    pub serves_endpoint: bool,
    /// What the host carries.
    pub host: &'a HostState,
    /// The other control plane hosts.
    pub peers: &'a [Peer],
    /// The cluster, as seen through the host's own API server or another member's.
    pub api: &'a Api,
    /// The cluster's etcd.
    pub etcd: &'a Sight,
}

impl MemberSituation<'_> {
    /// Whether the cluster exists: its API says that `kubeadm init` has come to its end. Then it
    /// never runs again, on whatever host.
    fn cluster(&self) -> Option<&ApiState> {
        self.api.answering().filter(|state| state.bootstrap == Bootstrap::Finished)
    }

    fn entry(&self) -> Entry {
        self.host.claim.as_ref().map_or(Entry::Init, |claim| claim.entry)
    }

    /// Whether its member of etcd is gone for good: somebody removed it, or a departure that was
    /// stopped before the reset. Its API server ended with it, and its kubelet does not report any
    /// more. The host is reset for this, so that no other cluster may have been asked.
    #[must_use]
    pub fn is_out_of_etcd(&self) -> bool {
        let reports = |node: &NodeState| node.readiness != Readiness::Unknown;
        !self.api.node().is_some_and(reports)
            && self.peers.iter().any(|peer| peer.carries(self.cluster_id))
            && no_foreign_cluster(*self).is_ok()
            && self.etcd.is_without(self.host_name, self.addresses)
    }

    /// Whether a join has come to its end but for our own note of it.
    fn has_joined(&self) -> bool {
        let machine_id = self.host.machine_id.as_deref();
        let node = self.api.node();
        let is_labelled =
            node.is_some_and(|node| node.control_plane && node.is_machine(machine_id));
        let serves = match self.etcd {
            Sight::External => true,
            Sight::Silent(_) => false,
            Sight::Seen(etcd) => etcd.serves_on(self.host_name, self.addresses),
        };
        let files = self.host.files;
        is_labelled && serves && files.kubelet && files.admin && files.manifests
    }
}

/// How a clean host is prepared for the join of a cluster that is just beginning or changing: what
/// prepares it, and the join, which its preflight is to look for.
pub const PREPARATION: [Step; 4] =
    [Step::Claim(Entry::Join), Step::InstallPackages, Step::PullImages, Step::Join];

/// The steps that make the host a member: `kubeadm init` or a join from the beginning, what an
/// interrupted run has left to do, or just what is missing of a finished member. One that etcd has no
/// member of joins anew.
///
/// # Errors
/// A refusal when the host carries another cluster or another version, when there may be a cluster
/// that cannot be joined now, when etcd cannot take one more member, or when a member to be
/// updated has lost its control plane together with the cluster.
pub fn plan(situation: MemberSituation<'_>) -> Result<Vec<Step>, Refusal> {
    let host = situation.host;
    match host.ownership(situation.cluster_id, situation.api.ca_hash()) {
        Ownership::Foreign(found) => Err(Refusal::foreign_cluster(situation.host_name, &found)),
        Ownership::Clean => enter(situation),
        Ownership::Ours if is_worker(host) => Err(refusals::is_worker(situation.host_name)),
        Ownership::Ours if host.is_recorded() && !host.files.control_plane() => {
            enter_again(situation)
        }
        Ownership::Ours => resume(situation),
    }
}

fn is_worker(host: &HostState) -> bool {
    let claimed = host.claim.as_ref().is_some_and(|claim| claim.role == Role::ControlPlane);
    !claimed && !host.files.control_plane() && host.files.any()
}

/// The host is clean: it joins the cluster that is there, or begins it.
fn enter(situation: MemberSituation<'_>) -> Result<Vec<Step>, Refusal> {
    no_foreign_cluster(situation)?;
    match situation.cluster() {
        Some(cluster) => join(situation, cluster, Traces::None),
        None if situation.purpose.keeps_cluster() => Err(refusals::is_lost(situation.host_name)),
        None => begin(situation, InitPhases::All),
    }
}

/// The host lost its control plane but for traces: it joins the others anew, and never begins a
/// cluster.
fn enter_again(situation: MemberSituation<'_>) -> Result<Vec<Step>, Refusal> {
    match situation.cluster() {
        Some(cluster) => join(situation, cluster, Traces::Ours),
        None => Err(refusals::is_lost(situation.host_name)),
    }
}

/// The host carries our cluster, wholly or in part.
fn resume(situation: MemberSituation<'_>) -> Result<Vec<Step>, Refusal> {
    same_version(situation)?;
    if let Some(cluster) = situation.cluster().filter(|_| situation.is_out_of_etcd()) {
        return join(situation, cluster, Traces::Ours);
    }
    if situation.host.is_recorded() || situation.purpose.keeps_cluster() {
        return Ok(finished(situation));
    }
    match (situation.entry(), situation.cluster()) {
        (Entry::Init, Some(_)) if situation.host.files.control_plane() => Ok(finished(situation)),
        (Entry::Init, None) => begin(situation, phases_left(situation.api)),
        (Entry::Join, Some(_)) if situation.has_joined() => Ok(finished(situation)),
        (_, Some(cluster)) => join(situation, cluster, Traces::Ours),
        (Entry::Join, None) => Err(refusals::nothing_to_join(situation)),
    }
}

fn phases_left(api: &Api) -> InitPhases {
    match api {
        Api::Answering(_) => InitPhases::AfterStart,
        Api::Silent(_) => InitPhases::AfterPreflight,
    }
}

fn same_version(situation: MemberSituation<'_>) -> Result<(), Refusal> {
    match situation.host.other_version(situation.version) {
        Some(installed) => Err(Refusal::upgrade(situation.host_name, installed, situation.version)),
        None => Ok(()),
    }
}

/// The cluster begins here: every other control plane host was reached, and none carries it.
fn begin(situation: MemberSituation<'_>, phases: InitPhases) -> Result<Vec<Step>, Refusal> {
    no_foreign_cluster(situation)?;
    situation.peers.iter().try_for_each(|peer| empty(peer, situation))?;
    let mut steps = vec![Step::Claim(Entry::Init), Step::InstallPackages, Step::PullImages];
    steps.extend(attached(situation, Serving::BeforeCluster));
    steps.push(Step::Initialize(phases));
    steps.extend(settled(situation));
    Ok(steps)
}

fn no_foreign_cluster(situation: MemberSituation<'_>) -> Result<(), Refusal> {
    situation.peers.iter().try_for_each(|peer| {
        let Ok(state) = &peer.state else { return Ok(()) };
        match state.ownership(situation.cluster_id, None) {
            Ownership::Foreign(found) => Err(Refusal::foreign_cluster(&peer.name, &found)),
            Ownership::Clean | Ownership::Ours => Ok(()),
        }
    })
}

fn empty(peer: &Peer, situation: MemberSituation<'_>) -> Result<(), Refusal> {
    let state = peer.state.as_ref().map_err(|reason| refusals::not_reached(peer, reason))?;
    if !state.carries_cluster() {
        return Ok(());
    }
    Err(refusals::goes_first(situation, &peer.name))
}

/// What a join finds on its own host.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Traces {
    None,
    /// Of an earlier attempt, or of a membership that was lost.
    Ours,
}

/// The earlier attempt's member of etcd goes through a peer, before its host is reset: `kubeadm
/// reset` says that all went well, also when it could not remove it.
fn join(
    situation: MemberSituation<'_>,
    cluster: &ApiState,
    traces: Traces,
) -> Result<Vec<Step>, Refusal> {
    if situation.is_endpoint {
        return Err(refusals::is_endpoint(situation.host_name));
    }
    let ghost = ghost(situation.host_name, situation.host, cluster)?;
    let is_stacked = admitted(situation)?;
    let mut steps = vec![Step::Claim(Entry::Join), Step::InstallPackages, Step::PullImages];
    steps.extend(is_stacked.then_some(Step::AdmitMember));
    steps.extend((traces == Traces::Ours).then_some(Step::Reset));
    steps.extend(ghost);
    steps.push(Step::Join);
    steps.extend(is_stacked.then_some(Step::AwaitVoter));
    steps.extend(settled(situation));
    Ok(steps)
}

/// Whether the new member is one of etcd, too; then etcd has to take it.
fn admitted(situation: MemberSituation<'_>) -> Result<bool, Refusal> {
    match situation.etcd {
        Sight::External => Ok(false),
        Sight::Silent(reason) => Err(Refusal::etcd_silent(situation.host_name, reason)),
        Sight::Seen(etcd) => admit(etcd, situation.host_name, situation.addresses).map(|_| true),
    }
}

/// What a finished member may still lack: what an earlier run was stopped before, what was changed by
/// hand, what follows from a changed intent.
///
/// Nothing after the static pods needs the turn, since it may expire while a control plane that is
/// alone restarts.
fn finished(situation: MemberSituation<'_>) -> Vec<Step> {
    let mut steps = vec![Step::Claim(situation.entry()), Step::InstallPackages, Step::StartKubelet];
    let changes_adopted = situation.host.is_adopted() && situation.purpose == Purpose::Update;
    if changes_adopted {
        steps.extend([Step::AwaitApiServer, Step::RecordAuthority]);
    }
    if situation.host.is_recorded() || changes_adopted {
        steps.extend([Step::CertifyNames, Step::RenewControlPlane, Step::AwaitApiServer]);
        steps.extend(attached(situation, Serving::Cluster));
        steps.extend([Step::ConfigureKubelet, Step::AwaitRegistration]);
        steps.extend([Step::ApplyMetadata, Step::AwaitReady]);
    } else {
        steps.extend(settled(situation));
    }
    steps
}

/// The endpoint leads to a host only once its API server serves: what joins goes by the endpoint, and
/// would find nobody but itself there.
fn settled(situation: MemberSituation<'_>) -> Vec<Step> {
    let mut steps = vec![Step::AwaitApiServer, Step::RecordAuthority];
    steps.extend(attached(situation, Serving::Cluster));
    steps.extend([Step::AwaitRegistration, Step::ApplyMetadata, Step::AwaitReady]);
    steps
}

/// Who takes a host over changes nothing on it.
fn attached(situation: MemberSituation<'_>, serving: Serving) -> Option<Step> {
    let attaches = situation.serves_endpoint && situation.purpose != Purpose::Adopt;
    attaches.then_some(Step::AttachEndpoint(serving))
}
