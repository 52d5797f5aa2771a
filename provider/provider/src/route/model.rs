//! The resource `kubeadm_endpoint_route`: its attributes.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tfplugin::attribute::{computed, required};
use tfplugin::{Set, Tf, Timeouts};

use crate::model::{NodeObject, atoms, whole};

/// Routes of one host to the cluster's endpoint and to other hosts' networks, and what it lets pass
/// between networks: on nodes, and on hypervisors between them that are no nodes.
///
/// A route is put in force at once and written where whatever keeps the interface's settings reads it
/// at boot: a file beside that of systemd-networkd (which netplan uses, too), NetworkManager's profile, a
/// hook of ifupdown, or else a systemd unit. What is changed is kept in a record on the host,
/// `/var/lib/terraform-provider-kubeadm/routes.json`; destroy puts back just that. What somebody else
/// changes shows in `settings` and is put back by apply.
///
/// A host has one such resource with all its routes: two of them would undo each other. Members and workers come after it when they take their host from it:
/// `node = kubeadm_endpoint_route.w1.node`.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq, Default)]
pub(crate) struct RouteModel {
    /// The host: a whole `kubeadm_node`, or an object with `name` and `address` for one that is no node.
    #[schemars(extend("x-tf" = required()))]
    pub(crate) node: Tf<NodeObject>,
    /// Routes that are kept.
    pub(crate) static_routes: Tf<Vec<StaticRoute>>,
    /// How strictly source addresses are checked, by interface: `off`, `strict`, or `loose`. In force is
    /// the larger of the interface's and that of `all`, in the order off, strict, loose. `strict` drops
    /// what comes by another way than the answer would take. An interface may come later than the
    /// apply.
    pub(crate) rp_filter: Tf<BTreeMap<String, Tf<RpFilter>>>,
    /// Whether the host passes packets of others on. Default `true` with `forward`, else it stays as it is.
    /// On a `kubeadm_node` it cannot be `false`: the node sees to that.
    pub(crate) ip_forward: Tf<bool>,
    /// What passes through the host, whatever else iptables filters there.
    pub(crate) forward: Tf<Forward>,
    /// What the host takes of its tailnet. It must be in one: its client is neither installed nor logged in here.
    pub(crate) tailscale: Tf<Tailscale>,
    /// The cluster, `kubeadm_cluster.this`, so that the plan can tell a route that takes addresses of pods or
    /// services, or that leads to no host. Its later changes are no changes of the routes.
    pub(crate) cluster: Tf<RouteCluster>,
    /// Further hosts that the routes are for, such as `values(kubeadm_node.worker)`, so that the plan can tell a
    /// route that leads to none.
    pub(crate) peers: Tf<Vec<Peer>>,
    /// How long the operations may take. Defaults: create and update `5m`, read `1m`, delete `5m`.
    pub(crate) timeouts: Tf<Timeouts>,
    /// The host's name.
    #[schemars(extend("x-tf" = computed().stable()))]
    pub(crate) id: Tf<String>,
    /// Each setting that is kept, as it was found last: routes with their ways, kernel settings, files with
    /// the beginning of their SHA-256, units with their state. What is missing on the host is missing here.
    #[schemars(extend("x-tf" = computed()))]
    pub(crate) settings: Tf<BTreeMap<String, Tf<String>>>,
}

/// One route.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq, Default)]
pub(crate) struct StaticRoute {
    /// Network it leads to, such as `10.10.10.0/24`; `0.0.0.0/0` is everywhere.
    #[schemars(extend("x-tf" = required()))]
    pub(crate) to: Tf<String>,
    /// Address of the next hop, in one of the host's own networks. It may be left out where `device` leads
    /// straight there.
    pub(crate) via: Tf<String>,
    /// Interface it leaves by; default is the one that the next hop is on.
    pub(crate) device: Tf<String>,
    /// Address of the host's that its own packets have there as their source; default is the interface's.
    pub(crate) source: Tf<String>,
    /// Preference among routes to one network: the one with less is taken. Default is the kernel's, `0` for
    /// IPv4 and `1024` for IPv6.
    pub(crate) metric: Tf<i64>,
    /// Number of the routing table; default is the main one, `254`.
    pub(crate) table: Tf<i64>,
}

/// How strictly source addresses are checked.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RpFilter {
    /// Not at all.
    Off,
    /// The way back must lead by the same interface.
    Strict,
    /// There must be some way back.
    Loose,
}

/// What passes through the host.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq, Default)]
pub(crate) struct Forward {
    /// Networks whose hosts talk to each other through this one, each with each, with their own addresses:
    /// neither rejected nor masqueraded, as libvirt does for its networks. The rules come before all others
    /// of iptables, in the chain `ENDPOINT-ROUTES`, and are put there again within seconds when something
    /// else, such as libvirt, makes its rules anew. Firewalls that go by nftables alone look at packets apart
    /// from these: libvirt's is refused (`PF-FORWARD`), firewalld is warned of. With IPv6 networks the host
    /// becomes an IPv6 router, which takes no addresses from others' advertisements any more unless
    /// `accept_ra` is `2`.
    #[schemars(extend("x-tf" = required()))]
    pub(crate) between: Tf<Set<Tf<String>>>,
}

/// What a host takes of its tailnet.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq, Default)]
pub(crate) struct Tailscale {
    /// Whether it takes the routes that others advertise, among them the one to an endpoint of the kind
    /// `tailscale`. It is needed on all hosts that reach the cluster by such an endpoint but the control plane's
    /// own, which must not take it: their members see to that.
    #[schemars(extend("x-tf" = required()))]
    pub(crate) accept_routes: Tf<bool>,
}

/// What the plan needs of the cluster.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq, Default)]
pub(crate) struct RouteCluster {
    /// Where the control plane is reached.
    pub(crate) endpoint: Tf<RouteEndpoint>,
    /// Address ranges.
    pub(crate) networking: Tf<RouteNetworking>,
    /// Hosts of the control plane.
    pub(crate) control_plane_nodes: Tf<Vec<Peer>>,
}

/// Where the control plane is reached.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq, Default)]
pub(crate) struct RouteEndpoint {
    /// Address or DNS name.
    pub(crate) host: Tf<String>,
    /// Given where it is a route in a tailnet.
    pub(crate) tailscale: Tf<RouteToEndpoint>,
}

/// A route in a tailnet.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq, Default)]
pub(crate) struct RouteToEndpoint {
    /// Address that it leads to, where the endpoint is a name.
    pub(crate) address: Tf<String>,
}

/// Address ranges of a cluster.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq, Default)]
pub(crate) struct RouteNetworking {
    /// Addresses of pods.
    pub(crate) pod_subnet: Tf<String>,
    /// Addresses of services.
    pub(crate) service_subnet: Tf<String>,
}

/// A host that others reach.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq, Default)]
pub(crate) struct Peer {
    /// DNS name or address.
    pub(crate) address: Tf<String>,
    /// Address that it announces to the cluster.
    pub(crate) node_ip: Tf<String>,
}

atoms!(RpFilter);
whole! {
    StaticRoute { to, via, device, source, metric, table }
    Forward { between }
    Tailscale { accept_routes }
}
