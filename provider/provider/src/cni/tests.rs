//! The pod network in a world in memory.

use operate::membership::ObjectState;
use serde_json::{Value, json};
use tfplugin::testing::{Action, unknown};

use crate::double::World;
use crate::samples::{control_plane, hold_the_contract};

fn config() -> Value {
    json!({ "control_plane": control_plane(&["192.0.2.1"]), "flannel": {} })
}

#[tokio::test]
async fn the_contract_holds_for_any_configuration() {
    let world = World::new();
    let harness = world.harness(&json!({})).await;
    let driver = harness.resource("kubeadm_cni").unwrap();
    let fix = |config: &mut Value| {
        config["control_plane"] = control_plane(&["192.0.2.1"]);
        if config["flannel"].is_null() {
            config["flannel"] = json!({});
        }
    };
    let accepted = hold_the_contract(&driver, fix).await;
    assert!(accepted > 12, "{accepted}");
}

#[tokio::test]
async fn objects_changed_by_hand_are_put_back() {
    let world = World::new();
    let harness = world.harness(&json!({})).await;
    let driver = harness.resource("kubeadm_cni").unwrap();
    let state = driver.converge(&config(), None).await.unwrap();
    let key = "ConfigMap/kube-flannel/kube-flannel-cfg";
    assert_eq!(state.json()["objects"][key], "in sync");
    world.objects(|objects| {
        objects.insert(key.to_owned(), ObjectState::Changed);
    });
    let found = driver.refresh(&state).await.unwrap().unwrap();
    assert_eq!(found.json()["objects"][key], "changed");
    let plan = driver.plan(&config(), Some(&found)).await.unwrap();
    assert_eq!(
        (plan.action, plan.json()["objects"][key].clone()),
        (Action::Update, json!("in sync"))
    );
    driver.converge(&config(), Some(&found)).await.unwrap();
}

#[tokio::test]
async fn a_network_of_which_nothing_is_left_is_made_anew() {
    let world = World::new();
    let harness = world.harness(&json!({})).await;
    let driver = harness.resource("kubeadm_cni").unwrap();
    let state = driver.converge(&config(), None).await.unwrap();
    world.objects(|objects| objects.values_mut().for_each(|it| *it = ObjectState::Missing));
    assert!(driver.refresh(&state).await.unwrap().is_none());
}

#[tokio::test]
async fn another_cluster_has_another_network() {
    let world = World::new();
    let harness = world.harness(&json!({})).await;
    let driver = harness.resource("kubeadm_cni").unwrap();
    let state = driver.converge(&config(), None).await.unwrap();
    let mut other = config();
    other["control_plane"][0]["cluster"]["id"] = unknown();
    assert_eq!(driver.plan(&other, Some(&state)).await.unwrap().action, Action::Replace);
}

#[tokio::test]
async fn what_is_missing_is_said() {
    let world = World::new();
    let harness = world.harness(&json!({})).await;
    let driver = harness.resource("kubeadm_cni").unwrap();
    let mut none = config();
    none["flannel"] = Value::Null;
    assert!(format!("{:?}", driver.validate(&none).unwrap()).contains("PLAN-NO-CNI"));
    let mut without_range = config();
    without_range["control_plane"][0]["cluster"]["networking"] = json!({});
    let said = format!("{:?}", driver.validate(&without_range).unwrap());
    assert!(said.contains("PLAN-POD-SUBNET-REQUIRED"), "{said}");
}
