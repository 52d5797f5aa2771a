//! Membership of hosts in a cluster: members, workers, the pod network, and looks at the cluster.

mod abandon;
mod adoption;
mod awaken;
mod bootstrap;
mod certificate_names;
mod certificates;
mod change;
mod claim;
#[cfg(test)]
mod claim_tests;
mod cni;
mod container_starts;
mod control_plane_turn;
mod departure;
mod drain;
#[cfg(test)]
mod drain_tests;
mod endpoint;
mod endpoint_reach;
mod etcd_member;
mod evidence;
mod execute;
mod expiry;
mod facts;
#[cfg(test)]
mod fake_tests;
mod found;
mod health;
mod holder;
mod host_found;
mod host_turn;
#[cfg(test)]
mod host_turn_tests;
mod images;
mod initialize;
mod join;
mod kube_proxy;
mod kubeadm;
mod kubelet;
mod kubelet_configuration;
mod lease;
#[cfg(test)]
mod lease_server;
#[cfg(test)]
mod lease_tests;
mod lock;
mod manifests;
mod member;
mod metadata;
mod node_object;
mod objects;
mod packages;
mod patches;
mod patience;
mod peers;
mod preflight;
mod render;
mod renew_certificates;
mod renewal;
mod reset;
mod setbacks;
mod shared;
mod static_pods;
mod status;
mod subject;
mod tailnet;
mod tailnet_route;
mod tailscale_api;
mod token;
mod turn;
mod wait;
mod ways;
mod worker;

pub(crate) use wait::{Look, Wait};

use crate::kubernetes::Connections;
use awaken::Awakenings;
use control_plane_turn::Holder;
use lock::ClusterLocks;
use setbacks::Setbacks;
pub(crate) use subject::summary;

pub use adoption::ClusterFound;
pub use cni::CniFound;
pub use departure::Departed;
pub use expiry::HostCertificates;
pub use found::{KubeletFound, MembershipFound, NodeFound, PackagesFound, Presence, Rejoin};
pub use objects::ObjectState;
pub use shared::SharedFound;
pub use status::{ClusterStatus, NodeStatus};
pub use tailscale_api::{ControlServer, TailscaleApi};

/// What all operations on clusters share for one walk.
#[derive(Default)]
pub(crate) struct Shared {
    /// One change of a control plane at a time.
    locks: ClusterLocks,
    /// What this process is called where others ask who holds a turn.
    holder: Holder,
    /// What came of waking silent control planes.
    awakenings: Awakenings,
    /// Clients of API servers.
    connections: Connections,
    /// Components that did not run with new settings.
    setbacks: Setbacks,
}

#[cfg(test)]
mod tests {
    use crate::Operator;
    use cluster::intent::{CniIntent, MembershipIntent, NodeReference};
    use tokio_util::sync::CancellationToken;

    fn is_send<T: Send>(_: T) {}

    /// Compiles only when every operation may move between threads, as servers demand.
    #[expect(dead_code, reason = "that it compiles is the test")]
    fn operations_are_send(
        operator: &Operator,
        (membership, cni): (&MembershipIntent, &CniIntent),
        ways: &[NodeReference],
        cancel: &CancellationToken,
    ) {
        is_send(operator.create_membership(membership, cancel));
        is_send(operator.read_membership(membership, cancel));
        is_send(operator.update_membership(membership, cancel));
        is_send(operator.adopt_membership(membership, cancel));
        is_send(operator.find_cluster(ways, cancel));
        is_send(operator.delete_membership(membership, cancel));
        is_send(operator.find_flannel(ways, cancel));
        is_send(operator.apply_cni(cni, cancel));
        is_send(operator.read_cni(cni, cancel));
        is_send(operator.delete_cni(cni, cancel));
        is_send(operator.kubeconfig(ways, cancel));
        is_send(operator.cluster_status(membership.cluster(), ways, cancel));
    }
}
