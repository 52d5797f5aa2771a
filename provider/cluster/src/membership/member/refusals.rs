//! Why a host cannot become a member, or not now.

use super::{MemberSituation, Peer};
use crate::membership::api::Api;
use crate::membership::refusal::Refusal;

pub(super) fn not_reached(peer: &Peer, reason: &str) -> Refusal {
    Refusal::new(
        "PF-PEER-UNREACHABLE",
        format!(
            "control plane host {} was not reached, so it may carry the cluster already: {reason}",
            peer.name
        ),
        "nothing was changed; make the host reachable, or take it out of kubeadm_cluster.control_plane_nodes, then apply again",
    )
}

/// Another host carries the cluster and cannot be joined: it has not come to its end there, or its
/// API is silent.
pub(super) fn goes_first(situation: MemberSituation<'_>, peer: &str) -> Refusal {
    let reason = match situation.api {
        Api::Silent(reason) => reason.as_str(),
        Api::Answering(_) => "`kubeadm init` has not come to its end there",
    };
    Refusal::new(
        "PF-CLUSTER-NOT-READY",
        format!(
            "host {peer} carries the cluster, which {} cannot join now: {reason}",
            situation.host_name
        ),
        format!(
            "apply again: the kubeadm_control_plane_member of {peer} goes on from there. If the cluster was finished, bring an API server back first (`journalctl -u kubelet` and the logs below /var/log/pods tell what it lacks)"
        ),
    )
    .for_now()
}

/// A join that was interrupted, and no cluster that answers.
pub(super) fn nothing_to_join(situation: MemberSituation<'_>) -> Refusal {
    let reason = match situation.api {
        Api::Silent(reason) => reason.as_str(),
        Api::Answering(_) => "`kubeadm init` has not come to its end",
    };
    let host = situation.host_name;
    Refusal::new(
        "PF-CLUSTER-NOT-READY",
        format!("the join of {host} was interrupted, and the cluster does not answer: {reason}"),
        format!(
            "bring an API server of the cluster back, then apply again; if the cluster is gone for good, run `kubeadm reset` on {host} and apply again"
        ),
    )
    .for_now()
}

pub(super) fn is_worker(host: &str) -> Refusal {
    Refusal::new(
        "PF-IS-WORKER",
        format!("host {host} is a worker of this cluster"),
        "remove its kubeadm_worker first, then apply again",
    )
}

/// `kubeadm join` and the kubelet talk to the endpoint, where nothing answers before the join.
pub(super) fn is_endpoint(host: &str) -> Refusal {
    Refusal::new(
        "PF-OWN-ENDPOINT",
        format!(
            "host {host} is not in the cluster, and cannot join it: the cluster's endpoint is its own address"
        ),
        "nothing was changed; give the address to a member that serves, or to a load balancer before the members, declare endpoint.external = {}, then apply again",
    )
}

pub(super) fn is_lost(host: &str) -> Refusal {
    Refusal::new(
        "PF-MEMBER-LOST",
        format!("host {host} has lost its control plane, and no other member answers"),
        "nothing was changed, since an update never starts a new cluster: bring the other members back and apply again, restore the host, or, to begin a new cluster, replace the member with the option -replace=ADDRESS of apply",
    )
}
