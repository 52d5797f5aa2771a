//! The resource `kubeadm_cluster`: its attributes.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tfplugin::attribute::{computed, required};
use tfplugin::{Set, Tf, Timeouts};

use crate::model::{
    ApiServer, ClusterObject, Component, Dns, Endpoint, Etcd, Networking, NodeObject, Packages,
    Proxy,
};

/// The intent that all members of one cluster share: version, endpoint, networking, component
/// arguments, kubelet and kube-proxy configuration, package source.
///
/// It checks what can be checked before any host is asked, and hands the whole to members and
/// workers. Once the cluster has a member, it keeps what all of them share in the cluster's API:
/// kubeadm's own document, which joins go by, and the configuration of kubelets and of kube-proxy. Names
/// are those of `kubeadm.k8s.io/v1beta4`, in `snake_case`.
///
/// Settings of a running cluster may change: arguments, volumes and environment of the components,
/// images, kubelets' and kube-proxy's configuration. The apply writes them here first, then renders each
/// member's static pods anew, one member after the other and each healthy before the next; only what
/// changed is restarted. A component that does not run with its new settings gets its former ones
/// back, and the apply ends there.
///
/// With `etcd.external` API servers keep everything in an etcd on servers of its own, which somebody
/// else runs. The files that it needs must be on the hosts that are there when the cluster begins;
/// to later members they come with the join, and go with the membership.
/// `destroy` leaves that etcd alone: what the cluster kept there stays, and a new cluster on the same
/// etcd is refused until it is empty.
///
/// The name, the endpoint's host, the networking and the kind of etcd cannot change while the cluster
/// has members: certificates, kubeconfigs, running pods and all objects rest on them. Upgrades come
/// with a later release.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq, Default)]
pub(crate) struct ClusterModel {
    /// Name of the cluster, as kubeconfigs show it.
    #[schemars(extend("x-tf" = required()))]
    pub(crate) name: Tf<String>,
    /// Version of Kubernetes, such as `1.35.4`; 1.31 is the oldest.
    #[schemars(extend("x-tf" = required()))]
    pub(crate) kubernetes_version: Tf<String>,
    /// Where the API is reached.
    #[schemars(extend("x-tf" = required()))]
    pub(crate) endpoint: Tf<Endpoint>,
    /// Address ranges and DNS domain.
    #[schemars(extend("x-tf" = required()))]
    pub(crate) networking: Tf<Networking>,
    /// The hosts of the control plane, as `[kubeadm_node.cp1]` or `values(kubeadm_node.cp)`.
    #[schemars(extend("x-tf" = required()))]
    pub(crate) control_plane_nodes: Tf<Vec<NodeObject>>,
    /// etcd.
    pub(crate) etcd: Tf<Etcd>,
    /// kube-apiserver.
    pub(crate) api_server: Tf<ApiServer>,
    /// kube-controller-manager.
    pub(crate) controller_manager: Tf<Component>,
    /// kube-scheduler.
    pub(crate) scheduler: Tf<Component>,
    /// The cluster's DNS server, `CoreDNS`.
    pub(crate) dns: Tf<Dns>,
    /// kube-proxy.
    pub(crate) proxy: Tf<Proxy>,
    /// Directory of certificates on control plane hosts. Default `/etc/kubernetes/pki`.
    pub(crate) certificates_dir: Tf<String>,
    /// Registry and path of the control plane images. Default `registry.k8s.io`.
    pub(crate) image_repository: Tf<String>,
    /// Feature gates of kubeadm itself; those of components are arguments.
    pub(crate) feature_gates: Tf<BTreeMap<String, Tf<bool>>>,
    /// Algorithm of the keys that kubeadm makes: `RSA-2048` (default), `RSA-3072`, `RSA-4096`,
    /// `ECDSA-P256` or, since Kubernetes 1.34, `ECDSA-P384`.
    pub(crate) encryption_algorithm: Tf<String>,
    /// Life of certificates other than CAs, such as `8760h` (default).
    pub(crate) certificate_validity_period: Tf<String>,
    /// Life of CA certificates, such as `87600h` (default).
    pub(crate) ca_certificate_validity_period: Tf<String>,
    /// How long before their end kubeadm's certificates on control plane hosts are renewed, such as
    /// `720h`: the plan names them, and the apply renews them and restarts who read them, one member
    /// after the other. Left out, nobody renews them here. Not renewed are the CAs, and the kubelets'
    /// certificates, which these renew themselves.
    pub(crate) renew_before: Tf<String>,
    /// Settings of all kubelets, as YAML or JSON of a `KubeletConfiguration`, merged over the
    /// provider's (`cgroupDriver: systemd`). Write it with `yamlencode` or `jsonencode`.
    pub(crate) kubelet_configuration: Tf<String>,
    /// Settings of kube-proxy, as YAML or JSON of a `KubeProxyConfiguration`.
    pub(crate) kube_proxy_configuration: Tf<String>,
    /// Patches that kubeadm lays over what it renders, by the names of their files,
    /// `TARGET[SUFFIX][+strategic|merge|json].(yaml|json)`, such as `kube-apiserver0+merge.yaml`. Targets
    /// are `kube-apiserver`, `kube-controller-manager`, `kube-scheduler`, `etcd`,
    /// `kubeletconfiguration` and, since Kubernetes 1.32, `corednsdeployment`. Write the texts with
    /// `yamlencode` or `jsonencode`.
    pub(crate) patches: Tf<BTreeMap<String, Tf<String>>>,
    /// Where kubeadm, kubelet and kubectl come from.
    pub(crate) packages: Tf<Packages>,
    /// Preflight checks of kubeadm, by name, that only warn on every host.
    pub(crate) ignore_preflight_errors: Tf<Set<Tf<String>>>,
    /// Identity of the cluster, made from its name and its endpoint's host at creation: marks its
    /// hosts as its own.
    #[schemars(extend("x-tf" = computed().stable()))]
    pub(crate) id: Tf<String>,
    /// How long the operations may take. Defaults: read `1m`, update `15m`.
    pub(crate) timeouts: Tf<Timeouts>,
    /// What all members share in the cluster's API, by the `ConfigMap` of `kube-system` that holds it,
    /// `kubeadm-config`, `kubelet-config` and `kube-proxy`, and the path of the setting: those that
    /// the configuration gives. Null while the cluster has no member. A difference is shown in the plan
    /// and repaired by apply.
    #[schemars(extend("x-tf" = computed()))]
    pub(crate) shared_objects: SharedObjects,
    /// Nodes on which kube-proxy runs and has not read its configuration since that changed last. Null
    /// while the cluster has no member. The apply restarts it there.
    #[schemars(extend("x-tf" = computed()))]
    pub(crate) kube_proxy_outdated: Tf<Set<Tf<String>>>,
    /// Secrets of `kube-system` with credentials that joins left and nobody needs any more: bootstrap
    /// tokens that the provider made, and `kubeadm-certs`, the uploaded certificates. Null while the
    /// cluster has no member. The apply deletes them.
    #[schemars(extend("x-tf" = computed()))]
    pub(crate) bootstrap_leftovers: Tf<Set<Tf<String>>>,
}

/// What members share, once there is any.
pub(crate) type SharedObjects = Tf<Documents>;

/// Documents of the API by the names of their objects, each by the paths of its settings.
pub(crate) type Documents = BTreeMap<String, Tf<BTreeMap<String, Tf<String>>>>;

impl ClusterModel {
    /// The resource of a cluster that was found.
    pub(super) fn of(cluster: ClusterObject) -> Self {
        Self {
            name: cluster.name,
            kubernetes_version: cluster.kubernetes_version,
            endpoint: cluster.endpoint,
            networking: cluster.networking,
            control_plane_nodes: cluster.control_plane_nodes,
            etcd: cluster.etcd,
            api_server: cluster.api_server,
            controller_manager: cluster.controller_manager,
            scheduler: cluster.scheduler,
            dns: cluster.dns,
            proxy: cluster.proxy,
            certificates_dir: cluster.certificates_dir,
            image_repository: cluster.image_repository,
            feature_gates: cluster.feature_gates,
            encryption_algorithm: cluster.encryption_algorithm,
            certificate_validity_period: cluster.certificate_validity_period,
            ca_certificate_validity_period: cluster.ca_certificate_validity_period,
            renew_before: cluster.renew_before,
            kubelet_configuration: cluster.kubelet_configuration,
            kube_proxy_configuration: cluster.kube_proxy_configuration,
            patches: cluster.patches,
            packages: cluster.packages,
            ignore_preflight_errors: cluster.ignore_preflight_errors,
            id: cluster.id,
            timeouts: Tf::Null,
            shared_objects: Tf::Null,
            kube_proxy_outdated: Tf::Null,
            bootstrap_leftovers: Tf::Null,
        }
    }

    /// The cluster as members and workers see it.
    pub(super) fn object(&self) -> ClusterObject {
        let it = self.clone();
        ClusterObject {
            id: it.id,
            name: it.name,
            kubernetes_version: it.kubernetes_version,
            endpoint: it.endpoint,
            networking: it.networking,
            control_plane_nodes: it.control_plane_nodes,
            etcd: it.etcd,
            api_server: it.api_server,
            controller_manager: it.controller_manager,
            scheduler: it.scheduler,
            dns: it.dns,
            proxy: it.proxy,
            certificates_dir: it.certificates_dir,
            image_repository: it.image_repository,
            feature_gates: it.feature_gates,
            encryption_algorithm: it.encryption_algorithm,
            certificate_validity_period: it.certificate_validity_period,
            ca_certificate_validity_period: it.ca_certificate_validity_period,
            renew_before: it.renew_before,
            kubelet_configuration: it.kubelet_configuration,
            kube_proxy_configuration: it.kube_proxy_configuration,
            patches: it.patches,
            packages: it.packages,
            ignore_preflight_errors: it.ignore_preflight_errors,
        }
    }
}
