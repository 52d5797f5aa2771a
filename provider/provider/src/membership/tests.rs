//! What holds for every kind of membership, on hosts in memory.

use cluster::Finding;
use operate::ErrorKind;
use operate::membership::{NodeFound, Rejoin};
use serde_json::{Value, json};
use tfplugin::testing::{Action, Harness, ResourceDriver, unknown};

use crate::double::World;
use crate::provider::Kubeadm;
use crate::samples::{ADDRESS, hold_the_contract, member, worker};

/// A kind of membership, and a configuration of it on [`ADDRESS`].
struct Kind {
    type_name: &'static str,
    config: Value,
    /// Where the cluster's id is.
    cluster_id: &'static str,
}

fn kinds() -> [Kind; 2] {
    [
        Kind {
            type_name: "kubeadm_control_plane_member",
            config: member(),
            cluster_id: "/cluster/id",
        },
        Kind {
            type_name: "kubeadm_worker",
            config: worker(),
            cluster_id: "/control_plane/0/cluster/id",
        },
    ]
}

impl Kind {
    fn driver<'h>(&self, harness: &'h Harness<Kubeadm>) -> ResourceDriver<'h, Kubeadm> {
        harness.resource(self.type_name).unwrap()
    }

    fn with(&self, path: &str, value: Value) -> Value {
        let mut config = self.config.clone();
        *config.pointer_mut(path).unwrap() = value;
        config
    }
}

#[tokio::test]
async fn the_contract_holds_for_any_configuration() {
    for kind in kinds() {
        let harness = World::new().harness(&json!({})).await;
        let fix = |config: &mut Value| {
            for name in ["cluster", "control_plane", "node"] {
                if let Some(value) = kind.config.get(name) {
                    config[name] = value.clone();
                }
            }
            // A word at random is none of the two ways that there are.
            if let Some(transfer) = config.get_mut("certificate_transfer") {
                *transfer = json!("ssh");
            }
        };
        let accepted = hold_the_contract(&kind.driver(&harness), fix).await;
        assert!(accepted > 24, "{}: {accepted}", kind.type_name);
    }
}

#[tokio::test]
async fn what_is_ours_and_changed_by_hand_is_put_back() {
    for kind in kinds() {
        let world = World::new();
        let harness = world.harness(&json!({})).await;
        let driver = kind.driver(&harness);
        let state = driver.converge(&kind.config, None).await.unwrap();
        world.at(ADDRESS, |machine| {
            let membership = machine.membership.as_mut().unwrap();
            membership.kubelet.enabled = false;
            let node = membership.node.as_mut().unwrap();
            node.labels.clear();
            node.taints = Some(Vec::new());
        });
        let found = driver.refresh(&state).await.unwrap().unwrap();
        assert_eq!((&found.json()["labels"], &found.json()["taints"]), (&json!({}), &json!([])));
        let plan = driver.plan(&kind.config, Some(&found)).await.unwrap();
        assert_eq!((plan.action, plan.json()), (Action::Update, state.json()));
        let repaired = driver.converge(&kind.config, Some(&found)).await.unwrap();
        assert_eq!(repaired.json(), state.json());
        assert!(world.calls().iter().any(|call| call.starts_with("update ")));
    }
}

#[tokio::test]
async fn an_api_that_is_silent_says_nothing_of_the_node_object() {
    for kind in kinds() {
        let world = World::new();
        let harness = world.harness(&json!({})).await;
        let driver = kind.driver(&harness);
        let state = driver.converge(&kind.config, None).await.unwrap();
        world.at(ADDRESS, |machine| {
            let membership = machine.membership.as_mut().unwrap();
            (membership.node, membership.api_silent) = (None, Some("refused".to_owned()));
        });
        assert_eq!(driver.refresh(&state).await.unwrap().unwrap().json(), state.json());
    }
}

#[tokio::test]
async fn certificates_that_end_soon_are_a_warning_and_no_difference() {
    for kind in kinds() {
        let world = World::new();
        let harness = world.harness(&json!({})).await;
        let driver = kind.driver(&harness);
        let state = driver.converge(&kind.config, None).await.unwrap();
        world.at(ADDRESS, |machine| {
            let finding =
                Finding::warning("PW-CERTIFICATES-END", "they end").because("a: tomorrow");
            machine.membership.as_mut().unwrap().remarks.push(finding);
        });
        assert_eq!(driver.refresh(&state).await.unwrap().unwrap().json(), state.json());
    }
}

#[tokio::test]
async fn a_host_that_has_to_join_anew_is_planned_to_register_again() {
    for (kind, rejoin) in kinds().iter().zip([Rejoin::OutOfEtcd, Rejoin::Unfinished]) {
        let world = World::new();
        let harness = world.harness(&json!({})).await;
        let driver = kind.driver(&harness);
        let state = driver.converge(&kind.config, None).await.unwrap();
        world.at(ADDRESS, |machine| machine.membership.as_mut().unwrap().rejoins = Some(rejoin));
        let found = driver.refresh(&state).await.unwrap().unwrap();
        let plan = driver.plan(&kind.config, Some(&found)).await.unwrap();
        assert_eq!(plan.action, Action::Update);
        assert!(plan.is_unknown("node_uid"));
    }
}

#[tokio::test]
async fn a_silent_host_keeps_the_state_and_a_clean_one_drops_it() {
    for kind in kinds() {
        let world = World::new();
        let harness = world.harness(&json!({})).await;
        let driver = kind.driver(&harness);
        let state = driver.converge(&kind.config, None).await.unwrap();
        world.at(ADDRESS, |machine| machine.failure = Some(ErrorKind::Unreachable));
        assert_eq!(driver.refresh(&state).await.unwrap().unwrap().json(), state.json());
        world.at(ADDRESS, |machine| (machine.failure, machine.membership) = (None, None));
        assert!(driver.refresh(&state).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn a_failed_creation_saves_nothing() {
    for kind in kinds() {
        let world = World::new();
        let harness = world.harness(&json!({})).await;
        world.at(ADDRESS, |machine| machine.failure = Some(ErrorKind::Command));
        let failure = kind.driver(&harness).converge(&kind.config, None).await.unwrap_err();
        assert!(failure.saved().is_none(), "a tainted host would be destroyed by the next apply");
    }
}

#[tokio::test]
async fn another_machine_or_cluster_is_another_membership() {
    for kind in kinds() {
        let harness = World::new().harness(&json!({})).await;
        let driver = kind.driver(&harness);
        let state = driver.converge(&kind.config, None).await.unwrap();
        for (path, value) in [
            ("/node/machine_id", json!("other")),
            ("/node/machine_id", unknown()),
            (kind.cluster_id, unknown()),
        ] {
            let plan = driver.plan(&kind.with(path, value), Some(&state)).await.unwrap();
            assert_eq!(plan.action, Action::Replace, "{} {path}", kind.type_name);
        }
    }
}

#[tokio::test]
async fn packages_that_are_missing_or_foreign_are_put_right() {
    for (kind, version) in kinds().into_iter().zip([None, Some("1.35.5-1.1".to_owned())]) {
        let world = World::new();
        let harness = world.harness(&json!({})).await;
        let driver = kind.driver(&harness);
        let state = driver.converge(&kind.config, None).await.unwrap();
        world.at(ADDRESS, |machine| {
            let packages = &mut machine.membership.as_mut().unwrap().packages;
            (packages.kubectl, packages.held) = (version, false);
        });
        let found = driver.refresh(&state).await.unwrap().unwrap();
        let plan = driver.plan(&kind.config, Some(&found)).await.unwrap();
        assert_eq!(plan.action, Action::Update);
        assert!(plan.is_unknown("packages"), "{:?}", plan.json());
        let repaired = driver.converge(&kind.config, Some(&found)).await.unwrap();
        assert_eq!(repaired.json(), state.json());
    }
}

#[tokio::test]
async fn a_node_object_that_is_gone_is_made_again() {
    for mut kind in kinds() {
        let world = World::new();
        let harness = world.harness(&json!({})).await;
        let driver = kind.driver(&harness);
        // Nothing but the node object's own identity shows then that it is gone.
        for name in ["labels", "taints"] {
            kind.config.as_object_mut().unwrap().remove(name);
        }
        let state = driver.converge(&kind.config, None).await.unwrap();
        world.at(ADDRESS, |machine| {
            machine.membership.as_mut().unwrap().node = Some(NodeFound::default());
        });
        let found = driver.refresh(&state).await.unwrap().unwrap();
        assert_eq!(found.json()["node_uid"], Value::Null);
        let plan = driver.plan(&kind.config, Some(&found)).await.unwrap();
        assert_eq!(plan.action, Action::Update);
        assert!(plan.is_unknown("node_uid") && plan.is_unknown("kubelet_version"));
        let again = driver.converge(&kind.config, Some(&found)).await.unwrap();
        assert_eq!(again.json(), state.json());
    }
}
