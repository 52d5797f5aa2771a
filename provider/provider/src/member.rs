//! The resource `kubeadm_control_plane_member`: its attributes, and what only it has.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Duration;

use cluster::Finding;
use cluster::checks::{MemberDraft, check_member, cluster_intent, member_intent};
use cluster::intent::MembershipIntent;
use cluster::membership::Role;
use cluster::static_pod::Component;
use operate::membership::MembershipFound;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tfplugin::attribute::{computed, required};
use tfplugin::{Diagnostic, Diagnostics, Path, Set, Tf, Timeouts};

use crate::adoption::Found;
use crate::clients::{Clients, Ports};
use crate::explain::diagnostics;
use crate::membership::{
    ControlPlaneParts, LIMITS, Membership, Parts, another_host, changed_cluster, host_attributes,
};
use crate::model::{
    ClusterObject, Drain, Kubelet, KubernetesPackages, NodeObject, RegistrationParts,
    ServedEndpoint, StaticPods, Taint, planned,
};
use crate::within::Limits;

/// One host's membership in the control plane: installs and holds kubeadm, kubelet and kubectl,
/// runs `kubeadm init` or `kubeadm join` with a full configuration and waits for what it should come
/// to.
///
/// No member is special: the first that is made begins the cluster, every other joins it, and each
/// may leave. Changes are made one member at a time, whatever the graph picks and also when two
/// applies run at once, and only while etcd keeps a majority of its voters. A member that leaves is
/// drained, hands the leadership of etcd over, and is removed from etcd through another member before
/// its host is reset; when its machine is gone, the rest is done without it.
///
/// A member that etcd goes on without, because somebody removed it or its removal was stopped
/// half-way, shows in the plan with a warning: the apply resets its host, without a drain, and joins
/// it anew.
///
/// An apply that was interrupted or failed goes on where it stopped: run it again. Destroying the
/// last member resets it, and the cluster is gone; it is refused while other nodes are attached, or
/// when the API stays silent, also after its kubelet was started, so that they may be. With
/// `drain = { policy = "skip" }` a silent API is no reason to ask.
///
/// Workers and the pod network take the whole object as an element of their `control_plane`.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq, Default)]
pub(crate) struct MemberModel {
    /// The cluster: `kubeadm_cluster.this`.
    #[schemars(extend("x-tf" = required()))]
    pub(crate) cluster: Tf<ClusterObject>,
    /// The host: `kubeadm_node.cp1`. Another machine, or another name, is another member.
    #[schemars(extend("x-tf" = required()))]
    pub(crate) node: Tf<NodeObject>,
    /// Address that the API server and etcd announce to peers; default is the node's own. Another one
    /// than the API server announces already makes another member.
    pub(crate) advertise_address: Tf<String>,
    /// Labels of the node; labels of others are left alone.
    pub(crate) labels: Tf<BTreeMap<String, Tf<String>>>,
    /// Annotations of the node; annotations of others are left alone.
    pub(crate) annotations: Tf<BTreeMap<String, Tf<String>>>,
    /// Taints of the node. Left out, kubeadm's default holds (no pods but those of the system);
    /// an empty list is none at all.
    pub(crate) taints: Tf<Vec<Taint>>,
    /// Arguments of this host's kubelet, name without dashes to values.
    pub(crate) kubelet_extra_args: Tf<BTreeMap<String, Tf<Vec<Tf<String>>>>>,
    /// How pods leave the host before it is removed. The last member takes the cluster with it, so
    /// that nothing is drained: of the policies, only `skip` means something then.
    pub(crate) drain: Tf<Drain>,
    /// How the cluster's CAs and keys come to the host when it joins: `upload-certs`, the default,
    /// through a Secret in the cluster, encrypted with a key that nobody else learns and withdrawn
    /// after the join; `ssh`, from another member straight to the host.
    pub(crate) certificate_transfer: Tf<String>,
    /// Preflight checks of kubeadm, by name, that only warn on this host.
    pub(crate) ignore_preflight_errors: Tf<Set<Tf<String>>>,
    /// How long the operations may take. Defaults: create and delete `30m`, read `1m`, update
    /// `30m`; the time that other members take in their turns counts.
    pub(crate) timeouts: Tf<Timeouts>,
    /// Name of the node.
    #[schemars(extend("x-tf" = computed().stable()))]
    pub(crate) id: Tf<String>,
    /// Hash of the cluster's CA, as `sha256:HEX`: what joining hosts check it by.
    #[schemars(extend("x-tf" = computed().stable()))]
    pub(crate) ca_hash: Tf<String>,
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
    /// Static pods of the control plane, as their manifests say, by the component's name: `etcd`,
    /// `kube-apiserver`, `kube-controller-manager`, `kube-scheduler`. What was changed by hand is shown
    /// in the plan and rendered anew by apply, which restarts the component.
    #[schemars(extend("x-tf" = computed()))]
    pub(crate) static_pods: StaticPods,
    /// DNS names and addresses that the API server's certificate on the host is for.
    #[schemars(extend("x-tf" = computed()))]
    pub(crate) certificate_names: Tf<Set<Tf<String>>>,
    /// Paths of kubeadm's certificates on the host that end within the cluster's `renew_before`. The
    /// apply renews them.
    #[schemars(extend("x-tf" = computed()))]
    pub(crate) certificates_due: Tf<Set<Tf<String>>>,
    /// Components on the host that run by certificates which an interrupted apply renewed since. The apply
    /// restarts them.
    #[schemars(extend("x-tf" = computed()))]
    pub(crate) restarts_due: Tf<Set<Tf<String>>>,
    /// What the host has of the cluster's endpoint; null where the control plane hosts do not serve it
    /// themselves. What was changed by hand is shown in the plan and put back by apply; what another kind
    /// of endpoint has left is taken away.
    #[schemars(extend("x-tf" = computed()))]
    pub(crate) endpoint: Tf<ServedEndpoint>,
}

impl MemberModel {
    /// The draft: what is known of it.
    fn draft(&self, ports: &Ports) -> MemberDraft {
        let cluster = self.cluster.known().cloned().unwrap_or_else(ClusterObject::unknown);
        MemberDraft {
            cluster: cluster.draft(ports),
            node: self.node_draft(ports),
            advertise_address: planned(&self.advertise_address),
            registration: self.registration().draft(),
            drain: Drain::draft(&self.drain),
            certificate_transfer: self.certificate_transfer.known().cloned(),
            ca_hash: self.ca_hash.known().cloned(),
        }
    }
}

impl MemberModel {
    /// Address that the API server announces: the one given, or the one found.
    fn advertised(&self) -> Tf<String> {
        if !self.advertise_address.is_null() {
            return self.advertise_address.clone();
        }
        let pods = self.static_pods.known();
        let api_server = pods.and_then(|pods| pods.get(Component::KubeApiserver.name()));
        let arguments = api_server.and_then(|pod| pod.arguments.known());
        let values = arguments.and_then(|all| all.get("advertise-address")?.known()?.last());
        values.cloned().unwrap_or(Tf::Null)
    }
}

impl Membership for MemberModel {
    const TYPE_NAME: &'static str = "kubeadm_control_plane_member";
    const ROLE: Role = Role::ControlPlane;
    /// The turns of other members count.
    const LIMITS: Limits = Limits {
        create: Duration::from_mins(30),
        update: Duration::from_mins(30),
        delete: Duration::from_mins(30),
        ..LIMITS
    };

    host_attributes!();

    fn cluster(&self) -> Tf<&ClusterObject> {
        self.cluster.as_ref()
    }

    fn cluster_id() -> Path {
        Path::of(["cluster", "id"])
    }

    fn check(&self) -> Vec<Finding> {
        check_member(&self.draft(&Ports::default()))
    }

    fn intent(&self, clients: &Clients) -> Result<MembershipIntent, Diagnostics> {
        let draft = self.draft(clients.ports());
        let id = self.cluster.known().and_then(|cluster| cluster.id.known());
        let id = id.cloned().unwrap_or_default();
        let cluster = cluster_intent(&draft.cluster, &id).map_err(|found| diagnostics(&found))?;
        let member = member_intent(&draft, cluster).map_err(|found| diagnostics(&found))?;
        Ok(member.into())
    }

    fn follow(&mut self, prior: &Self) -> Result<(), Diagnostics> {
        if another_host(&prior.node, &self.node) {
            return Ok(());
        }
        let ports = Ports::default();
        let changes = changed_cluster(&prior.draft(&ports).cluster, &self.draft(&ports).cluster);
        diagnostics(&changes).into_result().map(drop)
    }

    fn learn(&mut self, found: &MembershipFound) {
        // What was known stays: it tells whose cluster the host is to carry.
        if !self.ca_hash.is_known() {
            self.ca_hash = found.ca_hash.clone().into();
        }
    }

    fn ca_hash(&self) -> Option<&str> {
        self.ca_hash.known().map(String::as_str)
    }

    fn imported(host: NodeObject, peers: Vec<NodeObject>) -> Result<Self, Diagnostic> {
        let hosts = [vec![host.clone()], peers].concat();
        let cluster =
            ClusterObject { control_plane_nodes: Tf::Known(hosts), ..ClusterObject::default() };
        Ok(Self { cluster: Tf::Known(cluster), node: Tf::Known(host), ..Self::default() })
    }

    fn ways(&self) -> Vec<NodeObject> {
        let cluster = self.cluster.known();
        let hosts = cluster.and_then(|cluster| cluster.control_plane_nodes.known());
        hosts.cloned().unwrap_or_default()
    }

    fn adopt(&mut self, host: NodeObject, found: Found) {
        self.node = Tf::Known(host);
        self.cluster = Tf::Known(found.cluster);
        self.ca_hash = Tf::Known(found.ca_hash);
    }

    fn replaced(&self, prior: &Self) -> Vec<Path> {
        let same = self.advertise_address == prior.advertise_address
            || self.advertise_address.is_known() && self.advertise_address == prior.advertised();
        if same { Vec::new() } else { vec![Path::of(["advertise_address"])] }
    }

    fn control_plane_parts(&mut self) -> Option<ControlPlaneParts<'_>> {
        Some(ControlPlaneParts {
            static_pods: &mut self.static_pods,
            certificate_names: &mut self.certificate_names,
            certificates_due: &mut self.certificates_due,
            restarts_due: &mut self.restarts_due,
            endpoint: &mut self.endpoint,
        })
    }

    fn without_contacts(&self) -> Self {
        let mut bare = self.clone();
        if let Tf::Known(cluster) = &mut bare.cluster {
            cluster.control_plane_nodes = cluster.endpoint_hosts();
        }
        bare
    }
}
