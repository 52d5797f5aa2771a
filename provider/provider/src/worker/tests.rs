//! What only workers do, on hosts in memory.

use serde_json::{Value, json};
use tfplugin::testing::Action;

use crate::double::World;
use crate::samples::{ADDRESS, control_plane, worker};

fn with(path: &str, value: Value) -> Value {
    let mut config = worker();
    *config.pointer_mut(path).unwrap() = value;
    config
}

#[tokio::test]
async fn an_empty_value_of_a_taint_is_an_absent_one() {
    let world = World::new();
    let harness = world.harness(&json!({})).await;
    let driver = harness.resource("kubeadm_worker").unwrap();
    let state = driver.converge(&worker(), None).await.unwrap();
    world.at(ADDRESS, |machine| {
        let node = machine.membership.as_mut().unwrap().node.as_mut().unwrap();
        node.taints.as_mut().unwrap()[0].value = None;
    });
    assert_eq!(driver.refresh(&state).await.unwrap().unwrap().json(), state.json());
}

#[tokio::test]
async fn a_change_of_the_control_plane_is_none_of_a_worker() {
    let harness = World::new().harness(&json!({})).await;
    let driver = harness.resource("kubeadm_worker").unwrap();
    let config = |addresses: &[&str]| with("/control_plane", control_plane(addresses));
    let two = config(&["192.0.2.1", "192.0.2.2"]);
    let state = driver.converge(&two, None).await.unwrap();
    let more = config(&["192.0.2.1", "192.0.2.2", "192.0.2.3"]);
    assert_eq!(driver.plan(&more, Some(&state)).await.unwrap().action, Action::NoOp);
    let fewer = config(&["192.0.2.2"]);
    assert_eq!(driver.plan(&fewer, Some(&state)).await.unwrap().action, Action::NoOp);
    let others = config(&["192.0.2.2", "192.0.2.3"]);
    assert_eq!(driver.plan(&others, Some(&state)).await.unwrap().action, Action::Update);
}

#[tokio::test]
async fn another_name_is_another_worker() {
    let harness = World::new().harness(&json!({})).await;
    let driver = harness.resource("kubeadm_worker").unwrap();
    let state = driver.converge(&worker(), None).await.unwrap();
    let plan = driver.plan(&with("/node/name", json!("w9")), Some(&state)).await.unwrap();
    assert_eq!(plan.action, Action::Replace);
}

#[tokio::test]
async fn without_a_control_plane_there_is_nothing_to_join() {
    let harness = World::new().harness(&json!({})).await;
    let driver = harness.resource("kubeadm_worker").unwrap();
    let found = driver.validate(&with("/control_plane", json!([]))).unwrap();
    assert!(format!("{found:?}").contains("PLAN-NO-CONTROL-PLANE"), "{found:?}");
}
