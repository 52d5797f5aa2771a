//! The resource `kubeadm_worker`: its attributes.

use std::collections::BTreeMap;

use cluster::checks::{NodeDraft, WorkerDraft};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tfplugin::attribute::{computed, required};
use tfplugin::{Set, Tf, Timeouts};

use crate::clients::Ports;
use crate::membership::Parts;
use crate::model::{
    ControlPlane, Drain, Kubelet, KubernetesPackages, NodeObject, RegistrationParts, Taint,
    contacts,
};

/// One host's membership as a worker: installs and holds kubeadm, kubelet and kubectl, joins with
/// a token that lives for this apply only, and waits for the node to be Ready.
///
/// While the cluster has no pod network, the node cannot become Ready, and registration is enough.
/// Destroying drains the node, removes its object and resets the host; when the host is gone, the
/// rest is done through the control plane.
///
/// Take the members through the pod network, `control_plane = kubeadm_cni.this.control_plane`: then
/// the network is there before the workers and outlives them.
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
    /// UID of the node object.
    #[schemars(extend("x-tf" = computed().stable()))]
    pub(crate) node_uid: Tf<String>,
    /// Version that the kubelet reports.
    #[schemars(extend("x-tf" = computed().stable()))]
    pub(crate) kubelet_version: Tf<String>,
    /// Packages of Kubernetes on the host.
    #[schemars(extend("x-tf" = computed()))]
    pub(crate) packages: Tf<KubernetesPackages>,
    /// The kubelet's unit on the host.
    #[schemars(extend("x-tf" = computed()))]
    pub(crate) kubelet: Tf<Kubelet>,
}

impl WorkerModel {
    /// The draft: what is known of it.
    pub(super) fn draft(&self, ports: &Ports) -> WorkerDraft {
        let (cluster, control_plane) = contacts::drafts(&self.control_plane, ports);
        WorkerDraft {
            cluster,
            control_plane,
            node: self.node_draft(ports),
            registration: self.registration().draft(),
            drain: Drain::draft(&self.drain),
        }
    }

    fn node_draft(&self, ports: &Ports) -> NodeDraft {
        self.node.known().cloned().unwrap_or_else(NodeObject::unknown).draft(ports)
    }

    fn registration(&self) -> RegistrationParts<'_> {
        RegistrationParts {
            labels: &self.labels,
            annotations: &self.annotations,
            taints: &self.taints,
            kubelet_extra_args: &self.kubelet_extra_args,
            ignore_preflight_errors: &self.ignore_preflight_errors,
        }
    }

    /// The parts that are found.
    pub(super) fn parts(&mut self) -> Parts<'_> {
        Parts {
            labels: &mut self.labels,
            annotations: &mut self.annotations,
            taints: &mut self.taints,
            kubelet_extra_args: &mut self.kubelet_extra_args,
            node_uid: &mut self.node_uid,
            kubelet_version: &mut self.kubelet_version,
            packages: &mut self.packages,
            kubelet: &mut self.kubelet,
        }
    }
}
