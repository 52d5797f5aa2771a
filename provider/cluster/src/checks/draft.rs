use super::Planned;
use crate::intent::{Addon, ApiServer, Component, Dns, ExtraArguments, LocalEtcd, PackageSource};
use std::collections::{BTreeMap, BTreeSet};

/// A cluster as the user wrote it, parts of it perhaps unknown.
///
/// Fields that are not [`Planned`] hold what is known: unknown elements and values are left out
/// of them, since nothing about them is required. That is exact at apply, when nothing is unknown.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClusterDraft {
    /// See [`crate::intent::ClusterIntent::name`].
    pub name: Planned<String>,
    /// As written: `1.35.4`.
    pub kubernetes_version: Planned<String>,
    /// Where the API is reached.
    pub endpoint: EndpointDraft,
    /// Address ranges.
    pub networking: NetworkingDraft,
    /// Control plane hosts; elements may have unknown parts.
    pub control_plane_nodes: Planned<Vec<NodeDraft>>,
    /// Where the cluster keeps its objects.
    pub etcd: EtcdDraft,
    /// kube-apiserver's settings.
    pub api_server: ApiServer,
    /// kube-controller-manager's settings.
    pub controller_manager: Component,
    /// kube-scheduler's settings.
    pub scheduler: Component,
    /// `CoreDNS`' settings.
    pub dns: Dns,
    /// Whether kubeadm installs kube-proxy.
    pub proxy: Addon,
    /// Directory of certificates.
    pub certificates_dir: Option<String>,
    /// Registry and path of images.
    pub image_repository: Option<String>,
    /// kubeadm's feature gates.
    pub feature_gates: BTreeMap<String, bool>,
    /// Patches of what kubeadm renders, by the names of their files.
    pub patches: BTreeMap<String, String>,
    /// As written: `RSA-2048`.
    pub encryption_algorithm: Option<String>,
    /// As written: `8760h`.
    pub certificate_validity_period: Option<String>,
    /// As written: `87600h`.
    pub ca_certificate_validity_period: Option<String>,
    /// As written: `720h`.
    pub renew_before: Option<String>,
    /// YAML or JSON of the user's part of `KubeletConfiguration`.
    pub kubelet_configuration: Option<String>,
    /// YAML or JSON of the user's part of `KubeProxyConfiguration`.
    pub kube_proxy_configuration: Option<String>,
    /// Where packages come from.
    pub packages: PackageSource,
    /// kubeadm's preflight checks to ignore.
    pub ignore_preflight_errors: BTreeSet<String>,
}

/// The endpoint as the user wrote it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EndpointDraft {
    /// Name or address.
    pub host: Planned<String>,
    /// TCP port; the kind's default when left out.
    pub port: Planned<i64>,
    /// Who makes it reach the members.
    pub kind: EndpointKindDraft,
}

/// Who makes the endpoint reach the members, as the user wrote it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum EndpointKindDraft {
    /// Not known yet.
    Unknown,
    /// Nobody: it is the address of a control plane host itself, or a name of it.
    #[default]
    OwnAddress,
    /// A load balancer, virtual address or DNS record that is managed elsewhere.
    External,
    /// keepalived and haproxy on the control plane hosts.
    Keepalived(KeepalivedDraft),
    /// kube-vip on the control plane hosts.
    KubeVip(KubeVipDraft),
    /// A route in the tailnet of the control plane hosts.
    Tailscale(TailscaleDraft),
    /// More than one kind was given, by these attributes.
    Several(Vec<&'static str>),
}

/// An address that moves among the control plane hosts, as the user wrote it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VirtualAddressDraft {
    /// The virtual address; the endpoint's host when left out.
    pub address: Planned<String>,
    /// Interface that carries it.
    pub interface: Planned<String>,
}

/// A virtual address that kube-vip holds, as the user wrote it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KubeVipDraft {
    /// The address.
    pub place: VirtualAddressDraft,
    /// kube-vip's image with its tag.
    pub image: Planned<String>,
}

/// An address that is a route in a tailnet, as the user wrote it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TailscaleDraft {
    /// The address; it goes to no interface but the loopback.
    pub place: VirtualAddressDraft,
    /// Whether a host whose API server is not ready leaves the route to others.
    pub health_gate: Planned<bool>,
}

/// A virtual address with load balancers behind it, as the user wrote it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeepalivedDraft {
    /// The address.
    pub place: VirtualAddressDraft,
    /// VRRP's virtual router id.
    pub router_id: Planned<i64>,
    /// Whether a host whose API server is not ready leaves the address to others.
    pub health_gate: Planned<bool>,
}

/// Address ranges as the user wrote them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NetworkingDraft {
    /// Range of pods.
    pub pod_subnet: Planned<String>,
    /// Range of services; `10.96.0.0/12` when left out.
    pub service_subnet: Planned<String>,
    /// DNS domain; `cluster.local` when left out.
    pub dns_domain: Planned<String>,
    /// Prefix length of a node's part of the pods' range.
    pub node_mask: Planned<i64>,
}

/// Where the cluster keeps its objects, as the user wrote it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EtcdDraft {
    /// Settings of the etcd beside each API server, when any are given.
    pub local: Option<LocalEtcd>,
    /// An etcd on servers of its own.
    pub external: Planned<ExternalEtcdDraft>,
}

/// An etcd on servers of its own as the user wrote it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExternalEtcdDraft {
    /// Its servers, each as written: `https://10.0.0.5:2379`.
    pub endpoints: Planned<Vec<Planned<String>>>,
    /// The CA of the servers' certificates.
    pub ca_file: Planned<String>,
    /// The API servers' client certificate.
    pub cert_file: Planned<String>,
    /// Its key.
    pub key_file: Planned<String>,
}

impl ExternalEtcdDraft {
    /// The files by the attributes that name them.
    pub(super) fn files(&self) -> [(&'static str, &Planned<String>); 3] {
        [("ca_file", &self.ca_file), ("cert_file", &self.cert_file), ("key_file", &self.key_file)]
    }
}

/// A reference to a host as the user wrote it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeDraft {
    /// Name of the node.
    pub name: Planned<String>,
    /// Name or address SSH connects to.
    pub address: Planned<String>,
    /// TCP port of SSH; 22 when left out.
    pub port: Planned<i64>,
    /// Address the kubelet announces.
    pub node_ip: Planned<String>,
    /// Name of the SSH profile.
    pub ssh_profile: Option<String>,
    /// Pinned host key.
    pub host_key: Option<String>,
    /// Content of `/etc/machine-id`.
    pub machine_id: Option<String>,
}

/// How a host presents itself as a node, as the user wrote it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RegistrationDraft {
    /// Labels whose value is known.
    pub labels: BTreeMap<String, String>,
    /// Annotations whose value is known.
    pub annotations: BTreeMap<String, String>,
    /// Taints; left out is kubeadm's default.
    pub taints: Planned<Vec<TaintDraft>>,
    /// The kubelet's arguments.
    pub kubelet_extra_args: ExtraArguments,
    /// kubeadm's preflight checks to ignore.
    pub ignore_preflight_errors: BTreeSet<String>,
}

/// A taint as the user wrote it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaintDraft {
    /// Key.
    pub key: Planned<String>,
    /// Value.
    pub value: Planned<String>,
    /// `NoSchedule`, `PreferNoSchedule` or `NoExecute`.
    pub effect: Planned<String>,
}

/// How pods leave, as the user wrote it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DrainDraft {
    /// As written: `5m`.
    pub timeout: Option<String>,
    /// `evict`, `force` or `skip`.
    pub policy: Option<String>,
}

/// A control plane member as the user wrote it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MemberDraft {
    /// The cluster.
    pub cluster: ClusterDraft,
    /// The host.
    pub node: NodeDraft,
    /// Address announced to peers.
    pub advertise_address: Planned<String>,
    /// Labels, taints, kubelet arguments.
    pub registration: RegistrationDraft,
    /// How pods leave.
    pub drain: DrainDraft,
    /// `upload-certs` or `ssh`.
    pub certificate_transfer: Option<String>,
    /// Hash of the cluster's CA, where the state has it.
    pub ca_hash: Option<String>,
}

/// A worker as the user wrote it. Its cluster is checked where it is declared.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WorkerDraft {
    /// The cluster, as the members carry it.
    pub cluster: ClusterDraft,
    /// Hosts through which the cluster is reached.
    pub control_plane: Planned<Vec<NodeDraft>>,
    /// The host.
    pub node: NodeDraft,
    /// Labels, taints, kubelet arguments.
    pub registration: RegistrationDraft,
    /// How pods leave.
    pub drain: DrainDraft,
}
