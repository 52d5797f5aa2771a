//! Why a change of membership is not made.

use crate::finding::Finding;
use std::fmt;

/// A plan that must not be carried out, with its reason as data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Stable code, such as `PF-FOREIGN-CLUSTER`.
    pub code: &'static str,
    /// What stands in the way, in one sentence.
    pub text: String,
    /// What the user can do about it.
    pub advice: String,
    /// Whether it may pass without the user.
    pub lasting: Lasting,
}

/// Whether a refusal may pass without the user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lasting {
    /// It stays until the user does something.
    ForGood,
    /// It may be gone in a moment, or once another host's change was made.
    ForNow,
}

impl Refusal {
    /// A refusal with its code, reason and advice, which stays until the user does something.
    pub fn new(code: &'static str, text: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { code, text: text.into(), advice: advice.into(), lasting: Lasting::ForGood }
    }

    /// The same, of something that may pass by itself or by another host's change.
    #[must_use]
    pub fn for_now(self) -> Self {
        Self { lasting: Lasting::ForNow, ..self }
    }

    /// A host that carries a cluster which is not the one meant.
    #[must_use]
    pub fn foreign_cluster(host: &str, found: &str) -> Self {
        Self::new(
            "PF-FOREIGN-CLUSTER",
            format!("host {host} belongs to another cluster: {found}"),
            "nothing was changed; if that cluster is not needed any more run `kubeadm reset` on the host yourself, then apply again",
        )
    }

    /// Another machine than the one meant.
    #[must_use]
    pub fn other_machine(host: &str, found: &str) -> Self {
        Self::new(
            "PF-OTHER-MACHINE",
            format!("another machine answers for host {host} (machine id {found})"),
            "nothing was changed; if the machine was rebuilt apply kubeadm_node first, so that its new machine id is known, else correct the host's address",
        )
    }

    /// A member whose installed version is not the wanted one.
    #[must_use]
    pub fn upgrade(host: &str, installed: &str, wanted: &str) -> Self {
        Self::new(
            "PF-UPGRADE",
            format!(
                "member {host} runs the kubelet {installed}, and the cluster's version is {wanted}"
            ),
            "upgrades come in a later release; set kubeadm_cluster.kubernetes_version back, or put the packages of that version back on the host",
        )
    }

    /// The cluster has begun to answer, and the turn of whoever would begin it keeps nobody out any
    /// more who joins.
    #[must_use]
    pub fn answers_meanwhile(host: &str) -> Self {
        Self::new(
            "PF-CLUSTER-NOT-READY",
            format!("the cluster began to answer while {host} was about to begin it"),
            "nothing was changed; apply again",
        )
        .for_now()
    }

    /// etcd does not answer, so that nothing can be decided about its quorum.
    #[must_use]
    pub fn etcd_silent(host: &str, reason: &str) -> Self {
        Self::new(
            "PF-ETCD-SILENT",
            format!("whether etcd keeps its quorum cannot be told for {host}: {reason}"),
            "nothing was changed; bring etcd back on the other control plane hosts (`journalctl -u kubelet` and the logs below /var/log/pods there tell what it lacks), then apply again",
        )
        .for_now()
    }

    /// A host whose facts could not be read, so that nothing can be decided.
    #[must_use]
    pub fn unreadable(host: &str, fact: &str, reason: &str) -> Self {
        Self::new(
            "PF-UNREADABLE",
            format!("{fact} of host {host} could not be read: {reason}"),
            "nothing was changed, since a cluster may be hidden behind it; make it readable for the SSH user (or sudo), then apply again",
        )
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.code, self.text)
    }
}

impl std::error::Error for Refusal {}

impl From<Refusal> for Finding {
    fn from(refusal: Refusal) -> Self {
        let mut finding = Self::error(refusal.code, refusal.text);
        finding.advice = refusal.advice;
        finding
    }
}
