//! Reads node objects: whose they are, how they are, what of them is ours.

use super::api::{NodeState, Readiness};
use k8s_openapi::api::apps::v1::DaemonSet;
use k8s_openapi::api::core::v1::{Node, NodeCondition};

/// What kubeadm labels its control plane nodes with.
const CONTROL_PLANE_LABEL: &str = "node-role.kubernetes.io/control-plane";

/// What membership decisions need of a node object.
#[must_use]
pub fn node_state(node: &Node) -> NodeState {
    let info = node.status.as_ref().and_then(|status| status.node_info.as_ref());
    NodeState {
        machine_id: info.map(|info| info.machine_id.clone()).unwrap_or_default(),
        readiness: readiness(node),
        control_plane: is_control_plane(node),
    }
}

/// Whether kubeadm has made the node one of the control plane: last of all that it does to it.
#[must_use]
pub fn is_control_plane(node: &Node) -> bool {
    let labels = node.metadata.labels.as_ref();
    labels.is_some_and(|labels| labels.contains_key(CONTROL_PLANE_LABEL))
}

/// The `Ready` condition of a node.
#[must_use]
pub fn readiness(node: &Node) -> Readiness {
    let conditions = node.status.as_ref().and_then(|status| status.conditions.as_deref());
    let ready = conditions.unwrap_or_default().iter().find(|condition| condition.type_ == "Ready");
    match ready.map(|condition| (condition, condition.status.as_str())) {
        Some((_, "True")) => Readiness::Ready,
        Some((condition, "False")) if lacks_network_only(condition) => Readiness::AwaitsNetwork,
        Some((condition, "False")) => Readiness::NotReady(reason(condition)),
        _ => Readiness::Unknown,
    }
}

/// What a kubelet says until the next report after its start, ten seconds later: that it has not
/// told which storage drivers it has. It has told long before pods have a network.
const CSI_PENDING: &str = "CSINode is not yet initialized";

/// The kubelet puts several reasons into brackets, with commas between them; a single one stands
/// alone.
fn lacks_network_only(condition: &NodeCondition) -> bool {
    let message = condition.message.as_deref().unwrap_or_default();
    let several = message.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let reasons: Vec<&str> = several.unwrap_or(message).split(", ").collect();
    let is_network = |reason: &&str| reason.starts_with("container runtime network not ready");
    reasons.iter().any(is_network)
        && reasons.iter().all(|reason| is_network(reason) || *reason == CSI_PENDING)
}

fn reason(condition: &NodeCondition) -> String {
    let texts = [condition.reason.as_deref(), condition.message.as_deref()];
    texts.into_iter().flatten().collect::<Vec<_>>().join(": ")
}

/// Whether the node `name` is ready, or as ready as it can be, among the cluster's `nodes`: while
/// none of the others is ready pods have no network, and one that lacks nothing else is as good as
/// it can be.
///
/// # Errors
/// With what it lacks.
pub fn ready_among(name: &str, nodes: &[Node]) -> Result<(), String> {
    let is_named = |node: &&Node| node.metadata.name.as_deref() == Some(name);
    let Some(node) = nodes.iter().find(is_named) else {
        return Err("there is no node object".to_owned());
    };
    let mut others = nodes.iter().filter(|node| !is_named(node));
    match readiness(node) {
        Readiness::Ready => Ok(()),
        Readiness::AwaitsNetwork if others.all(|other| readiness(other) != Readiness::Ready) => {
            Ok(())
        }
        Readiness::AwaitsNetwork => {
            Err("its pod network is not up: cni plugin not initialized".to_owned())
        }
        Readiness::NotReady(reason) => Err(reason),
        Readiness::Unknown => Err("its kubelet has not reported".to_owned()),
    }
}

/// Whether a daemon set runs its present template, ready, on every node whose kubelet reports.
///
/// A silent machine holds nothing up: its pod says nothing about the others.
#[must_use]
pub fn daemon_set_ready(daemon_set: &DaemonSet, nodes: &[Node]) -> bool {
    let Some(status) = &daemon_set.status else { return false };
    let living = nodes.iter().filter(|node| readiness(node) != Readiness::Unknown).count();
    let reaches =
        |count: i32, wanted: usize| usize::try_from(count).is_ok_and(|count| count >= wanted);
    status.observed_generation >= daemon_set.metadata.generation
        && reaches(status.desired_number_scheduled, nodes.len())
        && reaches(status.updated_number_scheduled.unwrap_or_default(), living)
        && reaches(status.number_ready, living)
}

/// Whether the pod network has told, by `reason`, that it serves the node.
#[must_use]
pub fn network_serves(node: &Node, reason: &str) -> bool {
    let conditions = node.status.as_ref().and_then(|status| status.conditions.as_deref());
    conditions.unwrap_or_default().iter().any(|condition| {
        condition.type_ == "NetworkUnavailable"
            && condition.status == "False"
            && condition.reason.as_deref() == Some(reason)
    })
}

/// Version of the kubelet that reported last, without the leading `v`.
#[must_use]
pub fn kubelet_version(node: &Node) -> Option<String> {
    let info = node.status.as_ref()?.node_info.as_ref()?;
    Some(info.kubelet_version.trim_start_matches('v').to_owned())
}

/// Roles that a node's labels give it.
#[must_use]
pub fn roles(node: &Node) -> Vec<String> {
    let labels = node.metadata.labels.iter().flatten();
    labels
        .filter_map(|(key, _)| key.strip_prefix("node-role.kubernetes.io/"))
        .map(str::to_owned)
        .collect()
}

/// The node's address inside the cluster's network.
#[must_use]
pub fn internal_ip(node: &Node) -> Option<String> {
    let addresses = node.status.as_ref()?.addresses.as_deref()?;
    let internal = addresses.iter().find(|address| address.type_ == "InternalIP")?;
    Some(internal.address.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const NETWORK: &str = "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized";

    fn node(status: &str, message: &str) -> Node {
        serde_json::from_value(json!({
            "metadata": {"labels": {"node-role.kubernetes.io/worker": "", "x": "y"}},
            "status": {
                "addresses": [{"type": "Hostname", "address": "w1"}, {"type": "InternalIP", "address": "10.0.0.1"}],
                "conditions": [
                    {"type": "DiskPressure", "status": "False"},
                    {"type": "Ready", "status": status, "reason": "KubeletNotReady", "message": message},
                ],
            },
        }))
        .unwrap()
    }

    #[track_caller]
    fn check(status: &str, message: &str, expected: &Readiness) {
        assert_eq!(&readiness(&node(status, message)), expected);
    }

    fn named(name: &str, status: &str, message: &str) -> Node {
        let mut node = node(status, message);
        node.metadata.name = Some(name.to_owned());
        node
    }

    #[test]
    fn a_network_is_waited_for_where_others_have_one() {
        let (new, ready) = (named("w1", "False", NETWORK), named("cp1", "True", ""));
        let lacks = |nodes: &[Node]| ready_among("w1", nodes).unwrap_err();
        assert_eq!(ready_among("w1", &[named("w1", "True", "")]), Ok(()));
        assert_eq!(ready_among("w1", &[named("cp1", "False", NETWORK), new.clone()]), Ok(()));
        assert_eq!(ready_among("w1", &[named("cp1", "Unknown", ""), new.clone()]), Ok(()));
        assert!(lacks(&[ready.clone(), new]).contains("its pod network is not up"));
        assert_eq!(lacks(&[named("w1", "False", "a")]), "KubeletNotReady: a");
        assert_eq!(lacks(&[named("w1", "Unknown", "")]), "its kubelet has not reported");
        assert_eq!(lacks(&[ready]), "there is no node object");
    }

    #[test]
    fn readiness_of_nodes() {
        check("True", "kubelet is posting ready status", &Readiness::Ready);
        check("False", NETWORK, &Readiness::AwaitsNetwork);
        let starting = "CSINode is not yet initialized";
        check("False", &format!("[{NETWORK}, {starting}]"), &Readiness::AwaitsNetwork);
        check("False", starting, &Readiness::NotReady(format!("KubeletNotReady: {starting}")));
        check("False", "[a, b]", &Readiness::NotReady("KubeletNotReady: [a, b]".to_owned()));
        check(
            "False",
            &format!("[PLEG is not healthy, {NETWORK}]"),
            &Readiness::NotReady(format!("KubeletNotReady: [PLEG is not healthy, {NETWORK}]")),
        );
        check("Unknown", "Kubelet stopped posting node status.", &Readiness::Unknown);
        assert_eq!(readiness(&Node::default()), Readiness::Unknown);
    }

    #[test]
    fn parts_of_nodes() {
        assert_eq!(roles(&node("True", "")), ["worker"]);
        assert_eq!(internal_ip(&node("True", "")).as_deref(), Some("10.0.0.1"));
    }

    #[test]
    fn a_daemon_set_is_ready_on_every_node_at_its_newest() {
        let set = |generation: i64, desired: i32, updated: i32, ready: i32| -> DaemonSet {
            serde_json::from_value(json!({
                "metadata": {"generation": 2},
                "status": {
                    "observedGeneration": generation, "desiredNumberScheduled": desired, "currentNumberScheduled": desired,
                    "updatedNumberScheduled": updated, "numberReady": ready, "numberMisscheduled": 0,
                },
            }))
            .unwrap()
        };
        let nodes = [node("True", ""), node("True", "")];
        assert!(daemon_set_ready(&set(2, 2, 2, 2), &nodes));
        assert!(!daemon_set_ready(&set(1, 2, 2, 2), &nodes), "an older generation");
        assert!(!daemon_set_ready(&set(2, 1, 1, 1), &nodes), "a node not counted yet");
        assert!(!daemon_set_ready(&set(2, 2, 1, 2), &nodes), "an old pod");
        assert!(!daemon_set_ready(&set(2, 2, 2, 1), &nodes), "a pod that is not ready");
        assert!(
            daemon_set_ready(&set(2, 2, 1, 1), &[node("True", ""), node("Unknown", "")]),
            "a silent node"
        );
    }
}
