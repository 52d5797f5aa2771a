//! Why a control plane member does not leave.

use crate::membership::refusal::Refusal;

pub(super) fn not_alone(host: &str, others: &[String]) -> Refusal {
    Refusal::new(
        "PF-LAST-MEMBER",
        format!(
            "{host} is the only control plane member, and the cluster still has other nodes: {}",
            others.join(", ")
        ),
        "remove those nodes first: destroy their kubeadm_worker, or `kubectl delete node` those that joined by hand",
    )
}

/// The API would end with the member that leaves: the others are members by name only.
pub(super) fn nobody_serves(host: &str, others: &[String]) -> Refusal {
    let who = if others.is_empty() { "none is there".to_owned() } else { others.join(", ") };
    Refusal::new(
        "PF-LAST-SERVING",
        format!("{host} is the last control plane member that serves; of the others ({who}) no kubelet reports that its node is ready"),
        "nothing was removed; bring one of them back, or remove those first whose machines are gone, then apply again",
    )
    .for_now()
}

pub(super) fn unseen(host: &str, reason: &str) -> Refusal {
    Refusal::new(
        "PF-API-SILENT",
        format!(
            "{host} is a control plane member with the cluster's data, and whether other nodes are still there is not known: {reason}"
        ),
        "nothing was removed; bring the API server back (`journalctl -u kubelet` and the logs below /var/log/pods on the host tell what it lacks), then destroy again. If the cluster may go with all that is still attached to it, run `kubeadm reset` on the host yourself and destroy again, which then removes the rest; a member whose drain.policy was set to \"skip\" before is reset without this question",
    )
}

/// No API server answers, and the cluster's data is on another host, too: most likely etcd has lost
/// its quorum. Nothing can leave it then.
pub(super) fn stuck(host: &str, peer: &str, reason: &str) -> Refusal {
    Refusal::new(
        "PF-ETCD-LOST",
        format!(
            "{host} cannot leave the control plane, which {peer} belongs to as well, while nothing of it answers: {reason}"
        ),
        format!(
            "nothing was removed; bring back as many members as etcd needs for a majority, or restore a snapshot on one of them (`etcdctl snapshot restore`), then apply again. If the whole cluster may go, run `kubeadm reset` on {peer} and the other members yourself and destroy again, which then removes the rest; members whose drain.policy was set to \"skip\" before go without this question"
        ),
    )
    .for_now()
}
