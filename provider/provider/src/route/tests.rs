//! Routes in a world in memory.

use operate::ErrorKind;
use serde_json::{Value, json};
use tfplugin::testing::Action;

use crate::double::World;
use crate::samples::{hold_the_contract, node};

const ADDRESS: &str = "192.0.2.1";

fn config() -> Value {
    json!({
        "node": node("w1", ADDRESS),
        "static_routes": [{ "to": "172.20.112.0/24", "via": "10.10.10.1" }],
    })
}

#[tokio::test]
async fn the_contract_holds_for_any_configuration() {
    let world = World::new();
    let harness = world.harness(&json!({})).await;
    let driver = harness.resource("kubeadm_endpoint_route").unwrap();
    let fix = |config: &mut Value| {
        config["node"] = node("w1", ADDRESS);
        let routes = config["static_routes"].as_array_mut();
        for (index, route) in routes.into_iter().flatten().enumerate() {
            *route = json!({ "to": format!("10.{index}.0.0/16"), "via": "192.0.2.254" });
        }
        if !config["forward"].is_null() {
            config["forward"] = json!({ "between": ["10.1.0.0/16", "10.2.0.0/16"] });
        }
        config["cluster"] = Value::Null;
    };
    let accepted = hold_the_contract(&driver, fix).await;
    assert!(accepted > 12, "{accepted}");
}

#[tokio::test]
async fn a_control_plane_host_takes_no_route_to_its_own_endpoint() {
    let world = World::new();
    let harness = world.harness(&json!({})).await;
    let driver = harness.resource("kubeadm_endpoint_route").unwrap();
    let plan = |host: &str| {
        let cluster = json!({
            "endpoint": { "host": "10.200.0.1", "tailscale": { "address": null } },
            "control_plane_nodes": [{ "address": ADDRESS }],
        });
        let node = node("h1", host);
        let config =
            json!({ "node": node, "tailscale": { "accept_routes": true }, "cluster": cluster });
        let driver = &driver;
        async move { driver.plan(&config, None).await.map(drop).map_err(|error| error.to_string()) }
    };
    assert!(plan("192.0.2.9").await.is_ok());
    let told = plan(ADDRESS).await.unwrap_err();
    assert!(told.contains("PLAN-ROUTE"), "{told}");
}

#[tokio::test]
async fn a_route_that_somebody_removed_is_shown_and_put_back() {
    let world = World::new();
    let harness = world.harness(&json!({})).await;
    let driver = harness.resource("kubeadm_endpoint_route").unwrap();
    let state = driver.converge(&config(), None).await.unwrap();
    let key = "route 172.20.112.0/24";
    let kept = state.json()["settings"][key].clone();
    assert!(kept.is_string(), "{}", state.json());
    world.at(ADDRESS, |machine| machine.routes.settings.clear());
    let found = driver.refresh(&state).await.unwrap().unwrap();
    assert_eq!(found.json()["settings"], json!({}));
    let plan = driver.plan(&config(), Some(&found)).await.unwrap();
    assert_eq!((plan.action, plan.json()["settings"][key].clone()), (Action::Update, kept));
    driver.converge(&config(), Some(&found)).await.unwrap();
}

#[tokio::test]
async fn what_another_network_manager_keeps_by_now_is_not_promised() {
    let world = World::new();
    let harness = world.harness(&json!({})).await;
    let driver = harness.resource("kubeadm_endpoint_route").unwrap();
    let state = driver.converge(&config(), None).await.unwrap();
    world.at(ADDRESS, |machine| machine.routes.moved = true);
    let found = driver.refresh(&state).await.unwrap().unwrap();
    let plan = driver.plan(&config(), Some(&found)).await.unwrap();
    assert_eq!((plan.action, plan.json()["settings"].clone()), (Action::Update, Value::Null));
}

#[tokio::test]
async fn a_changed_route_changes_what_is_kept() {
    let world = World::new();
    let harness = world.harness(&json!({})).await;
    let driver = harness.resource("kubeadm_endpoint_route").unwrap();
    let state = driver.converge(&config(), None).await.unwrap();
    let mut other = config();
    other["static_routes"][0]["via"] = json!("10.10.10.2");
    let plan = driver.plan(&other, Some(&state)).await.unwrap();
    assert_eq!(
        (plan.action, plan.json()["settings"].clone()),
        (Action::Update, Value::Null),
        "not known yet"
    );
    other["node"] = node("w1", "192.0.2.9");
    let plan = driver.plan(&other, Some(&state)).await.unwrap();
    assert_eq!(plan.action, Action::Replace);
}

#[tokio::test]
async fn hosts_that_come_and_go_are_no_change_of_a_route() {
    let world = World::new();
    let harness = world.harness(&json!({})).await;
    let driver = harness.resource("kubeadm_endpoint_route").unwrap();
    let mut config = config();
    config["peers"] = json!([{ "address": "172.20.112.11" }]);
    let state = driver.converge(&config, None).await.unwrap();
    config["peers"] = json!([{ "address": "172.20.112.11" }, { "address": "172.20.112.12" }]);
    config["cluster"] = json!({ "endpoint": { "host": "172.20.112.11" } });
    let plan = driver.plan(&config, Some(&state)).await.unwrap();
    assert_eq!(plan.action, Action::NoOp);
    config["cluster"] = json!({ "networking": { "pod_subnet": "172.20.0.0/16" } });
    assert!(driver.plan(&config, Some(&state)).await.is_err(), "it is looked at all the same");
}

#[tokio::test]
async fn a_silent_host_keeps_its_routes_and_may_leave_them() {
    let world = World::new();
    let harness = world.harness(&json!({})).await;
    let driver = harness.resource("kubeadm_endpoint_route").unwrap();
    let state = driver.converge(&config(), None).await.unwrap();
    world.at(ADDRESS, |machine| machine.failure = Some(ErrorKind::Unreachable));
    let found = driver.refresh(&state).await.unwrap().unwrap();
    assert_eq!(found.json(), state.json());
    driver.destroy(&found).await.unwrap();
    world.at(ADDRESS, |machine| {
        assert!(!machine.routes.settings.is_empty(), "nothing was changed there");
    });
}

#[tokio::test]
async fn an_import_takes_the_arguments_from_the_host() {
    let world = World::new();
    let harness = world.harness(&json!({})).await;
    let driver = harness.resource("kubeadm_endpoint_route").unwrap();
    driver.converge(&config(), None).await.unwrap();
    let imported = driver.import_id("w1@192.0.2.1").await.unwrap();
    let found = driver.refresh(&imported).await.unwrap().unwrap();
    assert_eq!(found.json()["static_routes"][0]["via"], "10.10.10.1");
    assert_eq!(found.json()["id"], "w1");
}

#[tokio::test]
async fn a_route_into_the_range_of_pods_is_refused_at_plan() {
    let world = World::new();
    let harness = world.harness(&json!({})).await;
    let driver = harness.resource("kubeadm_endpoint_route").unwrap();
    let mut config = config();
    config["cluster"] = json!({ "networking": { "pod_subnet": "172.20.0.0/16" } });
    let error = format!("{:?}", driver.plan(&config, None).await.unwrap_err());
    assert!(error.contains("PLAN-ROUTE-OVERLAP"), "{error}");
}
