use super::{
    ApiServer, Component, Endpoint, EtcdIntent, Networking, NodeReference, PackageSource, Patches,
    Registration,
};
use crate::version::KubernetesVersion;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// The intent that all members of one cluster share.
///
/// It is handed whole to every member and worker; nothing of it is kept twice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClusterIntent {
    /// Identity made once, at creation: marks hosts and the cluster as ours.
    pub id: String,
    /// Name of the cluster: `clusterName` of kubeadm and the cluster's name in kubeconfigs.
    pub name: String,
    /// Version of the control plane, and of kubelets unless an upgrade is under way.
    pub kubernetes_version: KubernetesVersion,
    /// Where the API is reached by everything that is not on the same host.
    pub endpoint: Endpoint,
    /// Address ranges and the cluster's DNS domain.
    pub networking: Networking,
    /// Where the cluster keeps its objects.
    pub etcd: EtcdIntent,
    /// Settings of kube-apiserver.
    pub api_server: ApiServer,
    /// Settings of kube-controller-manager.
    pub controller_manager: Component,
    /// Settings of kube-scheduler.
    pub scheduler: Component,
    /// The cluster's DNS server.
    pub dns: Dns,
    /// Whether kubeadm installs kube-proxy.
    pub proxy: Addon,
    /// Directory of certificates on control plane hosts; kubeadm's default `/etc/kubernetes/pki`.
    pub certificates_dir: Option<String>,
    /// Registry and path of the control plane images; kubeadm's default `registry.k8s.io`.
    pub image_repository: Option<String>,
    /// kubeadm's own feature gates; those of components are arguments.
    pub feature_gates: BTreeMap<String, bool>,
    /// Algorithm of the keys kubeadm makes; kubeadm's default is RSA-2048.
    pub encryption_algorithm: Option<EncryptionAlgorithm>,
    /// Life of certificates other than CAs, as a duration such as `8760h` (kubeadm's default).
    pub certificate_validity_period: Option<String>,
    /// Life of CA certificates, as a duration such as `87600h` (kubeadm's default).
    pub ca_certificate_validity_period: Option<String>,
    /// How long before their end kubeadm's certificates are renewed; never, when it is not given.
    pub renew_before: Option<Duration>,
    /// The user's part of `KubeletConfiguration`, merged over our defaults.
    pub kubelet_configuration: Map<String, Value>,
    /// The user's part of `KubeProxyConfiguration`, merged over our defaults.
    pub kube_proxy_configuration: Map<String, Value>,
    /// What kubeadm lays over what it renders.
    #[serde(default)]
    pub patches: Patches,
    /// Where kubeadm, kubelet and kubectl come from.
    pub packages: PackageSource,
    /// kubeadm preflight checks to turn into warnings on every host, by their names.
    pub ignore_preflight_errors: BTreeSet<String>,
    /// Hosts that are or become control plane members: the ways into the cluster.
    pub control_plane_nodes: Vec<NodeReference>,
}

impl ClusterIntent {
    /// Directory of the cluster's certificates on control plane hosts: the one given, or kubeadm's
    /// default.
    #[must_use]
    pub fn certificates_directory(&self) -> &str {
        self.certificates_dir.as_deref().unwrap_or("/etc/kubernetes/pki")
    }

    /// Image that kubeadm has pods held by (`PauseVersion` of kubeadm 1.31 to 1.35); none for versions of
    /// which it is not known.
    #[must_use]
    pub fn pause_image(&self) -> Option<String> {
        let version = &self.kubernetes_version;
        let tag = if version.is_at_least_minor(34) { "3.10.1" } else { "3.10" };
        let repository = self.image_repository.as_deref().unwrap_or("registry.k8s.io");
        (!version.is_at_least_minor(36)).then(|| format!("{repository}/pause:{tag}"))
    }

    /// Preflight checks to turn into warnings on a host: the cluster's and the host's own.
    #[must_use]
    pub fn ignored_preflight_errors<'a>(&'a self, host: &'a Registration) -> BTreeSet<&'a str> {
        let all = self.ignore_preflight_errors.iter().chain(&host.ignore_preflight_errors);
        all.map(String::as_str).collect()
    }
}

/// Whether kubeadm installs an addon.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Addon {
    /// Installed and upgraded by kubeadm.
    #[default]
    Enabled,
    /// Left to somebody else, for good: also upgrades do not bring it back.
    Disabled,
}

/// The cluster's DNS server, `CoreDNS`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dns {
    /// Registry and path of `CoreDNS`'s image; default is the cluster's.
    pub image_repository: Option<String>,
    /// Tag of `CoreDNS`'s image; default is the one kubeadm knows.
    pub image_tag: Option<String>,
    /// Whether kubeadm installs it.
    pub addon: Addon,
}

/// Algorithm of the keys that kubeadm makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EncryptionAlgorithm {
    /// RSA with 2048 bits, kubeadm's default.
    #[serde(rename = "RSA-2048")]
    Rsa2048,
    /// RSA with 3072 bits.
    #[serde(rename = "RSA-3072")]
    Rsa3072,
    /// RSA with 4096 bits.
    #[serde(rename = "RSA-4096")]
    Rsa4096,
    /// ECDSA on the curve P-256.
    #[serde(rename = "ECDSA-P256")]
    EcdsaP256,
    /// ECDSA on the curve P-384; since Kubernetes 1.34.
    #[serde(rename = "ECDSA-P384")]
    EcdsaP384,
}
