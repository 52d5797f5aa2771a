//! What only control plane members do, on hosts in memory.

use cluster::intent::ExtraArguments;
use cluster::static_pod::Component;
use serde_json::{Value, json};
use tfplugin::testing::{Action, unknown};

use crate::double::World;
use crate::samples::{ADDRESS, member, node};

fn with(path: &str, value: Value) -> Value {
    let mut config = member();
    let (parent, name) = path.rsplit_once('/').unwrap();
    config.pointer_mut(parent).unwrap()[name] = value;
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

/// A change of the control plane's list is written down, and no host is asked for it.
#[tokio::test]
async fn a_host_more_in_the_control_plane_changes_no_other() {
    let world = World::new();
    let harness = world.harness(&json!({})).await;
    let driver = harness.resource("kubeadm_control_plane_member").unwrap();
    let state = driver.converge(&member(), None).await.unwrap();
    let more = json!([node("cp1", ADDRESS), node("cp2", "192.0.2.2")]);
    let config = with("/cluster/control_plane_nodes", more);
    world.calls();
    let next = driver.converge(&config, Some(&state)).await.unwrap();
    assert_ne!(next.json(), state.json());
    assert!(!world.calls().iter().any(|call| call.starts_with("update ")));
}

#[tokio::test]
async fn a_manifest_that_was_edited_is_shown_argument_by_argument() {
    let world = World::new();
    let harness = world.harness(&json!({})).await;
    let driver = harness.resource("kubeadm_control_plane_member").unwrap();
    let config = with("/cluster/api_server", json!({ "extra_args": { "v": ["2"] } }));
    let state = driver.converge(&config, None).await.unwrap();
    world.at(ADDRESS, |machine| {
        let membership = machine.membership.as_mut().unwrap();
        let pods = membership.static_pods.as_mut().unwrap();
        let pod = pods.get_mut(&Component::KubeApiserver).unwrap();
        pod.arguments = ExtraArguments::default().with("v", "4").with("anonymous-auth", "true");
        pods.remove(&Component::KubeScheduler);
        membership.kubelet_configuration.as_mut().unwrap().clear();
        membership.certificate_names = Some(["other.example.org".to_owned()].into());
    });
    let found = driver.refresh(&state).await.unwrap().unwrap();
    let shown = &found.json()["static_pods"]["kube-apiserver"]["arguments"];
    assert_eq!(shown, &json!({ "v": ["4"], "anonymous-auth": ["true"] }));
    assert_eq!(found.json()["static_pods"].get("kube-scheduler"), None);
    let plan = driver.plan(&config, Some(&found)).await.unwrap();
    assert_eq!((plan.action, plan.json()), (Action::Update, state.json()));
    let repaired = driver.converge(&config, Some(&found)).await.unwrap();
    assert_eq!(repaired.json(), state.json());
}

#[tokio::test]
async fn what_a_setting_changes_is_known_after_the_apply_and_the_rest_before() {
    let harness = World::new().harness(&json!({})).await;
    let driver = harness.resource("kubeadm_control_plane_member").unwrap();
    let state = driver.converge(&member(), None).await.unwrap();
    let changes = [
        ("/cluster/scheduler", json!({ "extra_args": { "v": ["2"] } }), "static_pods"),
        ("/cluster/api_server", json!({ "cert_sans": ["a.example.org"] }), "certificate_names"),
        ("/cluster/kubelet_configuration", json!("maxPods: 60"), "kubelet"),
    ];
    for (path, value, attribute) in &changes {
        let plan = driver.plan(&with(path, value.clone()), Some(&state)).await.unwrap();
        assert_eq!(plan.action, Action::Update);
        for (_, _, other) in &changes {
            assert_eq!(plan.is_unknown(other), other == attribute, "{path}: {other}");
        }
        assert_eq!(plan.json()["static_pods"]["etcd"], state.json()["static_pods"]["etcd"]);
        driver.converge(&with(path, value.clone()), Some(&state)).await.unwrap();
    }
}

/// A state that an earlier release wrote does not tell what was made of the host: what is there counts,
/// and an apply may render it anew.
#[tokio::test]
async fn what_was_never_recorded_is_taken_as_it_is_found() {
    let world = World::new();
    let harness = world.harness(&json!({})).await;
    let driver = harness.resource("kubeadm_control_plane_member").unwrap();
    let applied = driver.converge(&member(), None).await.unwrap();
    world.at(ADDRESS, |machine| {
        let pods = machine.membership.as_mut().unwrap().static_pods.as_mut().unwrap();
        pods.get_mut(&Component::Etcd).unwrap().image = "by-hand".to_owned();
    });
    let bare = driver.state(&applied.json()).unwrap();
    let found = driver.refresh(&bare).await.unwrap().unwrap();
    assert_eq!(found.json()["static_pods"]["etcd"]["image"], "by-hand");
    let plan = driver.plan(&member(), Some(&found)).await.unwrap();
    assert_eq!(plan.action, Action::NoOp);
    let labelled = driver.plan(&with("/labels", json!({ "a": "b" })), Some(&found)).await.unwrap();
    assert!(labelled.is_unknown("static_pods") && labelled.is_unknown("kubelet"));
    driver.converge(&with("/labels", json!({ "a": "b" })), Some(&found)).await.unwrap();
}

/// Certificates that end soon are named in the plan, and none is left after the apply.
#[tokio::test]
async fn certificates_that_are_due_are_renewed() {
    let world = World::new();
    let harness = world.harness(&json!({})).await;
    let driver = harness.resource("kubeadm_control_plane_member").unwrap();
    let config = with("/cluster/renew_before", json!("720h"));
    let state = driver.converge(&config, None).await.unwrap();
    assert_eq!(state.json()["certificates_due"], json!([]));
    world.at(ADDRESS, |machine| {
        let due = &mut machine.membership.as_mut().unwrap().certificates_due;
        due.insert("/etc/kubernetes/admin.conf".to_owned());
    });
    let found = driver.refresh(&state).await.unwrap().unwrap();
    assert_eq!(found.json()["certificates_due"], json!(["/etc/kubernetes/admin.conf"]));
    let plan = driver.plan(&config, Some(&found)).await.unwrap();
    assert_eq!((plan.action, plan.json()), (Action::Update, state.json()));
    let renewed = driver.converge(&config, Some(&found)).await.unwrap();
    assert_eq!(renewed.json(), state.json());

    world.at(ADDRESS, |machine| {
        let owed = &mut machine.membership.as_mut().unwrap().restarts_due;
        owed.insert(Component::Etcd);
    });
    let found = driver.refresh(&state).await.unwrap().unwrap();
    assert_eq!(found.json()["restarts_due"], json!(["etcd"]));
    let plan = driver.plan(&config, Some(&found)).await.unwrap();
    assert_eq!((plan.action, plan.json()), (Action::Update, state.json()));
}

/// Where the hosts serve the endpoint, each is told of every other: a host more shows on all.
#[tokio::test]
async fn the_endpoints_part_of_a_host_follows_the_hosts() {
    let world = World::new();
    let harness = world.harness(&json!({})).await;
    let driver = harness.resource("kubeadm_control_plane_member").unwrap();
    assert_eq!(driver.converge(&member(), None).await.unwrap().json()["endpoint"], Value::Null);
    let served = json!({ "host": "192.0.2.100", "port": 8443, "keepalived": {} });
    let config = with("/cluster/endpoint", served);
    let state = driver.converge(&config, None).await.unwrap();
    assert_eq!(state.json()["endpoint"]["services"], json!({ "haproxy.service": "running" }));

    let mut more = config.clone();
    let nodes = json!([node("cp2", "192.0.2.22"), node("cp1", ADDRESS)]);
    *more.pointer_mut("/cluster/control_plane_nodes").unwrap() = nodes;
    let plan = driver.plan(&more, Some(&state)).await.unwrap();
    assert!(plan.is_unknown("endpoint") && !plan.is_unknown("static_pods"), "{}", plan.json());
    let changed = driver.converge(&more, Some(&state)).await.unwrap();
    assert_ne!(changed.json()["endpoint"], state.json()["endpoint"]);

    world.at(ADDRESS, |machine| {
        let served = machine.membership.as_mut().unwrap().endpoint.as_mut().unwrap();
        served.services.insert("haproxy.service".to_owned(), "stopped".to_owned());
    });
    let found = driver.refresh(&changed).await.unwrap().unwrap();
    let plan = driver.plan(&more, Some(&found)).await.unwrap();
    assert_eq!((plan.action, plan.json()), (Action::Update, changed.json()));
    let external =
        with("/cluster/endpoint", json!({ "host": "192.0.2.100", "port": 8443, "external": {} }));
    let plan = driver.plan(&external, Some(&found)).await.unwrap();
    assert_eq!((plan.action, &plan.json()["endpoint"]), (Action::Update, &Value::Null));

    world.at(ADDRESS, |machine| machine.membership.as_mut().unwrap().endpoint = None);
    let unread = driver.refresh(&changed).await.unwrap().unwrap();
    assert_eq!(unread.json(), changed.json(), "what could not be read stays as it was");
}
