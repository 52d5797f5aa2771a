//! States that earlier releases have written are read for ever.
//!
//! `tests/states/` holds one file a resource and version of its state's form. A file is never
//! changed; a new version of a form comes with a new file.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tfplugin::testing::Action;

use crate::double::World;
use crate::samples::{control_plane, node};

#[tokio::test]
async fn states_of_every_version_are_read() {
    let harness = World::new().harness(&json!({})).await;
    let states = stored();
    assert!(states.len() >= 5, "every resource has a state of version 0");
    for (name, stored) in states {
        let (type_name, version) = name.rsplit_once("-v").unwrap();
        let driver = harness.resource(type_name).unwrap();
        let upgraded = driver.upgrade(version.parse().unwrap(), &stored).unwrap().json();
        for (attribute, value) in stored.as_object().unwrap() {
            let now = &upgraded[attribute];
            assert!(carries(now, value), "{name}: {attribute} was {value} and is {now}");
        }
    }
}

/// All states that were ever committed, by the name of their file: type and version.
fn stored() -> BTreeMap<String, Value> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/states");
    let read = |path: PathBuf| {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        (name, serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap())
    };
    fs::read_dir(directory).unwrap().map(|entry| read(entry.unwrap().path())).collect()
}

/// What an earlier release has made, and nobody has changed since, is nothing to be done.
#[tokio::test]
async fn states_of_every_version_plan_to_nothing() {
    for (name, stored) in stored() {
        let harness = World::new().harness(&json!({})).await;
        let (type_name, version) = name.rsplit_once("-v").unwrap();
        let driver = harness.resource(type_name).unwrap();
        let upgraded = driver.upgrade(version.parse().unwrap(), &stored).unwrap();
        let config = driver.generated_config(&upgraded).unwrap();
        // A cluster is nowhere but in the state while it has no member.
        if type_name != "kubeadm_cluster" {
            driver.converge(&config, None).await.unwrap();
        }
        let found = driver.refresh(&upgraded).await.unwrap().unwrap();
        let plan = driver.plan(&config, Some(&found)).await.unwrap();
        assert_eq!(plan.action, Action::NoOp, "{name}\n{}\n{}", found.json(), plan.json());
    }
}

/// Bytes that a host may take in the state, its node and its membership together: a worker's membership
/// holds the cluster once for each member through which it is reached, with the repository's key.
const BYTES_A_HOST: usize = 16 * 1024;

/// A hundred hosts, three of them members, behind a repository with a key of the usual length.
#[tokio::test]
async fn a_hundred_hosts_take_little_state() {
    let harness = World::new().harness(&json!({})).await;
    let size = async |type_name: &str, config: Value| {
        let driver = harness.resource(type_name).unwrap();
        let state = driver.converge(&config, None).await.unwrap();
        state.json().to_string().len()
    };
    let ways = ["192.0.2.1", "192.0.2.2", "192.0.2.3"];
    let mut members = control_plane(&ways);
    for member in members.as_array_mut().unwrap() {
        let key = format!("-----BEGIN PGP PUBLIC KEY BLOCK-----\n{}", "A".repeat(2400));
        member["cluster"]["packages"] =
            json!({ "repository_url": "http://mirror.example.org", "repository_key": key });
    }
    let mut bytes = 0;
    for member in members.as_array().unwrap() {
        bytes += size("kubeadm_control_plane_member", member.clone()).await;
    }
    for index in 0..97 {
        let node = node(&format!("w{index}"), &format!("198.51.100.{index}"));
        let worker = json!({ "control_plane": members, "node": node });
        bytes += size("kubeadm_worker", worker).await;
    }
    for index in 0..100 {
        let address = format!("203.0.113.{index}");
        bytes +=
            size("kubeadm_node", json!({ "name": format!("n{index}"), "address": address })).await;
    }
    let each = bytes / 100;
    assert!(each < BYTES_A_HOST, "{each} bytes a host");
}

/// Whether a value is what it was, but for attributes that came later and are null.
fn carries(now: &Value, before: &Value) -> bool {
    match (now, before) {
        (Value::Object(now), Value::Object(before)) => {
            let kept = |(name, value): (&String, &Value)| {
                now.get(name).is_some_and(|now| carries(now, value))
            };
            before.iter().all(kept)
                && now.iter().all(|(name, value)| before.contains_key(name) || value.is_null())
        }
        (Value::Array(now), Value::Array(before)) => {
            now.len() == before.len()
                && now.iter().zip(before).all(|(now, before)| carries(now, before))
        }
        _ => now == before,
    }
}
