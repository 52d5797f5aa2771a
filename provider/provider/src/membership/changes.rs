//! Changes of the cluster's intent that a membership cannot follow.

use std::collections::BTreeSet;

use cluster::Finding;
use cluster::checks::{self, ClusterDraft};
use cluster::intent::ClusterIntent;

/// What of `next` a host that belongs to `prior` cannot follow, at paths below `cluster`.
///
/// Nothing is said while parts of either are unknown: the plan is made again when they are not.
pub(crate) fn changed_cluster(prior: &ClusterDraft, next: &ClusterDraft) -> Vec<Finding> {
    let intent = |draft: &ClusterDraft| checks::cluster_intent(draft, "").ok();
    let (Some(prior), Some(next)) = (intent(prior), intent(next)) else { return Vec::new() };
    let mut findings = checks::changes(&prior, &next);
    if findings.is_empty() {
        findings.extend(reconfigured(&prior, &next));
    }
    findings.into_iter().map(|finding| finding.below(["cluster"])).collect()
}

/// This release makes members and does not reconfigure them.
fn reconfigured(prior: &ClusterIntent, next: &ClusterIntent) -> Option<Finding> {
    if kept(prior) == kept(next) {
        return None;
    }
    let upgrade = prior.kubernetes_version != next.kubernetes_version;
    let summary = if upgrade {
        let (from, to) = (&prior.kubernetes_version, &next.kubernetes_version);
        format!("this release cannot upgrade a running control plane from {from} to {to}")
    } else {
        "this release cannot change the settings of a running control plane".to_owned()
    };
    Some(
        Finding::error("PLAN-RECONFIGURE", summary)
            .because(
                "The settings of kubeadm_cluster are applied when a member is made. Upgrades and \
                 reconfiguration in place come with a later release, see CHANGELOG.md",
            )
            .advise("Take the change of kubeadm_cluster back, or make a new cluster with it"),
    )
}

/// The intent without what may change at any time: ways in, what only the next join looks at.
fn kept(cluster: &ClusterIntent) -> ClusterIntent {
    let mut kept = cluster.clone();
    kept.control_plane_nodes = Vec::new();
    kept.ignore_preflight_errors = BTreeSet::new();
    kept.packages.repository_url = None;
    kept.packages.repository_key = None;
    kept.packages.repository_key_url = None;
    kept.packages.hold = true;
    kept
}
