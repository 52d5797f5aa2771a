//! Configurations for tests: random ones whose texts make sense, and small fixed ones.

use serde_json::{Value, json};
use tfplugin::testing::{Failure, ResourceDriver, State, forget, random_config};
use tfplugin::{Path, Step};

use crate::provider::Kubeadm;

/// Address of the host that [`member`] and [`worker`] are.
pub(crate) const ADDRESS: &str = "192.0.2.21";

/// A control plane member.
pub(crate) fn member() -> Value {
    let node = node("cp1", ADDRESS);
    let cluster = cluster(std::slice::from_ref(&node));
    json!({ "cluster": cluster, "node": node, "labels": { "tier": "a" }, "taints": taints() })
}

/// A worker of another host's cluster.
pub(crate) fn worker() -> Value {
    json!({
        "control_plane": control_plane(&["192.0.2.1"]),
        "node": node("w1", ADDRESS),
        "labels": { "node-role.kubernetes.io/worker": "" },
        "taints": taints(),
    })
}

fn taints() -> Value {
    json!([{ "key": "example.org/gpu", "value": "", "effect": "NoSchedule" }])
}

/// A host as others refer to it.
pub(crate) fn node(name: &str, address: &str) -> Value {
    json!({ "name": name, "address": address, "machine_id": format!("machine-{address}") })
}

/// A cluster as members refer to it.
pub(crate) fn cluster(nodes: &[Value]) -> Value {
    json!({
        "id": "cluster-1",
        "name": "prod",
        "kubernetes_version": "1.35.4",
        "endpoint": { "host": "api.example.org", "external": {} },
        "networking": { "pod_subnet": "10.50.0.0/16" },
        "control_plane_nodes": nodes,
    })
}

/// Members as workers refer to them.
pub(crate) fn control_plane(addresses: &[&str]) -> Value {
    let named = |(index, address): (usize, &&str)| node(&format!("cp{}", index + 1), address);
    let nodes: Vec<Value> = addresses.iter().enumerate().map(named).collect();
    nodes.iter().map(|node| json!({ "cluster": cluster(&nodes), "node": node })).collect()
}

/// Values for attributes whose texts must make sense, by the attribute's name.
pub(crate) fn sample(path: &Path) -> Vec<Value> {
    let name = path.steps().iter().rev().find_map(|step| match step {
        Step::Attribute(name) => Some(name.as_str()),
        Step::Key(_) | Step::Index(_) => None,
    });
    let of = |values: &[&str]| values.iter().map(|value| json!(value)).collect();
    match name.unwrap_or_default() {
        "name" => of(&["cp1", "w1"]),
        "address" | "node_ip" | "advertise_address" => of(&["192.0.2.1", "192.0.2.2"]),
        "port" => vec![json!(22), json!(2222)],
        "host_key" => of(&[
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGJeSTJXZlyCFlgSsSNRyiOJmJMCrvGJCMAeJhz+nPOV",
        ]),
        "ssh_profile" => of(&["other"]),
        "swap" => of(&["off", "ignore"]),
        "sysctls" => vec![json!({}), json!({ "vm.max_map_count": "262144" })],
        "hosts_entries" => vec![json!({}), json!({ "192.0.2.9": ["a", "b"] })],
        "endpoints" if path.steps().contains(&Step::Attribute("etcd".into())) => {
            vec![json!(["https://192.0.2.51:2379"]), json!(["http://192.0.2.51:2379"])]
        }
        "ca_file" | "cert_file" | "key_file" => of(&["/etc/etcd/file"]),
        "endpoints" => vec![json!(["http://mirror.example.org"])],
        "capabilities" => vec![json!(["pull"]), json!(["pull", "resolve"])],
        "settings" => of(&["", "oom_score = -999"]),
        "http" | "https" | "proxy" => of(&["http://proxy.example.org:3128"]),
        "no_proxy" => vec![json!([]), json!(["10.0.0.0/8"])],
        "mirror" => of(&["http://mirror.example.org/debian"]),
        "create" | "read" | "update" | "delete" | "timeout" => of(&["5m", "1h30m"]),
        "policy" => of(&["evict", "force", "skip"]),
        "effect" => of(&["NoSchedule", "NoExecute"]),
        "kubelet_extra_args" => vec![json!({}), json!({ "v": ["2"] })],
        "ignore_preflight_errors" => vec![json!([]), json!(["Swap"])],
        "encryption_algorithm" => of(&["RSA-2048", "ECDSA-P256"]),
        "renew_before" => of(&["720h"]),
        "certificate_validity_period" => of(&["8760h"]),
        "ca_certificate_validity_period" => of(&["87600h"]),
        "kubelet_configuration" | "kube_proxy_configuration" => of(&["{}", ""]),
        "data_dir" | "certificates_dir" => of(&["/var/lib/data"]),
        "feature_gates" | "registry_mirrors" => vec![json!({})],
        "patches" => vec![json!({}), json!({ "etcd0+merge.yaml": "{}" })],
        "interface" => of(&["eth0"]),
        "interface_regex" => of(&["^eth"]),
        "mtu" => vec![json!(1400)],
        "vni" => vec![json!(7)],
        _ => Vec::new(),
    }
}

/// Whatever the user writes: config kept, known stays known, the second plan empty, the plan
/// repeated equal, with parts unknown at plan; from one configuration to the next, and destroyed.
/// Configurations that the provider refuses are passed over; returns how many it did not.
pub(crate) async fn hold_the_contract(
    driver: &ResourceDriver<'_, Kubeadm>,
    fix: impl Fn(&mut Value),
) -> usize {
    let mut accepted = 0;
    let mut state: Option<State> = None;
    for seed in 0..48 {
        let mut config = random_config(driver.schema(), seed, &sample);
        fix(&mut config);
        accept(driver.plan(&forget(&config, seed), state.as_ref()).await, seed);
        let Some(next) = accept(driver.converge(&config, state.as_ref()).await, seed) else {
            continue;
        };
        accepted += 1;
        state = if seed % 7 == 6 {
            driver.destroy(&next).await.unwrap();
            None
        } else {
            Some(next)
        };
    }
    accepted
}

fn accept<T>(result: Result<T, Failure>, seed: u64) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(Failure::Provider { .. }) => None,
        Err(Failure::Contract(broken)) => panic!("seed {seed}: {broken}"),
    }
}
