//! Plans how a host leaves the cluster: what is done through the API, and what on the host.

mod refusals;
mod standing;
mod warnings;

use super::api::{Api, ApiState, NodeState, Readiness};
use super::claim::Role;
use super::member::Peer;
use super::refusal::Refusal;
use super::state::{HostState, Ownership};
use super::step::Step;
use crate::etcd::{Dismissal, Sight};
use crate::finding::Finding;
use crate::intent::DrainMode;
use standing::{Standing, standing};

/// What the plan of a departure is made from.
#[derive(Debug, Clone, Copy)]
pub struct LeaveSituation<'a> {
    /// Id of the cluster.
    pub cluster_id: &'a str,
    /// Name of the host and its node.
    pub host_name: &'a str,
    /// What the host was in the cluster.
    pub role: Role,
    /// Machine id of the host when it joined.
    pub machine_id: Option<&'a str>,
    /// What the host carries; the reason when it was not reached.
    pub host: Result<&'a HostState, &'a str>,
    /// Addresses of the host: those that are known of it when it is silent.
    pub addresses: &'a [String],
    /// The other control plane hosts, when a member of the control plane is to go.
    pub peers: &'a [Peer],
    /// The cluster, as seen through its control plane hosts, those that stay first.
    pub api: &'a Api,
    /// The cluster's etcd, as seen through them.
    pub etcd: &'a Sight,
    /// How pods leave.
    pub drain: DrainMode,
    /// Whether the host serves the cluster's endpoint.
    pub serves_endpoint: bool,
}

impl LeaveSituation<'_> {
    /// The machine whose node is to go: the one that joined, or else the one that answers.
    fn expected_machine(&self) -> Option<&str> {
        self.machine_id.or(self.host.ok().and_then(|host| host.machine_id.as_deref()))
    }

    /// The node object of the host's name, when it is another machine's.
    fn others_node(&self) -> Option<&NodeState> {
        let machine_id = self.expected_machine();
        self.api.node().filter(|node| machine_id.is_some() && !node.is_machine(machine_id))
    }

    /// Whether a silent API hides a cluster that was finished once and whose data is still there:
    /// then a reset might take it from other nodes. To skip the drain is the user's word that
    /// nothing of it matters.
    #[must_use]
    pub fn hides_cluster(&self) -> bool {
        self.role == Role::ControlPlane
            && self.api.answering().is_none()
            && self.drain != DrainMode::Skip
            && self.host.is_ok_and(|host| {
                host.claim.as_ref().is_none_or(|claim| claim.ca_hash.is_some())
                    && (host.files.etcd_data || host.files.manifests)
            })
            && matches!(host_part(*self), HostPart::Reset)
    }

    /// Whether a silent API is worth an attempt to bring it back: it hides who else is there, or
    /// the node object of a worker, which would keep the last member from leaving.
    #[must_use]
    pub fn misses_api(&self) -> bool {
        match self.role {
            Role::Worker => self.api.answering().is_none(),
            Role::ControlPlane => self.hides_cluster(),
        }
    }
}

/// The steps of a departure, and what cannot be done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Departure {
    /// What is done, in this order.
    pub steps: Vec<Step>,
    /// What is left undone and why; the departure succeeds nevertheless.
    pub warnings: Vec<Finding>,
}

/// Which part of the departure a host's state allows.
enum HostPart {
    /// It carries our cluster.
    Reset,
    /// It carries none; there may be leftovers.
    CleanUp,
    /// Nothing may be done there.
    Leave(Finding),
}

/// The steps that take the host out of the cluster. A member that others outlive leaves etcd through
/// one of them, after its pods have left: its kubelet talks to its own API server, which ends with
/// its etcd. The last member takes the cluster with it.
///
/// A silent host leaves the API's part, a silent API the host's part, each with a warning. Another
/// machine at the host's address, or another cluster on it, is left alone.
///
/// # Errors
/// A refusal when etcd would lose its quorum, or when the control plane is to go while other nodes
/// are still there, or may be.
pub fn plan(situation: LeaveSituation<'_>) -> Result<Departure, Refusal> {
    let mut departure = Departure::default();
    match situation.role {
        Role::Worker => departure.take_from_api(situation),
        Role::ControlPlane => match standing(situation)? {
            Standing::Last => departure.warnings.extend(warnings::external_data(situation)),
            Standing::OneOfMany(dismissal) => {
                departure.withdraw(situation);
                departure.take_member(situation, &dismissal);
            }
        },
    }
    departure.take_from_host(situation);
    departure.stop_before_delete();
    Ok(departure)
}

impl Departure {
    /// Before anything of the host ends, so that nobody is led there meanwhile. The last member has
    /// nobody to leave it to, and `kubeadm reset` goes by it.
    fn withdraw(&mut self, situation: LeaveSituation<'_>) {
        let reset = matches!(host_part(situation), HostPart::Reset);
        self.steps.extend((situation.serves_endpoint && reset).then_some(Step::WithdrawEndpoint));
    }

    fn take_from_api(&mut self, situation: LeaveSituation<'_>) {
        match situation.api {
            Api::Silent(reason) if situation.host.is_ok() => {
                self.warnings.push(warnings::api_silent(situation.host_name, reason));
            }
            // The host's part tells of both.
            Api::Silent(_) => {}
            Api::Answering(state) => self.take_node(situation, state),
        }
    }

    fn take_member(&mut self, situation: LeaveSituation<'_>, dismissal: &Dismissal) {
        // Another machine joined under the name: what etcd has of that name is its member.
        let is_others =
            situation.others_node().is_some() && !matches!(host_part(situation), HostPart::Reset);
        if is_others {
            return self.take_from_api(situation);
        }
        self.steps.extend(dismissal.successor.map(|_| Step::MoveLeader));
        self.take_from_api(situation);
        if !dismissal.members.is_empty() {
            let at = self.steps.iter().position(|step| *step == Step::DeleteNode);
            self.steps.insert(at.unwrap_or(self.steps.len()), Step::RemoveMember);
        }
    }

    /// Pods of a silent kubelet cannot end by eviction; the cluster collects them with the node.
    fn take_node(&mut self, situation: LeaveSituation<'_>, state: &ApiState) {
        let Some(node) = &state.node else { return };
        if let Some(other) = situation.others_node() {
            self.warnings.push(warnings::other_node(situation.host_name, &other.machine_id));
            return;
        }
        if situation.drain != DrainMode::Skip && node.readiness != Readiness::Unknown {
            self.steps.push(Step::Drain);
        }
        self.steps.push(Step::DeleteNode);
    }

    /// The API forgets a node's pods at once when it is deleted, so their containers have to be
    /// stopped by then; and a kubelet that still runs could register itself again.
    fn stop_before_delete(&mut self) {
        let at = |wanted: Step| self.steps.iter().position(|step| *step == wanted);
        if let (Some(delete), Some(reset)) = (at(Step::DeleteNode), at(Step::Reset))
            && delete < reset
        {
            let moved = self.steps.remove(delete);
            self.steps.insert(reset, moved);
        }
    }

    fn take_from_host(&mut self, situation: LeaveSituation<'_>) {
        match host_part(situation) {
            HostPart::Leave(warning) => self.warnings.push(warning),
            HostPart::CleanUp => self.steps.extend(ending()),
            HostPart::Reset => {
                self.steps.push(Step::Reset);
                self.steps.extend(ending());
            }
        }
    }
}

fn ending() -> [Step; 3] {
    [Step::CleanUp, Step::RemovePackages, Step::Disclaim]
}

fn host_part(situation: LeaveSituation<'_>) -> HostPart {
    let host = match situation.host {
        Ok(host) => host,
        Err(reason) => return HostPart::Leave(warnings::host_silent(situation, reason)),
    };
    if situation.machine_id.is_some() && host.machine_id.as_deref() != situation.machine_id {
        return HostPart::Leave(warnings::other_machine(situation.host_name));
    }
    let known = situation.api.ca_hash();
    match host.ownership(situation.cluster_id, known) {
        Ownership::Foreign(found) => {
            HostPart::Leave(warnings::foreign(situation.host_name, &found))
        }
        Ownership::Ours => HostPart::Reset,
        Ownership::Clean
            if host
                .claim
                .as_ref()
                .is_some_and(|claim| claim.cluster_id == situation.cluster_id) =>
        {
            HostPart::CleanUp
        }
        Ownership::Clean => HostPart::Leave(warnings::clean(situation.host_name)),
    }
}
