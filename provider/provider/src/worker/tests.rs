//! The worker on hosts in memory.

use operate::ErrorKind;
use operate::membership::NodeFound;
use serde_json::{Value, json};
use tfplugin::testing::{Action, unknown};

use crate::double::World;
use crate::samples::{control_plane, hold_the_contract, node};

const ADDRESS: &str = "192.0.2.21";

fn config() -> Value {
    json!({
        "control_plane": control_plane(&["192.0.2.1"]),
        "node": node("w1", ADDRESS),
        "labels": { "node-role.kubernetes.io/worker": "" },
        "taints": [{ "key": "example.org/gpu", "value": "", "effect": "NoSchedule" }],
    })
}

fn with(path: &str, value: Value) -> Value {
    let mut config = config();
    *config.pointer_mut(path).unwrap() = value;
    config
}

#[tokio::test]
async fn the_contract_holds_for_any_configuration() {
    let world = World::new();
    let harness = world.harness(&json!({})).await;
    let driver = harness.resource("kubeadm_worker").unwrap();
    let base = config();
    let fix = |config: &mut Value| {
        config["control_plane"] = base["control_plane"].clone();
        config["node"] = base["node"].clone();
    };
    let accepted = hold_the_contract(&driver, fix).await;
    assert!(accepted > 24, "{accepted}");
}

#[tokio::test]
async fn labels_and_taints_changed_by_hand_are_put_back() {
    let world = World::new();
    let harness = world.harness(&json!({})).await;
    let driver = harness.resource("kubeadm_worker").unwrap();
    let state = driver.converge(&config(), None).await.unwrap();
    world.at(ADDRESS, |machine| {
        let node = machine.membership.as_mut().unwrap().node.as_mut().unwrap();
        node.labels.clear();
        node.taints = Some(Vec::new());
    });
    let found = driver.refresh(&state).await.unwrap().unwrap();
    assert_eq!(found.json()["labels"], json!({}));
    assert_eq!(found.json()["taints"], json!([]));
    let repaired = driver.converge(&config(), Some(&found)).await.unwrap();
    assert_eq!(repaired.json(), state.json());
    assert!(world.calls().contains(&"update w1".to_owned()));
}

#[tokio::test]
async fn an_empty_value_of_a_taint_is_an_absent_one() {
    let world = World::new();
    let harness = world.harness(&json!({})).await;
    let driver = harness.resource("kubeadm_worker").unwrap();
    let state = driver.converge(&config(), None).await.unwrap();
    world.at(ADDRESS, |machine| {
        let node = machine.membership.as_mut().unwrap().node.as_mut().unwrap();
        node.taints.as_mut().unwrap()[0].value = None;
    });
    assert_eq!(driver.refresh(&state).await.unwrap().unwrap().json(), state.json());
}

#[tokio::test]
async fn silence_keeps_the_state_and_proof_drops_it() {
    let world = World::new();
    let harness = world.harness(&json!({})).await;
    let driver = harness.resource("kubeadm_worker").unwrap();
    let state = driver.converge(&config(), None).await.unwrap();
    world.at(ADDRESS, |machine| machine.failure = Some(ErrorKind::Unreachable));
    assert_eq!(driver.refresh(&state).await.unwrap().unwrap().json(), state.json());
    world.at(ADDRESS, |machine| (machine.failure, machine.membership) = (None, None));
    assert!(driver.refresh(&state).await.unwrap().is_none());
}

#[tokio::test]
async fn another_machine_or_cluster_is_another_worker() {
    let world = World::new();
    let harness = world.harness(&json!({})).await;
    let driver = harness.resource("kubeadm_worker").unwrap();
    let state = driver.converge(&config(), None).await.unwrap();
    for (path, value) in [
        ("/node/name", json!("w9")),
        ("/node/machine_id", json!("other")),
        ("/node/machine_id", unknown()),
        ("/control_plane/0/cluster/id", unknown()),
    ] {
        let plan = driver.plan(&with(path, value), Some(&state)).await.unwrap();
        assert_eq!(plan.action, Action::Replace, "{path}");
    }
}

#[tokio::test]
async fn a_change_of_the_control_plane_is_none_of_a_worker() {
    let world = World::new();
    let harness = world.harness(&json!({})).await;
    let driver = harness.resource("kubeadm_worker").unwrap();
    let state = driver.converge(&config(), None).await.unwrap();
    let more = with("/control_plane", control_plane(&["192.0.2.1", "192.0.2.2", "192.0.2.3"]));
    assert_eq!(driver.plan(&more, Some(&state)).await.unwrap().action, Action::NoOp);
    let others = with("/control_plane", control_plane(&["192.0.2.2"]));
    assert_eq!(driver.plan(&others, Some(&state)).await.unwrap().action, Action::Update);
}

#[tokio::test]
async fn without_a_control_plane_there_is_nothing_to_join() {
    let world = World::new();
    let harness = world.harness(&json!({})).await;
    let driver = harness.resource("kubeadm_worker").unwrap();
    let found = driver.validate(&with("/control_plane", json!([]))).unwrap();
    assert!(format!("{found:?}").contains("PLAN-NO-CONTROL-PLANE"), "{found:?}");
}

#[tokio::test]
async fn packages_that_are_missing_or_foreign_are_put_right() {
    for version in [None, Some("1.35.5-1.1".to_owned())] {
        let world = World::new();
        let harness = world.harness(&json!({})).await;
        let driver = harness.resource("kubeadm_worker").unwrap();
        let state = driver.converge(&config(), None).await.unwrap();
        world.at(ADDRESS, |machine| {
            let packages = &mut machine.membership.as_mut().unwrap().packages;
            (packages.kubectl, packages.held) = (version.clone(), false);
        });
        let found = driver.refresh(&state).await.unwrap().unwrap();
        let plan = driver.plan(&config(), Some(&found)).await.unwrap();
        assert_eq!(plan.action, Action::Update);
        assert!(plan.is_unknown("packages"), "{:?}", plan.json());
        let repaired = driver.converge(&config(), Some(&found)).await.unwrap();
        assert_eq!(repaired.json(), state.json());
    }
}

#[tokio::test]
async fn a_node_object_that_is_gone_is_made_again() {
    let world = World::new();
    let harness = world.harness(&json!({})).await;
    let driver = harness.resource("kubeadm_worker").unwrap();
    let bare =
        json!({ "control_plane": control_plane(&["192.0.2.1"]), "node": node("w1", ADDRESS) });
    let state = driver.converge(&bare, None).await.unwrap();
    world.at(ADDRESS, |machine| {
        machine.membership.as_mut().unwrap().node = Some(NodeFound::default());
    });
    let found = driver.refresh(&state).await.unwrap().unwrap();
    assert_eq!(found.json()["node_uid"], Value::Null);
    let plan = driver.plan(&bare, Some(&found)).await.unwrap();
    assert_eq!(plan.action, Action::Update);
    assert!(plan.is_unknown("node_uid") && plan.is_unknown("kubelet_version"));
    let again = driver.converge(&bare, Some(&found)).await.unwrap();
    assert_eq!(again.json(), state.json());
}
