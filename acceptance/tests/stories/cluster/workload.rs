//! Pods for workers to carry: ready after two seconds, gone as soon as they are told.

use acceptance::Cluster;
use anyhow::Result;
use serde_json::{Value, json};

const PROGRAM: &str = "trap 'exit 0' TERM; sleep 2; touch /data/up; while :; do sleep 0.2; done";

/// Pods of a controller, and the budget that keeps some of them up.
pub(crate) struct Workload<'a> {
    pub(crate) name: &'a str,
    pub(crate) replicas: u32,
    /// How many of them the budget wants to be ready at any time.
    pub(crate) kept: u32,
    pub(crate) place: Place<'a>,
}

/// Where pods may be.
pub(crate) enum Place<'a> {
    /// On this node and no other.
    Only(&'a str),
    /// On this node as long as it takes them, then anywhere.
    Rather(&'a str),
}

impl Workload<'_> {
    /// Brings it up, with its budget, and waits until its pods are ready.
    pub(crate) fn start(&self, cluster: &Cluster<'_>) -> Result<()> {
        cluster.apply_manifest(&self.deployment().to_string())?;
        cluster.apply_manifest(&self.budget().to_string())?;
        cluster.wait_for_pods()
    }

    /// Takes it down, with its budget.
    pub(crate) fn stop(&self, cluster: &Cluster<'_>) -> Result<()> {
        let name = self.name;
        cluster.kubectl(&format!("delete pdb/{name} --ignore-not-found"))?;
        cluster.kubectl(&format!("delete deployment/{name} --cascade=foreground --wait"))?;
        Ok(())
    }

    fn deployment(&self) -> Value {
        let pod = pod_spec("affinity", &self.place.affinity());
        let labels = self.labels();
        json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": { "name": self.name, "namespace": "default" },
            "spec": {
                "replicas": self.replicas,
                "selector": { "matchLabels": labels },
                "template": { "metadata": { "labels": labels }, "spec": pod },
            },
        })
    }

    fn budget(&self) -> Value {
        json!({
            "apiVersion": "policy/v1", "kind": "PodDisruptionBudget",
            "metadata": { "name": self.name, "namespace": "default" },
            "spec": { "minAvailable": self.kept, "selector": { "matchLabels": self.labels() } },
        })
    }

    fn labels(&self) -> Value {
        json!({ "app": self.name })
    }
}

impl Place<'_> {
    fn affinity(&self) -> Value {
        let on = |node: &str| {
            json!({ "matchExpressions": [{
                "key": "kubernetes.io/hostname", "operator": "In", "values": [node],
            }] })
        };
        match self {
            Place::Only(node) => json!({ "nodeAffinity": {
                "requiredDuringSchedulingIgnoredDuringExecution": {
                    "nodeSelectorTerms": [on(node)],
                },
            } }),
            Place::Rather(node) => json!({ "nodeAffinity": {
                "preferredDuringSchedulingIgnoredDuringExecution": [
                    { "weight": 100, "preference": on(node) },
                ],
            } }),
        }
    }
}

/// A pod that no controller would make again. Bound to a node, it needs no scheduler.
pub(crate) fn bare_pod(name: &str, node: Option<&str>) -> String {
    let pod = pod_spec("nodeName", &json!(node));
    let metadata = json!({ "name": name, "namespace": "default" });
    json!({ "apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": pod }).to_string()
}

fn pod_spec(place: &str, value: &Value) -> Value {
    json!({
        (place): value,
        "terminationGracePeriodSeconds": 5,
        "containers": [{
            "name": "main",
            "image": "ghcr.io/kubeadm-lab/toolbox:1",
            "command": ["sh", "-c", PROGRAM],
            "readinessProbe": { "exec": { "command": ["test", "-e", "/data/up"] }, "periodSeconds": 1 },
            "volumeMounts": [{ "name": "data", "mountPath": "/data" }],
        }],
        "volumes": [{ "name": "data", "emptyDir": {} }],
    })
}
