//! A cluster as members and workers refer to it, and the parts of its intent.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tfplugin::attribute::required;
use tfplugin::{Set, Tf};

use super::{ApiServer, Component, NodeObject, whole};

/// A cluster: pass the whole `kubeadm_cluster` object.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq, Default)]
pub(crate) struct ClusterObject {
    /// Identity of the cluster.
    #[schemars(extend("x-tf" = required()))]
    pub(crate) id: Tf<String>,
    /// Name of the cluster.
    #[schemars(extend("x-tf" = required()))]
    pub(crate) name: Tf<String>,
    /// Version of Kubernetes.
    #[schemars(extend("x-tf" = required()))]
    pub(crate) kubernetes_version: Tf<String>,
    /// Where the API is reached.
    #[schemars(extend("x-tf" = required()))]
    pub(crate) endpoint: Tf<Endpoint>,
    /// Address ranges and DNS domain.
    #[schemars(extend("x-tf" = required()))]
    pub(crate) networking: Tf<Networking>,
    /// The hosts of the control plane: the ways into the cluster.
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
    /// `CoreDNS`.
    pub(crate) dns: Tf<Dns>,
    /// kube-proxy.
    pub(crate) proxy: Tf<Proxy>,
    /// Directory of certificates on control plane hosts.
    pub(crate) certificates_dir: Tf<String>,
    /// Registry and path of the control plane images.
    pub(crate) image_repository: Tf<String>,
    /// kubeadm's feature gates.
    pub(crate) feature_gates: Tf<BTreeMap<String, Tf<bool>>>,
    /// Algorithm of the keys that kubeadm makes.
    pub(crate) encryption_algorithm: Tf<String>,
    /// Life of certificates other than CAs.
    pub(crate) certificate_validity_period: Tf<String>,
    /// Life of CA certificates.
    pub(crate) ca_certificate_validity_period: Tf<String>,
    /// How long before their end certificates are renewed.
    pub(crate) renew_before: Tf<String>,
    /// The user's part of `KubeletConfiguration`.
    pub(crate) kubelet_configuration: Tf<String>,
    /// The user's part of `KubeProxyConfiguration`.
    pub(crate) kube_proxy_configuration: Tf<String>,
    /// Patches of what kubeadm renders, by the names of their files.
    pub(crate) patches: Tf<BTreeMap<String, Tf<String>>>,
    /// Where kubeadm, kubelet and kubectl come from.
    pub(crate) packages: Tf<Packages>,
    /// Preflight checks of kubeadm that only warn.
    pub(crate) ignore_preflight_errors: Tf<Set<Tf<String>>>,
}

/// Where the cluster's API is reached by everything that is not on the same host.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq, Default)]
pub(crate) struct Endpoint {
    /// DNS name or address, without port. It cannot change once the cluster exists.
    #[schemars(extend("x-tf" = required()))]
    pub(crate) host: Tf<String>,
    /// TCP port. Default `6443`; with `keepalived`, `8443`, since the API servers have the other on the
    /// same hosts.
    pub(crate) port: Tf<i64>,
    /// Says that a load balancer, a virtual address or a DNS record that is managed elsewhere
    /// leads to the control plane. Without it or another kind, the endpoint is an address or name of
    /// a control plane host itself.
    pub(crate) external: Tf<External>,
    /// A virtual address that one control plane host at a time holds, and on each of them a load
    /// balancer in front of all API servers: keepalived and haproxy, from packages. Members attach
    /// and withdraw their hosts. Conflicts with the other kinds.
    pub(crate) keepalived: Tf<Keepalived>,
    /// A virtual address that one control plane host at a time holds, by kube-vip as a static pod: clients
    /// reach the API server of that host. Members attach and withdraw their hosts. Conflicts with the
    /// other kinds.
    pub(crate) kube_vip: Tf<KubeVip>,
    /// An address that each control plane host has on its loopback, and to which Tailscale leads from all other
    /// hosts of the tailnet: one control plane host at a time serves the route. Members attach and withdraw
    /// their hosts. Conflicts with the other kinds.
    pub(crate) tailscale: Tf<Tailscale>,
}

/// A route in the tailnet of the hosts, which must be enrolled already: at Tailscale's own control server or
/// at Headscale. Clients are changed by `tailscale set` alone, and other routes that they advertise are kept.
///
/// The control server must approve the route of each control plane host: by the policy's `autoApprovers`, by
/// `tailscale_api` of the provider's configuration, or by hand; without it the apply ends with
/// `RT-ROUTE-NOT-APPROVED`, before the cluster begins. Control plane hosts do not take the routes of others while they serve this one.
/// Workers do, by `kubeadm_endpoint_route`.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq, Default)]
pub(crate) struct Tailscale {
    /// The address: one that no host has and that is in none of the hosts' networks, such as `10.200.0.1`.
    /// Default is the endpoint's `host`; needed where that is a name.
    pub(crate) address: Tf<String>,
    /// Whether a host leaves the route to others while its own API server is not ready: the control server
    /// knows of the hosts' lives alone. Default `true`.
    pub(crate) health_gate: Tf<bool>,
}

/// kube-vip on the control plane hosts, which must be in one network where addresses are found by ARP.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq, Default)]
pub(crate) struct KubeVip {
    /// The virtual address, a free one in the hosts' network. Default is the endpoint's `host`; needed
    /// where that is a name.
    pub(crate) address: Tf<String>,
    /// Interface that carries it, on every host. Default is the one with the host's own address.
    pub(crate) interface: Tf<String>,
    /// kube-vip's image with its tag. Default `ghcr.io/kube-vip/kube-vip:v1.0.0`.
    pub(crate) image: Tf<String>,
}

/// keepalived and haproxy on the control plane hosts, which must be in one network and may speak VRRP
/// (IP protocol 112) with each other. Hosts that run one of them for something else are refused.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq, Default)]
pub(crate) struct Keepalived {
    /// The virtual address, a free one in the hosts' network. Default is the endpoint's `host`; needed
    /// where that is a name.
    pub(crate) address: Tf<String>,
    /// Interface that carries it, on every host. Default is the one with the host's own address.
    pub(crate) interface: Tf<String>,
    /// VRRP's virtual router id, 1 to 255: another one for each virtual address in a network. Default
    /// `51`.
    pub(crate) router_id: Tf<i64>,
    /// Whether a host leaves the address to others while its own API server is not ready. Default
    /// `true`.
    pub(crate) health_gate: Tf<bool>,
}

/// An endpoint that is managed elsewhere. It has no settings.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq, Default)]
pub(crate) struct External {}

/// Address ranges and DNS domain of a cluster; they cannot change once the cluster exists.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq, Default)]
pub(crate) struct Networking {
    /// Range from which pods get addresses, such as `10.50.0.0/16`; flannel needs it.
    pub(crate) pod_subnet: Tf<String>,
    /// Range from which services get addresses. Default `10.96.0.0/12`.
    pub(crate) service_subnet: Tf<String>,
    /// DNS domain of services. Default `cluster.local`.
    pub(crate) dns_domain: Tf<String>,
    /// Prefix length of the part of the pod range that each node gets. Default `24`, for IPv6 `64`.
    pub(crate) node_mask: Tf<i64>,
}

/// etcd of the cluster: one of the two. Which one cannot change once the cluster exists.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq, Default)]
pub(crate) struct Etcd {
    /// The etcd that runs beside each API server.
    pub(crate) local: Tf<LocalEtcd>,
    /// An etcd on servers of its own. Conflicts with `local`.
    pub(crate) external: Tf<ExternalEtcd>,
}

/// An etcd on servers of its own, which somebody else runs: it is neither made nor emptied, and the
/// files must be on every control plane host before it becomes a member.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq, Default)]
pub(crate) struct ExternalEtcd {
    /// Where control plane hosts reach its servers, each `https://HOST:PORT`; `http` leaves the
    /// whole cluster open to whoever reaches the port.
    #[schemars(extend("x-tf" = required()))]
    pub(crate) endpoints: Tf<Vec<Tf<String>>>,
    /// Path on control plane hosts of the CA of the servers' certificates. Needed with `https`.
    pub(crate) ca_file: Tf<String>,
    /// Path on control plane hosts of the client certificate that the API servers show. Needed with
    /// `https`.
    pub(crate) cert_file: Tf<String>,
    /// Path on control plane hosts of its key. Needed with `https`.
    pub(crate) key_file: Tf<String>,
}

/// The etcd that runs as a static pod beside each API server.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq, Default)]
pub(crate) struct LocalEtcd {
    /// Directory of etcd's data on the host. Default `/var/lib/etcd`.
    pub(crate) data_dir: Tf<String>,
    /// Registry and path of etcd's image; default is the cluster's.
    pub(crate) image_repository: Tf<String>,
    /// Tag of etcd's image; default is the one that kubeadm knows.
    pub(crate) image_tag: Tf<String>,
    /// Command-line arguments, name without dashes to values, added after kubeadm's own.
    pub(crate) extra_args: Tf<BTreeMap<String, Tf<Vec<Tf<String>>>>>,
    /// Environment variables of etcd.
    pub(crate) extra_envs: Tf<BTreeMap<String, Tf<String>>>,
    /// Further names and addresses in etcd's server certificate.
    pub(crate) server_cert_sans: Tf<Set<Tf<String>>>,
    /// Further names and addresses in etcd's peer certificate.
    pub(crate) peer_cert_sans: Tf<Set<Tf<String>>>,
}

/// The cluster's DNS server, `CoreDNS`.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq, Default)]
pub(crate) struct Dns {
    /// Registry and path of `CoreDNS`'s image; default is the cluster's.
    pub(crate) image_repository: Tf<String>,
    /// Tag of `CoreDNS`'s image; default is the one that kubeadm knows.
    pub(crate) image_tag: Tf<String>,
    /// Whether it is left to somebody else. Default `false`.
    pub(crate) disabled: Tf<bool>,
}

/// kube-proxy.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq, Default)]
pub(crate) struct Proxy {
    /// Whether it is left to somebody else, such as a CNI that replaces it. Default `false`.
    pub(crate) disabled: Tf<bool>,
}

/// Where kubeadm, kubelet and kubectl come from.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq, Default)]
pub(crate) struct Packages {
    /// Address of the package repository; `{line}` stands for the release line such as `1.35`.
    /// Default is the Kubernetes community's.
    pub(crate) repository_url: Tf<String>,
    /// The repository's signing key, ASCII-armoured. Conflicts with `repository_key_url`.
    pub(crate) repository_key: Tf<String>,
    /// Where hosts fetch the signing key; `{line}` as above. Default is `Release.key` below the
    /// repository.
    pub(crate) repository_key_url: Tf<String>,
    /// Whether the packages are held, so that the hosts' own upgrades leave them alone. Default
    /// `true`.
    pub(crate) hold: Tf<bool>,
}

impl Endpoint {
    /// The same, whoever serves it.
    pub(crate) fn without_kind(self) -> Self {
        Self {
            external: Tf::Null,
            keepalived: Tf::Null,
            kube_vip: Tf::Null,
            tailscale: Tf::Null,
            ..self
        }
    }
}

impl ClusterObject {
    /// Whether the control plane hosts themselves serve the endpoint, or may: an apply will tell.
    pub(crate) fn serves_endpoint(&self) -> bool {
        let serves = |it: &Endpoint| {
            !(it.keepalived.is_null() && it.kube_vip.is_null() && it.tailscale.is_null())
        };
        self.endpoint.known().is_some_and(serves)
    }

    /// The control plane hosts as those know each other that serve the endpoint, whatever their order;
    /// none where they do not, or need not know each other.
    pub(crate) fn endpoint_hosts(&self) -> Tf<Vec<NodeObject>> {
        let endpoint = self.endpoint.known();
        if endpoint.is_some_and(|endpoint| !endpoint.tailscale.is_null()) {
            // All that one of them has to know is whether there are others.
            let nobody = |nodes: Vec<NodeObject>| vec![NodeObject::default(); nodes.len().min(2)];
            return self.control_plane_nodes.clone().map(nobody);
        }
        if endpoint.is_none_or(|endpoint| endpoint.keepalived.is_null()) {
            return Tf::Null;
        }
        self.control_plane_nodes.clone().map(|mut nodes| {
            nodes.sort_by_key(|node| node.name.known().cloned());
            let known_by = |node: NodeObject| NodeObject {
                name: node.name,
                address: node.address,
                node_ip: node.node_ip,
                ..NodeObject::default()
            };
            nodes.into_iter().map(known_by).collect()
        })
    }

    /// A cluster of which nothing is known yet.
    pub(crate) fn unknown() -> Self {
        Self {
            id: Tf::Unknown,
            name: Tf::Unknown,
            kubernetes_version: Tf::Unknown,
            endpoint: Tf::Unknown,
            networking: Tf::Unknown,
            control_plane_nodes: Tf::Unknown,
            ..Self::default()
        }
    }
}

whole! {
    ClusterObject {
        id, name, kubernetes_version, endpoint, networking, control_plane_nodes, etcd, api_server,
        controller_manager, scheduler, dns, proxy, certificates_dir, image_repository, feature_gates,
        encryption_algorithm, certificate_validity_period, ca_certificate_validity_period,
        renew_before, kubelet_configuration, kube_proxy_configuration, patches, packages,
        ignore_preflight_errors,
    }
    Endpoint { host, port, external, keepalived, kube_vip, tailscale }
    KubeVip { address, interface, image }
    Keepalived { address, interface, router_id, health_gate }
    Tailscale { address, health_gate }
    External {}
    Networking { pod_subnet, service_subnet, dns_domain, node_mask }
    Etcd { local, external }
    ExternalEtcd { endpoints, ca_file, cert_file, key_file }
    LocalEtcd {
        data_dir, image_repository, image_tag, extra_args, extra_envs, server_cert_sans,
        peer_cert_sans,
    }
    Dns { image_repository, image_tag, disabled }
    Proxy { disabled }
    Packages { repository_url, repository_key, repository_key_url, hold }
}
