//! What only control plane members do, on hosts in memory.

use serde_json::{Value, json};
use tfplugin::testing::{Action, unknown};

use crate::double::World;
use crate::samples::{ADDRESS, member, node};

fn with(path: &str, value: Value) -> Value {
    let mut config = member();
    *config.pointer_mut(path).unwrap() = value;
    config
}

/// Who leaves later has to know who is there: the state of a member follows the cluster's list.
#[tokio::test]
async fn a_host_more_in_the_control_plane_is_known_to_every_member() {
    let harness = World::new().harness(&json!({})).await;
    let driver = harness.resource("kubeadm_control_plane_member").unwrap();
    let state = driver.converge(&member(), None).await.unwrap();
    let more = json!([node("cp1", ADDRESS), { "name": "cp2", "address": unknown(), "machine_id": unknown() }]);
    let plan =
        driver.plan(&with("/cluster/control_plane_nodes", more), Some(&state)).await.unwrap();
    assert_eq!(plan.action, Action::Update);
}

#[tokio::test]
async fn a_running_control_plane_is_not_changed_behind_its_back() {
    let harness = World::new().harness(&json!({})).await;
    let driver = harness.resource("kubeadm_control_plane_member").unwrap();
    let state = driver.converge(&member(), None).await.unwrap();
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
    let harness = World::new().harness(&json!({})).await;
    let driver = harness.resource("kubeadm_control_plane_member").unwrap();
    let state = driver.converge(&member(), None).await.unwrap();
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
