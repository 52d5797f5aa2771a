//! The cluster, which touches no host.

use serde_json::{Value, json};
use tfplugin::testing::{Action, unknown};

use crate::double::World;
use crate::samples::{cluster, hold_the_contract, node};

fn config() -> Value {
    let mut config = cluster(&[node("cp1", "192.0.2.1")]);
    config.as_object_mut().unwrap().remove("id");
    config
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
    let driver = harness.resource("kubeadm_cluster").unwrap();
    let base = config();
    let fix = |config: &mut Value| {
        let fields = config.as_object_mut().unwrap();
        fields.extend(base.as_object().unwrap().clone());
    };
    let accepted = hold_the_contract(&driver, fix).await;
    assert!(accepted > 10, "{accepted}");
    assert_eq!(world.calls(), Vec::<String>::new(), "no host is asked");
}

#[tokio::test]
async fn the_identity_outlives_changes() {
    let world = World::new();
    let harness = world.harness(&json!({})).await;
    let driver = harness.resource("kubeadm_cluster").unwrap();
    let state = driver.converge(&config(), None).await.unwrap();
    let newer = with("/kubernetes_version", json!("1.35.5"));
    let next = driver.converge(&newer, Some(&state)).await.unwrap();
    assert_eq!(next.json()["id"], state.json()["id"]);
    assert_eq!(state.json()["id"].as_str().unwrap().len(), 36);
}

#[tokio::test]
async fn what_a_cluster_rests_on_makes_another_cluster() {
    let world = World::new();
    let harness = world.harness(&json!({})).await;
    let driver = harness.resource("kubeadm_cluster").unwrap();
    let state = driver.converge(&config(), None).await.unwrap();
    for (path, value) in [
        ("/name", json!("other")),
        ("/endpoint/host", json!("api2.example.org")),
        ("/endpoint/host", unknown()),
        ("/networking/pod_subnet", json!("10.60.0.0/16")),
    ] {
        let plan = driver.plan(&with(path, value), Some(&state)).await.unwrap();
        assert_eq!(plan.action, Action::Replace, "{path}");
    }
    let ways = json!([node("cp1", "192.0.2.7")]);
    let plan = driver.plan(&with("/control_plane_nodes", ways), Some(&state)).await.unwrap();
    assert_eq!(plan.action, Action::Update);
}

#[tokio::test]
async fn what_is_wrong_is_said_at_its_place() {
    let world = World::new();
    let harness = world.harness(&json!({})).await;
    let driver = harness.resource("kubeadm_cluster").unwrap();
    let two = json!([node("cp1", "192.0.2.1"), node("cp2", "192.0.2.2")]);
    for (path, value, code, place) in [
        ("/kubernetes_version", json!("1.30.1"), "PLAN-VERSION-FLOOR", "kubernetes_version"),
        (
            "/networking/pod_subnet",
            json!("10.96.0.0/16"),
            "PLAN-CIDR-OVERLAP",
            "networking.pod_subnet",
        ),
        ("/control_plane_nodes", two, "PLAN-ONE-MEMBER", "control_plane_nodes"),
        ("/control_plane_nodes", json!([]), "PLAN-NO-CONTROL-PLANE", "control_plane_nodes"),
    ] {
        let found = driver.validate(&with(path, value)).unwrap();
        let said: Vec<String> =
            found.iter().map(|one| format!("{} {}", one.summary, one.path)).collect();
        let wanted = said.iter().any(|one| one.starts_with(code) && one.ends_with(place));
        assert!(wanted, "{code} at {place}: {said:?}");
    }
}

#[tokio::test]
async fn an_apply_that_was_killed_finds_its_cluster_again() {
    let world = World::new();
    let harness = world.harness(&json!({})).await;
    let driver = harness.resource("kubeadm_cluster").unwrap();
    let plan = driver.plan(&config(), None).await.unwrap();
    let again = driver.converge(&config(), None).await.unwrap();
    assert_eq!(plan.json()["id"], again.json()["id"]);
    let unknown = driver.plan(&with("/name", unknown()), None).await.unwrap();
    assert!(unknown.is_unknown("id"));
}
