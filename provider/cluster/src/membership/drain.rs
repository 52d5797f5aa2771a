//! Which pods have to leave a node before it goes.

use k8s_openapi::api::core::v1::Pod;

/// Whether the pod must leave before its node does.
///
/// Static pods and pods of daemon sets end with the node: they would come back at once.
#[must_use]
pub fn must_leave(pod: &Pod) -> bool {
    !is_mirror(pod) && !is_daemon(pod)
}

/// Whether the pod would be lost when it leaves: nothing would make it again elsewhere.
///
/// One that has ended has nothing to lose, and one that is being deleted is lost already.
#[must_use]
pub fn is_unmanaged(pod: &Pod) -> bool {
    let owners = pod.metadata.owner_references.iter().flatten();
    let managed = owners.into_iter().any(|owner| owner.controller == Some(true));
    let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref());
    let ended = matches!(phase, Some("Succeeded" | "Failed"));
    !managed && !ended && pod.metadata.deletion_timestamp.is_none()
}

fn is_mirror(pod: &Pod) -> bool {
    let annotations = pod.metadata.annotations.as_ref();
    annotations.is_some_and(|all| all.contains_key("kubernetes.io/config.mirror"))
}

fn is_daemon(pod: &Pod) -> bool {
    let owners = pod.metadata.owner_references.iter().flatten();
    owners.into_iter().any(|owner| owner.kind == "DaemonSet" && owner.controller == Some(true))
}

/// `namespace/name` of a pod.
#[must_use]
pub fn pod_name(pod: &Pod) -> String {
    let part = |text: &Option<String>| text.clone().unwrap_or_default();
    format!("{}/{}", part(&pod.metadata.namespace), part(&pod.metadata.name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn check(metadata: &serde_json::Value, leaves: bool) {
        let pod: Pod = serde_json::from_value(json!({ "metadata": metadata })).unwrap();
        assert_eq!(must_leave(&pod), leaves, "{metadata}");
    }

    #[test]
    fn who_leaves() {
        let owner = |kind: &str, controller: bool| json!({"ownerReferences": [{"apiVersion": "apps/v1", "kind": kind, "name": "x", "uid": "1", "controller": controller}]});
        check(&json!({"name": "bare"}), true);
        check(&owner("ReplicaSet", true), true);
        check(&owner("DaemonSet", true), false);
        check(&owner("DaemonSet", false), true);
        check(&json!({"annotations": {"kubernetes.io/config.mirror": "hash"}}), false);
    }

    #[track_caller]
    fn check_unmanaged(pod: serde_json::Value, unmanaged: bool) {
        let pod: Pod = serde_json::from_value(pod).unwrap();
        assert_eq!(is_unmanaged(&pod), unmanaged, "{pod:?}");
    }

    #[test]
    fn who_is_lost() {
        let owner = |controller: bool| json!([{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "x", "uid": "1", "controller": controller}]);
        check_unmanaged(json!({"metadata": {"name": "bare"}}), true);
        check_unmanaged(json!({"metadata": {"ownerReferences": owner(false)}}), true);
        check_unmanaged(json!({"metadata": {"ownerReferences": owner(true)}}), false);
        check_unmanaged(json!({"metadata": {}, "status": {"phase": "Running"}}), true);
        check_unmanaged(json!({"metadata": {}, "status": {"phase": "Succeeded"}}), false);
        let leaving = json!({"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}});
        check_unmanaged(leaving, false);
    }
}
