//! Containers of the cluster's own pods that were started again: a signal of its health.

use crate::finding::Finding;
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::{ContainerStatus, Pod};
use std::collections::BTreeMap;

/// From this many on, a container that ended lately is said to end again and again.
const MANY: u64 = 5;

/// What counts as lately.
const LATELY: SignedDuration = SignedDuration::from_mins(10);

/// How often containers were started again, by the names of their pods; those that never were are
/// left out.
#[must_use]
pub fn restarts(pods: &[Pod]) -> BTreeMap<String, u64> {
    let counted = pods.iter().filter_map(|pod| Some((pod.metadata.name.clone()?, count(pod))));
    counted.filter(|(_, count)| *count > 0).collect()
}

/// Pods whose containers end again and again, and did so lately.
#[must_use]
pub fn unsteady(pods: &[Pod], now: Timestamp) -> Option<Finding> {
    let ended = |pod: &&Pod| {
        let last = containers(pod).iter().filter_map(last_end).max();
        count(pod) >= MANY && last.is_some_and(|end| now.duration_since(end) < LATELY)
    };
    let named = |pod: &Pod| {
        let name = pod.metadata.name.as_deref().unwrap_or_default();
        format!("{name} was started again {} times", count(pod))
    };
    let found: Vec<String> = pods.iter().filter(ended).map(named).collect();
    (!found.is_empty()).then(|| {
        Finding::warning("PW-RESTARTS", "components of the cluster end again and again")
            .because(format!("{}, the last time within ten minutes", found.join(", ")))
            .advise("`kubectl -n kube-system logs --previous POD` tells why")
    })
}

fn containers(pod: &Pod) -> &[ContainerStatus] {
    let statuses = pod.status.as_ref().and_then(|status| status.container_statuses.as_deref());
    statuses.unwrap_or_default()
}

fn count(pod: &Pod) -> u64 {
    let counts = containers(pod).iter().map(|status| u64::try_from(status.restart_count));
    counts.map(Result::unwrap_or_default).sum()
}

fn last_end(status: &ContainerStatus) -> Option<Timestamp> {
    let last = status.last_state.as_ref()?.terminated.as_ref()?;
    last.finished_at.as_ref().map(|time| time.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{from_value, json};

    fn pod(name: &str, restarts: i32, ended: &str) -> Pod {
        let last = json!({"terminated": {"exitCode": 1, "finishedAt": ended}});
        let status = json!({
            "name": "c", "image": "i", "imageID": "", "ready": true,
            "restartCount": restarts, "lastState": last,
        });
        let statuses = json!({"containerStatuses": [status]});
        from_value(json!({"metadata": {"name": name}, "status": statuses})).unwrap()
    }

    #[test]
    fn who_ends_again_and_again_is_told() {
        const LATELY: &str = "2026-01-01T00:55:00Z";
        const BEFORE: &str = "2026-01-01T00:45:00Z";
        let now = "2026-01-01T01:00:00Z".parse().unwrap();
        let pods = [pod("a", 7, LATELY), pod("b", 2, LATELY), pod("c", 9, BEFORE)];
        let said = unsteady(&pods, now).unwrap().detail;
        assert!(said.contains("a was started again 7 times"), "{said}");
        assert!(!said.contains("b was") && !said.contains("c was"), "{said}");
        assert_eq!(unsteady(&pods[1..], now), None);
        let quiet = [pod("d", 0, LATELY), pods[0].clone()];
        assert_eq!(restarts(&quiet), BTreeMap::from([("a".to_owned(), 7)]));
    }
}
