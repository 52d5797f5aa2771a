//! Plans how a host leaves the cluster: what is done through the API, and what on the host.

mod warnings;

use super::api::{Api, ApiState, Readiness};
use super::refusal::Refusal;
use super::state::{HostState, Ownership, Role};
use super::step::Step;
use crate::finding::Finding;
use crate::intent::DrainMode;

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
    /// The cluster, as seen through its control plane hosts.
    pub api: &'a Api,
    /// How pods leave.
    pub drain: DrainMode,
}

impl LeaveSituation<'_> {
    /// The machine whose node is to go: the one that joined, or else the one that answers.
    fn expected_machine(&self) -> Option<&str> {
        self.machine_id.or(self.host.ok().and_then(|host| host.machine_id.as_deref()))
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

/// The steps that take the host out of the cluster.
///
/// A silent host leaves the API's part, a silent API the host's part, each with a warning. Another
/// machine at the host's address, or another cluster on it, is left alone.
///
/// # Errors
/// A refusal when the control plane is to go while other nodes are still there, or may be.
pub fn plan(situation: LeaveSituation<'_>) -> Result<Departure, Refusal> {
    let mut departure = Departure::default();
    match situation.role {
        Role::Worker => departure.take_from_api(situation),
        Role::ControlPlane => nobody_else(situation)?,
    }
    departure.take_from_host(situation);
    departure.stop_before_delete();
    Ok(departure)
}

/// The last member takes the whole cluster with it: other nodes would be left without one.
fn nobody_else(situation: LeaveSituation<'_>) -> Result<(), Refusal> {
    match situation.api {
        Api::Answering(state) if state.other_nodes.is_empty() => Ok(()),
        Api::Answering(state) => Err(not_alone(situation.host_name, &state.other_nodes)),
        Api::Silent(reason) if situation.hides_cluster() => {
            Err(unseen(situation.host_name, reason))
        }
        Api::Silent(_) => Ok(()),
    }
}

fn not_alone(host: &str, others: &[String]) -> Refusal {
    Refusal::new(
        "PF-LAST-MEMBER",
        format!(
            "{host} is the only control plane member, and the cluster still has other nodes: {}",
            others.join(", ")
        ),
        "remove those nodes first: destroy their kubeadm_worker, or `kubectl delete node` those that joined by hand",
    )
}

fn unseen(host: &str, reason: &str) -> Refusal {
    Refusal::new(
        "PF-API-SILENT",
        format!(
            "{host} is a control plane member with the cluster's data, and whether other nodes are still there is not known: {reason}"
        ),
        "nothing was removed; bring the API server back (`journalctl -u kubelet` and the logs below /var/log/pods on the host tell what it lacks), then destroy again. If the cluster may go with all that is still attached to it, run `kubeadm reset` on the host yourself and destroy again, which then removes the rest; a member whose drain.policy was set to \"skip\" before is reset without this question",
    )
}

impl Departure {
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

    /// Pods of a silent kubelet cannot end by eviction; the cluster collects them with the node.
    fn take_node(&mut self, situation: LeaveSituation<'_>, state: &ApiState) {
        let Some(node) = &state.node else { return };
        let machine_id = situation.expected_machine();
        if machine_id.is_some() && !node.is_machine(machine_id) {
            self.warnings.push(warnings::other_node(situation.host_name, &node.machine_id));
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
