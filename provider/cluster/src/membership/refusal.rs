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
}

impl Refusal {
    /// A refusal with its code, reason and advice.
    pub fn new(code: &'static str, text: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { code, text: text.into(), advice: advice.into() }
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
