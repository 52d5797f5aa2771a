//! Changes of the cluster's intent that a membership cannot follow.

use cluster::Finding;
use cluster::checks::{self, ClusterDraft};

/// What of `next` a host that belongs to `prior` cannot follow, at paths below `cluster`.
///
/// Nothing is said while parts of either are unknown: the plan is made again when they are not.
pub(crate) fn changed_cluster(prior: &ClusterDraft, next: &ClusterDraft) -> Vec<Finding> {
    let settings = (checks::cluster_settings(prior), checks::cluster_settings(next));
    let (Ok(prior), Ok(next)) = settings else { return Vec::new() };
    let mut findings = checks::changes(&prior, &next);
    if findings.is_empty() {
        findings = checks::reconfigurations(&prior, &next);
    }
    findings.into_iter().map(|finding| finding.below(["cluster"])).collect()
}
