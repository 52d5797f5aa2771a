//! Which nodes run kube-proxy by a configuration that changed since.

use super::api::Readiness;
use super::node_object::readiness;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{ConfigMap, Node, Pod};
use std::collections::{BTreeMap, BTreeSet};

/// Pods of kube-proxy that began before their configuration changed last, by the names of their nodes:
/// kube-proxy reads it once. Left out are pods that are told to end, and nodes that do not report, since
/// nothing can be done there.
#[must_use]
pub fn outdated(
    configuration: &ConfigMap,
    pods: &[Pod],
    nodes: &[Node],
) -> BTreeMap<String, String> {
    let Some(changed) = changed(configuration) else { return BTreeMap::new() };
    let living = living(nodes);
    let began_before = |pod: &&Pod| {
        let ends = pod.metadata.deletion_timestamp.is_some();
        !ends && began(pod).is_some_and(|began| began < changed)
    };
    pods.iter()
        .filter(began_before)
        .filter_map(|pod| Some((node_of(pod)?.to_owned(), pod.metadata.name.clone()?)))
        .filter(|(node, _)| living.contains(node.as_str()))
        .collect()
}

/// Whether a pod of kube-proxy that has read its configuration is ready on the node. One that does not
/// report any more is not waited for: its pod is told to end, and the next begins when it is back.
#[must_use]
pub fn is_settled_on(node: &str, configuration: &ConfigMap, pods: &[Pod], nodes: &[Node]) -> bool {
    let changed = changed(configuration);
    !living(nodes).contains(node)
        || pods.iter().any(|pod| {
            let is_new =
                began(pod).is_some_and(|began| changed.is_none_or(|changed| began >= changed));
            node_of(pod) == Some(node) && is_new && is_ready(pod)
        })
}

/// When the data changed last: the API server notes it for each that manages fields of an object, and
/// not when somebody writes what is there.
fn changed(configuration: &ConfigMap) -> Option<Timestamp> {
    let managed = configuration.metadata.managed_fields.as_deref().unwrap_or_default();
    let of_data = managed.iter().filter(|entry| {
        let fields = entry.fields_v1.as_ref();
        fields.is_some_and(|fields| fields.0.get("f:data").is_some())
    });
    of_data.filter_map(|entry| entry.time.as_ref().map(|time| time.0)).max()
}

fn living(nodes: &[Node]) -> BTreeSet<&str> {
    let living = nodes.iter().filter(|node| readiness(node) != Readiness::Unknown);
    living.filter_map(|node| node.metadata.name.as_deref()).collect()
}

fn began(pod: &Pod) -> Option<Timestamp> {
    pod.metadata.creation_timestamp.as_ref().map(|time| time.0)
}

fn node_of(pod: &Pod) -> Option<&str> {
    pod.spec.as_ref()?.node_name.as_deref()
}

fn is_ready(pod: &Pod) -> bool {
    let conditions = pod.status.as_ref().and_then(|status| status.conditions.as_deref());
    let ready = conditions.unwrap_or_default().iter();
    ready.into_iter().any(|condition| condition.type_ == "Ready" && condition.status == "True")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, from_value, json};

    fn configuration(changes: &[(&str, Value)]) -> ConfigMap {
        let entry = |(time, fields): &(&str, Value)| json!({"time": time, "fieldsV1": fields});
        let managed: Vec<Value> = changes.iter().map(entry).collect();
        from_value(json!({"metadata": {"managedFields": managed}})).unwrap()
    }

    fn pod(node: &str, began: &str, ready: &str) -> Pod {
        from_value(json!({
            "metadata": {"name": format!("of-{node}"), "creationTimestamp": began},
            "spec": {"nodeName": node, "containers": []},
            "status": {"conditions": [{"type": "Ready", "status": ready}]},
        }))
        .unwrap()
    }

    fn node(name: &str, ready: &str) -> Node {
        let conditions = json!([{"type": "Ready", "status": ready}]);
        from_value(json!({"metadata": {"name": name}, "status": {"conditions": conditions}}))
            .unwrap()
    }

    const FIRST: &str = "2026-01-01T00:00:00Z";
    const SECOND: &str = "2026-01-01T00:00:01Z";
    const THIRD: &str = "2026-01-01T00:00:02Z";

    #[test]
    fn who_began_before_the_last_change_of_the_data_is_outdated() {
        let data = || json!({"f:data": {"f:config.conf": {}}});
        let labels = json!({"f:metadata": {"f:labels": {}}});
        let changed = configuration(&[(FIRST, data()), (SECOND, data()), (THIRD, labels)]);
        let pods = [pod("a", FIRST, "True"), pod("b", SECOND, "True"), pod("c", FIRST, "True")];
        let mut ending = pod("b", FIRST, "True");
        ending.metadata.deletion_timestamp = ending.metadata.creation_timestamp.clone();
        let pods = [pods.as_slice(), &[ending]].concat();
        let nodes = [node("a", "False"), node("b", "True"), node("c", "Unknown")];
        let expected = BTreeMap::from([("a".to_owned(), "of-a".to_owned())]);
        assert_eq!(outdated(&changed, &pods, &nodes), expected);
        assert!(outdated(&configuration(&[]), &pods, &nodes).is_empty());
    }

    #[test]
    fn a_node_is_served_by_a_young_pod_that_is_ready() {
        let changed = configuration(&[(SECOND, json!({"f:data": {}}))]);
        let nodes = [node("a", "False"), node("c", "Unknown")];
        let is_settled = |pods: &[Pod]| is_settled_on("a", &changed, pods, &nodes);
        assert!(is_settled(&[pod("a", FIRST, "True"), pod("a", SECOND, "True")]));
        assert!(!is_settled(&[pod("a", FIRST, "True")]), "it began before");
        assert!(!is_settled(&[pod("a", THIRD, "False")]), "it is not ready");
        assert!(!is_settled(&[pod("b", THIRD, "True")]), "it is on another node");
        let unchanged = configuration(&[]);
        assert!(is_settled_on("a", &unchanged, &[pod("a", FIRST, "True")], &nodes));
        assert!(is_settled_on("c", &changed, &[], &nodes), "nobody waits for a silent node");
    }
}
