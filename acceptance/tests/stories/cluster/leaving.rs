//! A cluster whose worker comes and goes.

use acceptance::{Cluster, Story, Topology};
use anyhow::{Result, ensure};
use serde_json::{Value, json};

use crate::cluster::registration;

/// The worker that leaves, again and again.
pub(crate) const LEAVER: &str = "d3";

/// Everything that the leaver's kubelet runs, each pod with what would tell that it was touched.
const PODS: &str = "get pods -A --field-selector spec.nodeName=d3 -o custom-columns=\
                    NAME:.metadata.name,UID:.metadata.uid,DELETED:.metadata.deletionTimestamp,\
                    READY:.status.containerStatuses[*].ready --no-headers";

/// What the host has of its membership.
const HOST: &str = "systemctl show -P MainPID kubelet; apt-mark showhold; sha256sum \
                    /var/lib/terraform-provider-kubeadm/record.json /etc/kubernetes/kubelet.conf \
                    /var/lib/kubelet/*.*";

/// A story's cluster, and the leaver in it.
pub(crate) struct Leaving<'a> {
    pub(crate) story: &'a Story,
    pub(crate) cluster: Cluster<'a>,
}

/// The leaver with all that a removal takes: in the cluster, on its host and in the state. A cordon
/// is no part of it.
#[derive(Debug, PartialEq)]
pub(crate) struct Worker {
    node: Value,
    pods: String,
    host: String,
    state: Vec<Value>,
}

/// The leaver and one that stays.
pub(crate) fn both() -> Topology {
    Topology::new(&["d1"], &["d2", LEAVER])
}

impl Leaving<'_> {
    /// The leaver is there, and is to leave by this policy.
    pub(crate) fn stays(&self, policy: &str, timeout: &str) -> Result<()> {
        let drain = json!({ "drain": { "policy": policy, "timeout": timeout } });
        registration::set_worker(self.story, &drain)?;
        self.story.rearrange(&both())?;
        self.story.workspace.apply()?;
        ensure!(self.cluster.ready_nodes()? == ["d1", "d2", LEAVER], "all should be Ready");
        Ok(())
    }

    /// Its removal succeeds and is complete.
    pub(crate) fn leaves(&self) -> Result<()> {
        self.story.rearrange(&Topology::new(&["d1"], &["d2"]))?;
        self.story.workspace.apply()?;
        self.story.require_no_changes()?;
        self.require_gone()
    }

    /// Its removal fails, saying all of `wanted`, and leaves it as it was.
    pub(crate) fn cannot_leave(&self, wanted: &[&str]) -> Result<()> {
        let before = self.worker()?;
        self.story.rearrange(&Topology::new(&["d1"], &["d2"]))?;
        let arguments = ["apply", "-auto-approve", "-no-color", "-input=false"];
        let text = self.story.workspace.run(&arguments)?.require_failure()?;
        let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
        for wanted in wanted {
            ensure!(words.contains(wanted), "the error should say {wanted:?}\n{text}");
        }
        let after = self.worker()?;
        ensure!(after == before, "{LEAVER} was\n{before:#?}\nand is\n{after:#?}");
        Ok(())
    }

    /// Whether its node takes no more pods.
    pub(crate) fn is_cordoned(&self) -> Result<bool> {
        let node = self.cluster.json(&format!("get node {LEAVER}"))?;
        Ok(node.pointer("/spec/unschedulable") == Some(&json!(true)))
    }

    fn worker(&self) -> Result<Worker> {
        let node = self.cluster.json(&format!("get node {LEAVER}"))?;
        let metadata = |name: &str| node.pointer(&format!("/metadata/{name}")).cloned();
        Ok(Worker {
            node: json!(["uid", "labels", "annotations"].map(metadata)),
            pods: self.cluster.kubectl(PODS)?,
            host: self.story.lab.ssh(LEAVER, HOST)?,
            state: self.in_state()?,
        })
    }

    fn require_gone(&self) -> Result<()> {
        let nodes = self.cluster.kubectl("get nodes -o name")?;
        ensure!(!nodes.contains(LEAVER), "the node should be gone\n{nodes}");
        let pods = self.cluster.kubectl(PODS)?;
        ensure!(pods.is_empty(), "no pod should be left of it\n{pods}");
        let left = "ls /etc/kubernetes/kubelet.conf; pgrep -xl 'kubelet|kube-proxy|flanneld|sleep'";
        let left = self.story.lab.try_ssh(LEAVER, left)?.stdout;
        ensure!(left.is_empty(), "{LEAVER} still has {}", String::from_utf8_lossy(&left));
        ensure!(self.in_state()?.is_empty(), "the state should have forgotten {LEAVER}");
        Ok(())
    }

    /// What the state has of the leaver's resources.
    fn in_state(&self) -> Result<Vec<Value>> {
        let state: Value = serde_json::from_str(&self.story.workspace.state())?;
        let parts = |value: &Value, name: &str| {
            value.get(name).and_then(Value::as_array).cloned().unwrap_or_default()
        };
        let resources = parts(&state, "resources");
        let instances = resources.iter().flat_map(|resource| parts(resource, "instances"));
        Ok(instances.filter(|it| it.get("index_key") == Some(&json!(LEAVER))).collect())
    }
}
