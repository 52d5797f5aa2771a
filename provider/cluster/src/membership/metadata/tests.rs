//! Labels, annotations and taints, found and merged.

use super::*;

fn taint(key: &str, value: Option<&str>) -> Taint {
    Taint { key: key.to_owned(), value: value.map(str::to_owned), effect: TaintEffect::NoSchedule }
}

fn node(taints: &[Taint], held: Option<&str>) -> Node {
    let annotations: BTreeMap<_, _> =
        held.map(|held| (TAINTS_ANNOTATION, held)).into_iter().collect();
    let taints: Vec<_> = taints.iter().map(written).collect();
    serde_json::from_value(json!({
        "metadata": {
            "labels": {"tier": "changed", "mine": "1", "foreign": "1"},
            "annotations": annotations,
            "managedFields": [
                {"manager": FIELD_MANAGER, "operation": "Apply", "fieldsV1": {"f:metadata": {"f:labels": {"f:mine": {}}}}},
                {"manager": "kubectl", "operation": "Update", "fieldsV1": {"f:metadata": {"f:labels": {"f:foreign": {}, "f:tier": {}}}}},
            ],
        },
        "spec": {"taints": taints},
    }))
    .unwrap()
}

fn wanting(taints: Option<Vec<Taint>>) -> Registration {
    let labels =
        [("tier".to_owned(), "db".to_owned()), ("absent".to_owned(), String::new())].into();
    Registration { labels, taints, ..Registration::default() }
}

#[test]
fn what_is_wanted_or_held_is_found_and_nothing_else() {
    let found = found(&node(&[taint("other", None)], None), &wanting(None));
    let labels: Vec<_> =
        found.labels.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    assert_eq!(labels, [("mine", "1"), ("tier", "changed")]);
    assert_eq!((found.annotations.len(), found.taints), (0, None));
}

#[test]
fn taints_found_are_those_asked_for_or_held() {
    let node = node(
        &[taint("other", None), taint("mine", Some("x")), taint("asked", None)],
        Some("mine:NoSchedule"),
    );
    let found = found(&node, &wanting(Some(vec![taint("asked", None), taint("absent", None)])));
    assert_eq!(found.taints, Some(vec![taint("mine", Some("x")), taint("asked", None)]));
}

#[track_caller]
fn check(node: &Node, role: Role, wanted: Option<&[Taint]>, expected: Option<&[&str]>) {
    let keys = merged_taints(node, role, wanted)
        .map(|taints| taints.into_iter().map(|taint| taint.key).collect::<Vec<_>>());
    assert_eq!(keys, expected.map(|keys| keys.iter().map(|key| (*key).to_owned()).collect()));
}

#[test]
fn taints_of_others_stay() {
    let control_plane = "node-role.kubernetes.io/control-plane";
    let other = taint("node.kubernetes.io/unreachable", None);
    let fresh = node(&[control_plane_taint(), other.clone()], None);
    check(&fresh, Role::ControlPlane, None, None);
    check(&fresh, Role::ControlPlane, Some(&[]), Some(&["node.kubernetes.io/unreachable"]));
    check(&fresh, Role::ControlPlane, Some(&[control_plane_taint()]), None);
    check(
        &fresh,
        Role::Worker,
        Some(&[taint("gpu", None)]),
        Some(&[control_plane, "node.kubernetes.io/unreachable", "gpu"]),
    );
    let ours = node(&[other.clone(), taint("gpu", None)], Some("gpu:NoSchedule"));
    check(&ours, Role::Worker, None, Some(&["node.kubernetes.io/unreachable"]));
    check(
        &ours,
        Role::ControlPlane,
        None,
        Some(&["node.kubernetes.io/unreachable", control_plane]),
    );
    check(
        &ours,
        Role::Worker,
        Some(&[taint("gpu", Some("a"))]),
        Some(&["node.kubernetes.io/unreachable", "gpu"]),
    );
    check(&ours, Role::Worker, Some(&[taint("gpu", None)]), None);
}

#[test]
fn the_document_names_our_taints() {
    let document = apply_document("w1", &wanting(Some(vec![taint("gpu", None)])));
    assert_eq!(document["metadata"]["annotations"][TAINTS_ANNOTATION], "gpu:NoSchedule");
    assert_eq!(document["metadata"]["labels"]["tier"], "db");
    assert!(
        apply_document("w1", &wanting(None))["metadata"]["annotations"]
            .as_object()
            .unwrap()
            .is_empty()
    );
}
