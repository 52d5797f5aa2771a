//! The resource `kubeadm_control_plane_member`: its attributes.

use std::collections::BTreeMap;

use cluster::checks::{MemberDraft, NodeDraft};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tfplugin::attribute::{computed, optional, required};
use tfplugin::{Set, Tf, Timeouts};

use crate::clients::Ports;
use crate::membership::Parts;
use crate::model::{
    ClusterObject, Drain, Kubelet, KubernetesPackages, NodeObject, RegistrationParts, Taint,
    planned,
};

/// One host's membership in the control plane: installs and holds kubeadm, kubelet and kubectl,
/// runs `kubeadm init` with a full configuration and waits for what it should come to.
///
/// An apply that was interrupted or failed goes on where it stopped: run it again. Destroying the
/// last member resets it, and the cluster is gone. This release supports one member.
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
    /// Address that the API server and etcd announce to peers; default is the node's own.
    #[schemars(extend("x-tf" = optional().replace()))]
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
    /// Hash of the cluster's CA, as `sha256:HEX`: what joining hosts check it by.
    #[schemars(extend("x-tf" = computed().stable()))]
    pub(crate) ca_hash: Tf<String>,
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

impl MemberModel {
    /// The draft: what is known of it.
    pub(super) fn draft(&self, ports: &Ports) -> MemberDraft {
        let cluster = self.cluster.known().cloned().unwrap_or_else(ClusterObject::unknown);
        MemberDraft {
            cluster: cluster.draft(ports),
            node: self.node_draft(ports),
            advertise_address: planned(&self.advertise_address),
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
