//! The node on hosts in memory.

use operate::ErrorKind;
use serde_json::{Value, json};
use tfplugin::testing::{Action, unknown};

use crate::double::World;
use crate::samples::hold_the_contract;

const ADDRESS: &str = "192.0.2.1";

fn config() -> Value {
    json!({ "name": "w1", "address": ADDRESS, "sysctls": { "vm.max_map_count": "262144" } })
}

fn with(more: &Value) -> Value {
    let mut config = config();
    let fields = config.as_object_mut().unwrap();
    fields.extend(more.as_object().unwrap().clone());
    config
}

#[tokio::test]
async fn the_contract_holds_for_any_configuration() {
    let world = World::new();
    let harness = world.harness(&json!({ "ssh_profiles": { "other": { "port": 2200 } } })).await;
    let node = harness.resource("kubeadm_node").unwrap();
    // At another address another machine may answer, which is refused.
    let stay = |config: &mut Value| config["address"] = json!(ADDRESS);
    let accepted = hold_the_contract(&node, stay).await;
    assert!(accepted > 24, "{accepted}");
}

#[tokio::test]
async fn drift_is_what_was_found_against_what_is_wanted() {
    let world = World::new();
    let harness = world.harness(&json!({})).await;
    let node = harness.resource("kubeadm_node").unwrap();
    let state = node.converge(&config(), None).await.unwrap();
    world.at(ADDRESS, |machine| {
        machine.settings.sysctls.insert("net.ipv4.ip_forward".to_owned(), "0".to_owned());
        machine.settings.container_runtime.enabled = false;
        machine.settings.files.clear();
    });
    let found = node.refresh(&state).await.unwrap().unwrap();
    assert_eq!(found.json()["settings"]["sysctls"]["net.ipv4.ip_forward"], "0");
    let plan = node.plan(&config(), Some(&found)).await.unwrap();
    assert_eq!(plan.action, Action::Update);
    assert!(!plan.is_unknown("settings"), "what is wanted is known");
    assert_eq!(plan.json()["settings"], state.json()["settings"]);
    let repaired = node.converge(&config(), Some(&found)).await.unwrap();
    assert_eq!(repaired.json(), state.json());
}

#[tokio::test]
async fn silence_keeps_the_state() {
    let world = World::new();
    let harness = world.harness(&json!({})).await;
    let node = harness.resource("kubeadm_node").unwrap();
    let state = node.converge(&config(), None).await.unwrap();
    for kind in [ErrorKind::Unreachable, ErrorKind::Disconnected, ErrorKind::HostKey] {
        world.at(ADDRESS, |machine| machine.failure = Some(kind));
        let kept = node.refresh(&state).await.unwrap().unwrap();
        assert_eq!(kept.json(), state.json());
    }
    world.at(ADDRESS, |machine| machine.failure = Some(ErrorKind::Host));
    assert!(node.refresh(&state).await.is_err(), "a refused login is an error");
}

#[tokio::test]
async fn a_machine_that_is_gone_or_rebuilt_can_be_removed() {
    for kind in [ErrorKind::Unreachable, ErrorKind::HostKey] {
        let world = World::new();
        let harness = world.harness(&json!({})).await;
        let node = harness.resource("kubeadm_node").unwrap();
        let state = node.converge(&config(), None).await.unwrap();
        world.at(ADDRESS, |machine| machine.failure = Some(kind));
        node.destroy(&state).await.unwrap();
    }
}

#[tokio::test]
async fn a_removal_that_takes_too_long_fails() {
    let world = World::new();
    let harness = world.harness(&json!({})).await;
    let node = harness.resource("kubeadm_node").unwrap();
    let state = node.converge(&config(), None).await.unwrap();
    world.at(ADDRESS, |machine| machine.failure = Some(ErrorKind::Timeout));
    assert!(node.destroy(&state).await.is_err(), "the host is there, and not cleaned");
}

#[tokio::test]
async fn another_machine_is_another_node() {
    let world = World::new();
    let harness = world.harness(&json!({})).await;
    let node = harness.resource("kubeadm_node").unwrap();
    let state = node.converge(&config(), None).await.unwrap();
    world.at(ADDRESS, |machine| machine.id = "rebuilt".to_owned());
    let found = node.refresh(&state).await.unwrap().unwrap();
    assert_eq!(found.json(), state.json(), "the state is of the machine that was prepared");
    let plan = node.plan(&config(), Some(&found)).await.unwrap();
    assert_eq!(plan.action, Action::Replace);
    let next = node.converge(&config(), Some(&found)).await.unwrap();
    assert_eq!(next.json()["machine_id"], "rebuilt");
}

#[tokio::test]
async fn another_instance_is_another_node_even_before_it_is_known() {
    let world = World::new();
    let harness = world.harness(&json!({})).await;
    let node = harness.resource("kubeadm_node").unwrap();
    let state = node.converge(&with(&json!({ "instance_id": "a" })), None).await.unwrap();
    let config = with(&json!({ "instance_id": unknown() }));
    let plan = node.plan(&config, Some(&state)).await.unwrap();
    assert_eq!(plan.action, Action::Replace);
}

#[tokio::test]
async fn a_new_address_must_lead_to_the_same_machine() {
    let world = World::new();
    let harness = world.harness(&json!({})).await;
    let node = harness.resource("kubeadm_node").unwrap();
    let state = node.converge(&config(), None).await.unwrap();
    let moved = with(&json!({ "address": "192.0.2.2" }));
    let plan = node.plan(&moved, Some(&state)).await.unwrap();
    assert_eq!(plan.action, Action::Update);
    world.calls();
    let failure = node.apply(&plan, &moved).await.unwrap_err();
    let said = format!("{:?}", failure.diagnostics());
    assert!(said.contains("machine-192.0.2.2"), "{said}");
    assert!(!world.calls().contains(&"prepare w1".to_owned()), "nothing is changed there");
    world.at("192.0.2.2", |machine| machine.id = "machine-192.0.2.1".to_owned());
    node.apply(&plan, &moved).await.unwrap();
}

#[tokio::test]
async fn a_failed_preparation_saves_nothing() {
    let world = World::new();
    let harness = world.harness(&json!({})).await;
    let node = harness.resource("kubeadm_node").unwrap();
    world.at(ADDRESS, |machine| machine.failure = Some(ErrorKind::Command));
    let failure = node.converge(&config(), None).await.unwrap_err();
    assert!(failure.saved().is_none(), "the next create goes on from the host's record");
}

#[tokio::test]
async fn a_prepared_host_is_imported_whole() {
    let world = World::new();
    let harness = world.harness(&json!({})).await;
    let node = harness.resource("kubeadm_node").unwrap();
    let state = node.converge(&config(), None).await.unwrap();
    let by_id = node.import_id(&format!("w1@{ADDRESS}")).await.unwrap();
    let identity = json!({ "name": "w1", "address": ADDRESS });
    for imported in [by_id, node.import_identity(&identity).await.unwrap()] {
        let found = node.refresh(&imported).await.unwrap().unwrap();
        assert_eq!(found.json(), state.json());
        let plan = node.plan(&config(), Some(&found)).await.unwrap();
        assert_eq!(plan.action, Action::NoOp);
    }
}

#[tokio::test]
async fn an_unknown_profile_is_named_with_those_that_exist() {
    let world = World::new();
    let config = json!({ "ssh_profiles": { "rocky": {}, "debian": {} } });
    let harness = world.harness(&config).await;
    let node = harness.resource("kubeadm_node").unwrap();
    let wrong = with(&json!({ "ssh_profile": "roky" }));
    let said = format!("{:?}", node.plan(&wrong, None).await.unwrap_err().diagnostics());
    assert!(said.contains("roky") && said.contains("debian, rocky"), "{said}");
}

#[tokio::test]
async fn another_version_of_kubernetes_changes_no_file_of_the_node() {
    let world = World::new();
    let harness = world.harness(&json!({})).await;
    let node = harness.resource("kubeadm_node").unwrap();
    let packages =
        |version: &str| with(&json!({ "packages": { "kubernetes": { "version": version } } }));
    let refused = node.plan(&packages("v1.35.4"), None).await.unwrap_err();
    let paths: Vec<_> = refused.diagnostics().iter().map(|found| found.path.to_string()).collect();
    assert_eq!(paths, ["packages.kubernetes.version"]);
    let state = node.converge(&packages("1.35.4"), None).await.unwrap();
    let plan = node.plan(&packages("1.36.0"), Some(&state)).await.unwrap();
    assert_eq!(plan.action, Action::Update);
    assert_eq!(plan.json()["settings"], state.json()["settings"]);
    let plan = node.plan(&packages("1.35.4"), Some(&state)).await.unwrap();
    assert_eq!(plan.action, Action::NoOp);
}

#[tokio::test]
async fn a_provider_that_is_not_known_yet_plans() {
    let world = World::new();
    let harness = world.harness(&json!({ "ssh": { "private_key": unknown() } })).await;
    let node = harness.resource("kubeadm_node").unwrap();
    let plan = node.plan(&config(), None).await.unwrap();
    assert_eq!(plan.action, Action::Create);
    assert_eq!(plan.json()["settings"]["swap"], "off");
}
