//! What is odd about an etcd, though it may serve.

use super::EtcdState;
use crate::finding::Finding;
use std::collections::BTreeSet;

/// Everything to say about the members: those without a name or with another's, and a number of voters
/// of which one is for nothing.
#[must_use]
pub fn remarks(etcd: &EtcdState) -> Vec<Finding> {
    let mut seen = BTreeSet::new();
    let names = etcd.members.iter().filter_map(|member| member.name.as_deref());
    let double = names
        .filter(|name| !seen.insert(*name))
        .map(|name| odd(format!("etcd has several members with the name {name}")));
    let mut findings: Vec<Finding> = double.collect();
    let unnamed = etcd.members.iter().filter(|member| member.name.is_none());
    findings.extend(
        unnamed.map(|member| odd(format!("etcd has a member without a name: {}", member.title()))),
    );
    findings.extend(even(etcd.voters().count()));
    findings
}

fn odd(summary: String) -> Finding {
    Finding::warning("DR-ETCD-NAME", summary)
        .because("kubeadm names a member after its host; one that never started counts for the quorum all the same.")
        .advise(
            "An apply clears what is left of a host that it joins; any other is removed with `etcdctl member remove`, once nothing needs it",
        )
}

fn even(voters: usize) -> Option<Finding> {
    (voters > 0 && voters.is_multiple_of(2)).then(|| {
        Finding::warning("PW-QUORUM", format!("etcd has {voters} voters, an even number"))
            .because("It bears no more failures than with one voter less, and is more likely to have one.")
            .advise("Have 3 or 5 control plane hosts")
    })
}
