//! The resource `kubeadm_worker`: its attributes, and what only it has.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use cluster::Finding;
use cluster::checks::{WorkerDraft, check_worker, worker_intent};
use cluster::intent::MembershipIntent;
use cluster::membership::Role;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tfplugin::attribute::{computed, required};
use tfplugin::{Diagnostic, Diagnostics, Path, Set, Tf, Timeouts};

use crate::adoption::{Found, no_way};
use crate::clients::{Clients, Ports};
use crate::explain::diagnostics;
use crate::membership::{Membership, Parts, host_attributes};
use crate::model::{
    ClusterObject, ControlPlane, Drain, Kubelet, KubernetesPackages, NodeObject, RegistrationParts,
    Taint, contacts,
};

/// One host's membership as a worker: installs and holds kubeadm, kubelet and kubectl, joins with
/// a token that lives for this apply only, and waits for the node to be Ready.
///
/// While the cluster has no pod network, the node cannot become Ready, and registration is enough.
/// Destroying drains the node, removes its object and resets the host; when the host is gone, the
/// rest is done through the control plane. When the API is silent, the kubelet of a control plane
/// host is started, in case it was only stopped; where that does not help, the host's part is done
/// and a warning tells the rest.
///
/// Take the members through the pod network, `control_plane = kubeadm_cni.this.control_plane`: then
/// the network is there before the workers and outlives them. Taken directly,
/// `values(kubeadm_control_plane_member.this)`, workers join while the network comes up, which is
/// quicker.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq, Default)]
pub(crate) struct WorkerModel {
    /// Members through which the cluster is reached: `kubeadm_cni.this.control_plane` or
    /// `values(kubeadm_control_plane_member.this)`. As long as one of the known hosts is still among
    /// them, a change of the list is no change of the worker.
    #[schemars(extend("x-tf" = required()))]
    pub(crate) control_plane: ControlPlane,
    /// The host: `kubeadm_node.w1`. Another machine, or another name, is another worker.
    #[schemars(extend("x-tf" = required()))]
    pub(crate) node: Tf<NodeObject>,
    /// Labels of the node; labels of others are left alone.
    pub(crate) labels: Tf<BTreeMap<String, Tf<String>>>,
    /// Annotations of the node; annotations of others are left alone.
    pub(crate) annotations: Tf<BTreeMap<String, Tf<String>>>,
    /// Taints of the node; taints of others are left alone.
    pub(crate) taints: Tf<Vec<Taint>>,
    /// Arguments of this host's kubelet, name without dashes to values.
    pub(crate) kubelet_extra_args: Tf<BTreeMap<String, Tf<Vec<Tf<String>>>>>,
    /// How pods leave the host before it is removed.
    pub(crate) drain: Tf<Drain>,
    /// Preflight checks of kubeadm, by name, that only warn on this host.
    pub(crate) ignore_preflight_errors: Tf<Set<Tf<String>>>,
    /// How long the operations may take. Defaults: create and delete `15m`, read `1m`, update
    /// `10m`.
    pub(crate) timeouts: Tf<Timeouts>,
    /// Name of the node.
    #[schemars(extend("x-tf" = computed().stable()))]
    pub(crate) id: Tf<String>,
    /// Whether the host bears the provider's mark. One that somebody else put into the cluster, and that
    /// was imported, does not: the apply marks it, tells its kubelet the address that it announces
    /// anyway, which restarts the kubelet, and changes nothing else.
    #[schemars(extend("x-tf" = computed()))]
    pub(crate) marked: Tf<bool>,
    /// UID of the node object.
    #[schemars(extend("x-tf" = computed().stable()))]
    pub(crate) node_uid: Tf<String>,
    /// Version that the kubelet reports.
    #[schemars(extend("x-tf" = computed().stable()))]
    pub(crate) kubelet_version: Tf<String>,
    /// Packages of Kubernetes on the host.
    #[schemars(extend("x-tf" = computed()))]
    pub(crate) packages: Tf<KubernetesPackages>,
    /// The kubelet on the host.
    #[schemars(extend("x-tf" = computed()))]
    pub(crate) kubelet: Tf<Kubelet>,
}

impl WorkerModel {
    /// The draft: what is known of it.
    fn draft(&self, ports: &Ports) -> WorkerDraft {
        let (cluster, control_plane) = contacts::drafts(&self.control_plane, ports);
        WorkerDraft {
            cluster,
            control_plane,
            node: self.node_draft(ports),
            registration: self.registration().draft(),
            drain: Drain::draft(&self.drain),
        }
    }
}

impl Membership for WorkerModel {
    const TYPE_NAME: &'static str = "kubeadm_worker";
    const ROLE: Role = Role::Worker;

    host_attributes!();

    /// As the first way in tells of it.
    fn cluster(&self) -> Tf<&ClusterObject> {
        match &self.control_plane {
            Tf::Known(members) => {
                members.first().map_or(Tf::Null, |member| member.cluster.as_ref())
            }
            Tf::Null => Tf::Null,
            Tf::Unknown => Tf::Unknown,
        }
    }

    fn cluster_id() -> Path {
        Path::of(["control_plane", "0", "cluster", "id"])
    }

    fn check(&self) -> Vec<Finding> {
        let mut findings = check_worker(&self.draft(&Ports::default()));
        findings.extend(contacts::check(&self.control_plane));
        findings
    }

    fn intent(&self, clients: &Clients) -> Result<MembershipIntent, Diagnostics> {
        let ports = clients.ports();
        let intents = contacts::intents(&self.control_plane, ports);
        let (cluster, _) = intents.map_err(|found| diagnostics(&found))?;
        let worker = worker_intent(&self.draft(ports), cluster);
        Ok(worker.map_err(|found| diagnostics(&found))?.into())
    }

    fn imported(host: NodeObject, control_plane: Vec<NodeObject>) -> Result<Self, Diagnostic> {
        if control_plane.is_empty() {
            return Err(no_way(
                "The worker's own host comes first in the id, and hosts of its control plane after \
                 it, such as \"w1@192.0.2.21,cp1@192.0.2.11\".",
            ));
        }
        let control_plane = contacts::through(control_plane, &Tf::Null);
        Ok(Self { control_plane, node: Tf::Known(host), ..Self::default() })
    }

    fn ways(&self) -> Vec<NodeObject> {
        contacts::hosts(&self.control_plane)
    }

    fn adopt(&mut self, host: NodeObject, found: Found) {
        self.node = Tf::Known(host);
        self.control_plane = contacts::through(found.hosts, &Tf::Known(found.cluster));
    }

    fn without_contacts(&self) -> Self {
        let mut bare = self.clone();
        contacts::forget_ways(&mut bare.control_plane);
        bare
    }

    fn follow(&mut self, prior: &Self) -> Result<(), Diagnostics> {
        contacts::keep_members(&mut self.control_plane, Some(&prior.control_plane));
        Ok(())
    }
}
