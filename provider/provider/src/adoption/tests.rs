//! Imports, on hosts in memory.

use operate::membership::MembershipFound;
use serde_json::{Value, json};
use tfplugin::testing::{Action, Harness, ResourceDriver};

use crate::double::World;
use crate::provider::Kubeadm;
use crate::samples::{ADDRESS, cluster, control_plane, member, node, worker};

/// Address of the control plane host of [`worker`].
const MEMBER: &str = "192.0.2.1";

/// A kind of resource, a configuration of it, and how it is imported.
struct Kind {
    type_name: &'static str,
    config: Value,
    id: String,
    identity: Value,
}

fn kinds() -> [Kind; 4] {
    let way = json!([format!("cp1@{MEMBER}")]);
    let of_cluster = |type_name, config| Kind {
        type_name,
        config,
        id: format!("cp1@{MEMBER}"),
        identity: json!({ "control_plane": way }),
    };
    let mut of_worker = worker();
    of_worker["labels"] = Value::Null;
    of_worker["taints"] = Value::Null;
    let node = node("cp1", MEMBER);
    let mut declared = cluster(std::slice::from_ref(&node));
    declared.as_object_mut().unwrap().remove("id");
    [
        of_cluster("kubeadm_cluster", declared),
        of_cluster(
            "kubeadm_cni",
            json!({ "control_plane": control_plane(&[MEMBER]), "flannel": {} }),
        ),
        Kind {
            type_name: "kubeadm_control_plane_member",
            config: first_member(),
            id: format!("cp1@{MEMBER}"),
            identity: json!({ "name": "cp1", "address": MEMBER }),
        },
        Kind {
            type_name: "kubeadm_worker",
            config: of_worker,
            id: format!("w1@{ADDRESS},cp1@{MEMBER}"),
            identity: json!({ "name": "w1", "address": ADDRESS, "control_plane": way }),
        },
    ]
}

/// The member on [`MEMBER`], with nothing that only its state tells.
fn first_member() -> Value {
    let node = node("cp1", MEMBER);
    json!({ "cluster": identified(cluster(std::slice::from_ref(&node))), "node": node })
}

/// With the id that its name and its endpoint give it.
fn identified(mut cluster: Value) -> Value {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let (name, host) = (text(&cluster["name"]), text(&cluster["endpoint"]["host"]));
    cluster["id"] = json!(::cluster::intent::cluster_identity(&name, &host));
    cluster
}

/// Every host with the key that it is found to have.
fn with_keys(config: &mut Value) {
    match config {
        Value::Object(fields) if fields.contains_key("machine_id") => {
            fields.insert("host_key".to_owned(), json!("ssh-ed25519 AAAA"));
        }
        Value::Object(fields) => fields.values_mut().for_each(with_keys),
        Value::Array(items) => items.iter_mut().for_each(with_keys),
        _ => {}
    }
}

/// A cluster in which everything is, whoever made it.
async fn cluster_of(harness: &Harness<Kubeadm>) {
    for kind in kinds() {
        kind.driver(harness).converge(&kind.config(), None).await.unwrap();
    }
}

impl Kind {
    fn driver<'h>(&self, harness: &'h Harness<Kubeadm>) -> ResourceDriver<'h, Kubeadm> {
        harness.resource(self.type_name).unwrap()
    }

    /// The configuration with the cluster's id as it is found.
    fn config(&self) -> Value {
        let mut config = self.config.clone();
        if let Some(cluster) = config.pointer_mut("/control_plane/0/cluster") {
            *cluster = identified(cluster.clone());
        }
        with_keys(&mut config);
        config
    }
}

fn change(world: &World, address: &str, change: impl FnOnce(&mut MembershipFound)) {
    world.at(address, |machine| change(machine.membership.as_mut().unwrap()));
}

#[tokio::test]
async fn what_this_provider_made_is_imported_and_plans_to_nothing() {
    let world = World::new();
    let harness = world.harness(&json!({})).await;
    cluster_of(&harness).await;
    for kind in kinds() {
        let driver = kind.driver(&harness);
        let by_id = driver.import_id(&kind.id).await.unwrap();
        let by_identity = driver.import_identity(&kind.identity).await.unwrap();
        for imported in [by_id, by_identity] {
            let found = driver.refresh(&imported).await.unwrap().unwrap();
            let plan = driver.plan(&kind.config(), Some(&found)).await.unwrap();
            assert_eq!(plan.action, Action::NoOp, "{}: {:#}", kind.type_name, found.json());
        }
    }
}

#[tokio::test]
async fn what_somebody_else_made_is_marked_and_left_as_it_is() {
    let world = World::new();
    let harness = world.harness(&json!({})).await;
    cluster_of(&harness).await;
    for (kind, address) in kinds().iter().skip(2).zip([MEMBER, ADDRESS]) {
        change(&world, address, |found| found.marked = false);
        let driver = kind.driver(&harness);
        let imported = driver.import_id(&kind.id).await.unwrap();
        let found = driver.refresh(&imported).await.unwrap().unwrap();
        assert_eq!(found.json()["marked"], false);
        let plan = driver.plan(&kind.config(), Some(&found)).await.unwrap();
        assert_eq!(plan.action, Action::Update, "{}", kind.type_name);
        let mut expected = found.json();
        expected["marked"] = json!(true);
        assert_eq!(plan.json(), expected, "nothing else changes");
        world.calls();
        let state = driver.converge(&kind.config(), Some(&found)).await.unwrap();
        let calls = world.calls();
        assert!(calls.iter().any(|call| call.starts_with("take over")), "{calls:?}");
        assert!(!calls.iter().any(|call| call.starts_with("update")), "{calls:?}");
        assert_eq!(state.json()["marked"], true);
    }
}

#[tokio::test]
async fn settings_that_change_along_with_an_import_are_rendered() {
    let world = World::new();
    let harness = world.harness(&json!({})).await;
    cluster_of(&harness).await;
    change(&world, MEMBER, |found| found.marked = false);
    let kind = &kinds()[2];
    let driver = kind.driver(&harness);
    let imported = driver.import_id(&kind.id).await.unwrap();
    let found = driver.refresh(&imported).await.unwrap().unwrap();
    let mut config = kind.config();
    config["cluster"]["api_server"] = json!({ "extra_args": { "v": ["4"] } });
    let plan = driver.plan(&config, Some(&found)).await.unwrap();
    assert_eq!(plan.action, Action::Update);
    assert!(plan.is_unknown("static_pods"), "all may change");
    world.calls();
    driver.converge(&config, Some(&found)).await.unwrap();
    assert!(world.calls().iter().any(|call| call.starts_with("update")));
}

/// Both at once: a host whose mark was lost, and whose manifest somebody edited.
#[tokio::test]
async fn what_drifted_is_repaired_also_where_the_mark_was_lost() {
    let world = World::new();
    let harness = world.harness(&json!({})).await;
    let driver = harness.resource("kubeadm_control_plane_member").unwrap();
    let state = driver.converge(&member(), None).await.unwrap();
    change(&world, ADDRESS, |found| {
        found.marked = false;
        found.static_pods.as_mut().unwrap().clear();
    });
    let found = driver.refresh(&state).await.unwrap().unwrap();
    world.calls();
    driver.converge(&member(), Some(&found)).await.unwrap();
    assert!(world.calls().iter().any(|call| call.starts_with("update")));
}

#[tokio::test]
async fn defaults_that_are_written_out_replace_nothing() {
    let world = World::new();
    let harness = world.harness(&json!({})).await;
    cluster_of(&harness).await;
    change(&world, MEMBER, |found| {
        let pods = found.static_pods.as_mut().unwrap();
        let pod = pods.get_mut(&::cluster::static_pod::Component::KubeApiserver).unwrap();
        pod.arguments = std::mem::take(&mut pod.arguments).with("advertise-address", MEMBER);
    });
    let [of_cluster, _, of_member, _] = kinds();
    for (kind, path, value, action) in [
        (
            &of_cluster,
            "networking",
            json!({ "pod_subnet": "10.50.0.0/16", "service_subnet": "10.96.0.0/12",
            "dns_domain": "cluster.local", "node_mask": 24 }),
            Action::Update,
        ),
        (&of_member, "advertise_address", json!(MEMBER), Action::Update),
        (&of_member, "advertise_address", json!("192.0.2.99"), Action::Replace),
    ] {
        let driver = kind.driver(&harness);
        let imported = driver.import_id(&kind.id).await.unwrap();
        let found = driver.refresh(&imported).await.unwrap().unwrap();
        let mut config = kind.config();
        config[path] = value;
        let plan = driver.plan(&config, Some(&found)).await.unwrap();
        assert_eq!(plan.action, action, "{path}");
    }
}

#[tokio::test]
async fn imports_that_lead_nowhere_are_refused() {
    let world = World::new();
    let harness = world.harness(&json!({})).await;
    cluster_of(&harness).await;
    let [of_cluster, _, _, of_worker] = kinds();
    let refused = async |kind: &Kind, id: &str| {
        let driver = kind.driver(&harness);
        let failure = match driver.import_id(id).await {
            Ok(imported) => driver.refresh(&imported).await.unwrap_err(),
            Err(failure) => failure,
        };
        format!("{:?}", failure.diagnostics())
    };
    let said = refused(&of_cluster, "cp1").await;
    assert!(said.contains("does not name a host") && said.contains("NAME@ADDRESS"), "{said}");
    let said = refused(&of_worker, &format!("w1@{ADDRESS}")).await;
    assert!(said.contains("names no control plane host"), "{said}");
    let said = refused(&of_worker, &format!("cp1@{MEMBER},cp1@{MEMBER}")).await;
    assert!(said.contains("cp1 is a control plane host"), "{said}");
    change(&world, ADDRESS, |found| {
        let pod = ::cluster::static_pod::StaticPod::default();
        found.static_pods = Some([(::cluster::static_pod::Component::Etcd, pod)].into());
    });
    let said = refused(&of_worker, &of_worker.id).await;
    assert!(said.contains("host w1 is no worker"), "{said}");
    change(&world, ADDRESS, |found| found.static_pods = None);
    change(&world, ADDRESS, |found| found.ca_hash = Some("sha256:11".to_owned()));
    let said = refused(&of_worker, &of_worker.id).await;
    assert!(said.contains("is in another cluster") && said.contains("sha256:11"), "{said}");
    let nobody = json!({});
    let failure = of_cluster.driver(&harness).import_identity(&nobody).await.unwrap_err();
    assert!(format!("{:?}", failure.diagnostics()).contains("names no control plane host"));
}

/// The state tells whose cluster a host is to carry: a look does not change that.
#[tokio::test]
async fn another_authority_is_told_and_does_not_become_the_known_one() {
    let world = World::new();
    let harness = world.harness(&json!({})).await;
    let driver = harness.resource("kubeadm_control_plane_member").unwrap();
    let state = driver.converge(&member(), None).await.unwrap();
    change(&world, ADDRESS, |found| found.ca_hash = Some("sha256:11".to_owned()));
    let found = driver.refresh(&state).await.unwrap().unwrap();
    assert_eq!(found.json()["ca_hash"], state.json()["ca_hash"]);
}
