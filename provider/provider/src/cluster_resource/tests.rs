//! The cluster, on hosts in memory.

use cluster::shared::SharedObject;
use operate::ErrorKind;
use serde_json::{Value, json};
use tfplugin::testing::{Action, unknown};

use crate::double::World;
use crate::samples::{cluster, hold_the_contract, member, node};

fn config() -> Value {
    let mut config = cluster(&[node("cp1", "192.0.2.1")]);
    config.as_object_mut().unwrap().remove("id");
    config
}

fn of_etcd(etcd: &Value) -> Value {
    with("/etcd", etcd.clone())
}

fn with(path: &str, value: Value) -> Value {
    let mut config = config();
    config["etcd"] = Value::Null;
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
    assert!(accepted > 8, "{accepted}");
    let looks = world.calls().iter().all(|call| call.starts_with("look through"));
    assert!(looks, "no host is changed");
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
async fn another_kind_of_etcd_makes_another_cluster() {
    let world = World::new();
    let harness = world.harness(&json!({})).await;
    let driver = harness.resource("kubeadm_cluster").unwrap();
    let external = |endpoint: &str| json!({ "external": { "endpoints": [endpoint] } });
    let (none, local) = (Value::Null, json!({ "local": { "image_tag": "3.6.6-0" } }));
    let (first, second) = (external("http://192.0.2.51:2379"), external("http://192.0.2.52:2379"));
    for (prior, next, action) in [
        (&none, &first, Action::Replace),
        (&local, &first, Action::Replace),
        (&first, &local, Action::Replace),
        (&first, &none, Action::Replace),
        (&first, &second, Action::Update),
        (&none, &local, Action::Update),
        (&first, &unknown(), Action::Update),
        (&first, &first, Action::NoOp),
    ] {
        let state = driver.converge(&of_etcd(prior), None).await.unwrap();
        let plan = driver.plan(&of_etcd(next), Some(&state)).await.unwrap();
        assert_eq!(plan.action, action, "{prior} {next}");
    }
}

#[tokio::test]
async fn what_is_wrong_is_said_at_its_place() {
    let world = World::new();
    let harness = world.harness(&json!({})).await;
    let driver = harness.resource("kubeadm_cluster").unwrap();
    for (path, value, code, place) in [
        ("/kubernetes_version", json!("1.30.1"), "PLAN-VERSION-FLOOR", "kubernetes_version"),
        (
            "/networking/pod_subnet",
            json!("10.96.0.0/16"),
            "PLAN-CIDR-OVERLAP",
            "networking.pod_subnet",
        ),
        ("/control_plane_nodes", json!([]), "PLAN-NO-CONTROL-PLANE", "control_plane_nodes"),
        (
            "/etcd",
            json!({ "external": { "endpoints": ["https://192.0.2.51"] } }),
            "PLAN-ETCD-ENDPOINT",
            "etcd.external.endpoints[0]",
        ),
        (
            "/etcd",
            json!({ "external": { "endpoints": ["https://192.0.2.51:2379"] } }),
            "PLAN-ETCD-FILES",
            "etcd.external.key_file",
        ),
        (
            "/etcd",
            json!({ "external": { "endpoints": ["http://192.0.2.51:2379"] }, "local": {} }),
            "PLAN-ETCD-BOTH",
            "etcd.external",
        ),
    ] {
        let found = driver.validate(&with(path, value)).unwrap();
        let said: Vec<String> =
            found.iter().map(|one| format!("{} {}", one.summary, one.path)).collect();
        let wanted = said.iter().any(|one| one.starts_with(code) && one.ends_with(place));
        assert!(wanted, "{code} at {place}: {said:?}");
    }
}

#[tokio::test]
async fn not_every_control_plane_host_is_replaced_at_once() {
    let world = World::new();
    let harness = world.harness(&json!({})).await;
    let driver = harness.resource("kubeadm_cluster").unwrap();
    let host = |name: &str, address: &str, machine: Value| {
        let mut host = node(name, address);
        host["machine_id"] = machine;
        host
    };
    let (one, two) = (host("cp1", "192.0.2.1", json!("m1")), host("cp2", "192.0.2.2", json!("m2")));
    let with_hosts = |hosts: &[&Value]| with("/control_plane_nodes", json!(hosts));
    let state = driver.converge(&with_hosts(&[&one, &two]), None).await.unwrap();
    let rebuilt = host("cp2", "192.0.2.2", unknown());
    driver.plan(&with_hosts(&[&one, &rebuilt]), Some(&state)).await.unwrap();
    driver.plan(&with_hosts(&[&two]), Some(&state)).await.unwrap();
    let rebuilt_too = host("cp1", "192.0.2.1", json!("m9"));
    let all = with_hosts(&[&rebuilt_too, &rebuilt]);
    let failure = driver.plan(&all, Some(&state)).await.unwrap_err();
    let said = format!("{:?}", failure.diagnostics());
    assert!(said.contains("PLAN-REPLACE-ALL") && said.contains("cp1, cp2"), "{said}");
    let single = driver.converge(&with_hosts(&[&one]), None).await.unwrap();
    driver.plan(&with_hosts(&[&rebuilt_too]), Some(&single)).await.unwrap();
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

/// Before the first member there is nothing; then what is not the intent's is shown, and put back.
#[tokio::test]
async fn what_members_share_is_kept() {
    let world = World::new();
    let harness = world.harness(&json!({})).await;
    let driver = harness.resource("kubeadm_cluster").unwrap();
    let state = driver.converge(&config(), None).await.unwrap();
    assert_eq!(state.json()["shared_objects"], Value::Null);
    let members = harness.resource("kubeadm_control_plane_member").unwrap();
    members.converge(&member(), None).await.unwrap();
    let state = driver.refresh(&state).await.unwrap().unwrap();
    let plan = driver.plan(&config(), Some(&state)).await.unwrap();
    assert_eq!(plan.action, Action::NoOp, "{:?}", plan.json());

    world.shared(|shared| {
        let shared = shared.as_mut().unwrap();
        let document = shared.objects.get_mut(&SharedObject::KubeadmConfig).unwrap();
        document.insert("apiServer.extraArgs.v".to_owned(), "4".to_owned());
        document.remove("networking.podSubnet");
    });
    let edited = driver.refresh(&state).await.unwrap().unwrap();
    let plan = driver.plan(&config(), Some(&edited)).await.unwrap();
    assert_eq!((plan.action, plan.json()), (Action::Update, state.json()));
    let repaired = driver.converge(&config(), Some(&edited)).await.unwrap();
    assert_eq!(repaired.json(), state.json());

    let mut wanted = config();
    wanted["api_server"] = json!({ "extra_args": { "v": ["2"] } });
    let next = driver.converge(&wanted, Some(&state)).await.unwrap();
    let shown = &next.json()["shared_objects"]["kubeadm-config"]["apiServer.extraArgs.v"];
    assert_eq!(shown, "2");
}

#[tokio::test]
async fn restarts_that_are_owed_and_leftovers_are_made_up_for() {
    let world = World::new();
    let harness = world.harness(&json!({})).await;
    let driver = harness.resource("kubeadm_cluster").unwrap();
    let state = driver.converge(&config(), None).await.unwrap();
    let members = harness.resource("kubeadm_control_plane_member").unwrap();
    members.converge(&member(), None).await.unwrap();
    let state = driver.refresh(&state).await.unwrap().unwrap();
    for (attribute, found) in
        [("kube_proxy_outdated", "w1"), ("bootstrap_leftovers", "bootstrap-token-abcdef")]
    {
        world.shared(|shared| {
            let shared = shared.as_mut().unwrap();
            let names = [found.to_owned()].into();
            match attribute {
                "kube_proxy_outdated" => shared.outdated_proxies = names,
                _ => shared.bootstrap_leftovers = names,
            }
        });
        let owed = driver.refresh(&state).await.unwrap().unwrap();
        assert_eq!(owed.json()[attribute], json!([found]));
        let plan = driver.plan(&config(), Some(&owed)).await.unwrap();
        assert_eq!((plan.action, plan.json()), (Action::Update, state.json()), "{attribute}");
        driver.apply(&plan, &config()).await.unwrap();
        let repaired = driver.refresh(&state).await.unwrap().unwrap();
        assert_eq!(repaired.json(), state.json(), "{attribute}");
    }
}

/// The API was silent at every look: settings that change come to the members all the same.
#[tokio::test]
async fn settings_change_also_where_nothing_was_ever_seen() {
    let world = World::new();
    let harness = world.harness(&json!({})).await;
    let driver = harness.resource("kubeadm_cluster").unwrap();
    let state = driver.converge(&config(), None).await.unwrap();
    let members = harness.resource("kubeadm_control_plane_member").unwrap();
    members.converge(&member(), None).await.unwrap();
    let mut wanted = config();
    wanted["scheduler"] = json!({ "extra_args": { "v": ["2"] } });
    let plan = driver.plan(&wanted, Some(&state)).await.unwrap();
    driver.apply(&plan, &wanted).await.unwrap();
    let mut value = None;
    world.shared(|shared| {
        let document = &shared.as_ref().unwrap().objects[&SharedObject::KubeadmConfig];
        value = document.get("scheduler.extraArgs.v").cloned();
    });
    assert_eq!(value.as_deref(), Some("2"));
}

/// The first member was begun with settings that do not run: they are corrected before any API answers.
#[tokio::test]
async fn settings_of_a_half_made_cluster_may_change() {
    let world = World::new();
    let harness = world.harness(&json!({})).await;
    let driver = harness.resource("kubeadm_cluster").unwrap();
    let state = driver.converge(&config(), None).await.unwrap();
    world.at("192.0.2.1", |machine| machine.failure = Some(ErrorKind::Unreachable));
    let mut wanted = config();
    wanted["scheduler"] = json!({ "extra_args": { "v": ["2"] } });
    let plan = driver.plan(&wanted, Some(&state)).await.unwrap();
    let next = driver.apply(&plan, &wanted).await.unwrap();
    assert_eq!(next.json()["shared_objects"], Value::Null);
}
