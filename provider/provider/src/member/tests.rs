//! The control plane member on hosts in memory.

use operate::ErrorKind;
use operate::membership::NodeFound;
use serde_json::{Value, json};
use tfplugin::testing::{Action, unknown};

use crate::double::World;
use crate::samples::{cluster, hold_the_contract, node};

const ADDRESS: &str = "192.0.2.1";

fn config() -> Value {
    let node = node("cp1", ADDRESS);
    json!({ "cluster": cluster(std::slice::from_ref(&node)), "node": node, "labels": { "tier": "a" } })
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
    let driver = harness.resource("kubeadm_control_plane_member").unwrap();
    let base = config();
    let fix = |config: &mut Value| {
        config["cluster"] = base["cluster"].clone();
        config["node"] = base["node"].clone();
    };
    let accepted = hold_the_contract(&driver, fix).await;
    assert!(accepted > 24, "{accepted}");
}

#[tokio::test]
async fn what_is_ours_and_changed_by_hand_is_put_back() {
    let world = World::new();
    let harness = world.harness(&json!({})).await;
    let driver = harness.resource("kubeadm_control_plane_member").unwrap();
    let state = driver.converge(&config(), None).await.unwrap();
    world.at(ADDRESS, |machine| {
        let membership = machine.membership.as_mut().unwrap();
        membership.kubelet.enabled = false;
        let node = membership.node.as_mut().unwrap();
        node.labels.insert("tier".to_owned(), "b".to_owned());
    });
    let found = driver.refresh(&state).await.unwrap().unwrap();
    assert_eq!(found.json()["labels"]["tier"], "b");
    let plan = driver.plan(&config(), Some(&found)).await.unwrap();
    assert_eq!(plan.action, Action::Update);
    assert_eq!(plan.json(), state.json());
    let repaired = driver.converge(&config(), Some(&found)).await.unwrap();
    assert_eq!(repaired.json(), state.json());
}

#[tokio::test]
async fn an_api_that_is_silent_says_nothing_of_the_node_object() {
    let world = World::new();
    let harness = world.harness(&json!({})).await;
    let driver = harness.resource("kubeadm_control_plane_member").unwrap();
    let state = driver.converge(&config(), None).await.unwrap();
    world.at(ADDRESS, |machine| {
        let membership = machine.membership.as_mut().unwrap();
        (membership.node, membership.api_silent) = (None, Some("refused".to_owned()));
    });
    let found = driver.refresh(&state).await.unwrap().unwrap();
    assert_eq!(found.json(), state.json());
}

#[tokio::test]
async fn a_silent_host_keeps_the_state_and_a_clean_one_drops_it() {
    let world = World::new();
    let harness = world.harness(&json!({})).await;
    let driver = harness.resource("kubeadm_control_plane_member").unwrap();
    let state = driver.converge(&config(), None).await.unwrap();
    world.at(ADDRESS, |machine| machine.failure = Some(ErrorKind::Unreachable));
    assert_eq!(driver.refresh(&state).await.unwrap().unwrap().json(), state.json());
    world.at(ADDRESS, |machine| (machine.failure, machine.membership) = (None, None));
    assert!(driver.refresh(&state).await.unwrap().is_none());
}

#[tokio::test]
async fn a_failed_init_saves_nothing() {
    let world = World::new();
    let harness = world.harness(&json!({})).await;
    let driver = harness.resource("kubeadm_control_plane_member").unwrap();
    world.at(ADDRESS, |machine| machine.failure = Some(ErrorKind::Command));
    let failure = driver.converge(&config(), None).await.unwrap_err();
    assert!(failure.saved().is_none(), "a tainted member would be destroyed by the next apply");
}

#[tokio::test]
async fn another_machine_or_cluster_is_another_member() {
    let world = World::new();
    let harness = world.harness(&json!({})).await;
    let driver = harness.resource("kubeadm_control_plane_member").unwrap();
    let state = driver.converge(&config(), None).await.unwrap();
    for (path, value) in [
        ("/node/machine_id", json!("other")),
        ("/node/machine_id", unknown()),
        ("/cluster/id", unknown()),
    ] {
        let plan = driver.plan(&with(path, value), Some(&state)).await.unwrap();
        assert_eq!(plan.action, Action::Replace, "{path}");
    }
}

#[tokio::test]
async fn a_host_more_in_the_control_plane_is_no_change() {
    let world = World::new();
    let harness = world.harness(&json!({})).await;
    let driver = harness.resource("kubeadm_control_plane_member").unwrap();
    let state = driver.converge(&config(), None).await.unwrap();
    let more = json!([node("cp1", ADDRESS), { "name": "cp2", "address": unknown(), "machine_id": unknown() }]);
    let plan =
        driver.plan(&with("/cluster/control_plane_nodes", more), Some(&state)).await.unwrap();
    assert_eq!(plan.action, Action::NoOp);
}

#[tokio::test]
async fn a_running_control_plane_is_not_changed_behind_its_back() {
    let world = World::new();
    let harness = world.harness(&json!({})).await;
    let driver = harness.resource("kubeadm_control_plane_member").unwrap();
    let state = driver.converge(&config(), None).await.unwrap();
    for (path, value, code) in [
        ("/cluster/kubernetes_version", json!("1.35.5"), "PLAN-RECONFIGURE"),
        ("/cluster/endpoint/host", json!("api2.example.org"), "PLAN-ENDPOINT-IMMUTABLE"),
    ] {
        let failure = driver.plan(&with(path, value), Some(&state)).await.unwrap_err();
        let said = format!("{:?}", failure.diagnostics());
        assert!(said.contains(code), "{said}");
    }
}

#[tokio::test]
async fn a_member_that_is_replaced_may_change_its_cluster() {
    let world = World::new();
    let harness = world.harness(&json!({})).await;
    let driver = harness.resource("kubeadm_control_plane_member").unwrap();
    let state = driver.converge(&config(), None).await.unwrap();
    for (path, value) in
        [("/name", json!("cp9")), ("/machine_id", json!("other")), ("/machine_id", unknown())]
    {
        let mut config = with("/cluster/endpoint/host", json!("api2.example.org"));
        for place in ["/node", "/cluster/control_plane_nodes/0"] {
            *config.pointer_mut(&format!("{place}{path}")).unwrap() = value.clone();
        }
        let plan = driver.plan(&config, Some(&state)).await.unwrap();
        assert_eq!(plan.action, Action::Replace, "{path}");
    }
}

#[tokio::test]
async fn what_is_gone_of_a_member_is_made_again() {
    let world = World::new();
    let harness = world.harness(&json!({})).await;
    let driver = harness.resource("kubeadm_control_plane_member").unwrap();
    let state = driver.converge(&config(), None).await.unwrap();
    world.at(ADDRESS, |machine| {
        let membership = machine.membership.as_mut().unwrap();
        membership.node = Some(NodeFound::default());
        membership.packages.kubeadm = None;
    });
    let found = driver.refresh(&state).await.unwrap().unwrap();
    let plan = driver.plan(&config(), Some(&found)).await.unwrap();
    assert!(plan.is_unknown("node_uid") && plan.is_unknown("packages"), "{:?}", plan.json());
    let again = driver.converge(&config(), Some(&found)).await.unwrap();
    assert_eq!(again.json(), state.json());
}
