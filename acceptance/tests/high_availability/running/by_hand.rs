//! Settings that somebody changes by hand.

use acceptance::{Cluster, Run, Story, examples_directory, wait_until_whole};
use anyhow::{Result, ensure};

use super::{MEMBERS, WORKER};

/// An argument more, in a manifest that somebody edits.
const ARGUMENT: &str = "sed -i '/- --authorization-mode/a\\    - --anonymous-auth=true' \
                        /etc/kubernetes/manifests/kube-apiserver.yaml";
/// Something that is no argument.
const PROBE: &str = "sed -i 's/failureThreshold: 8/failureThreshold: 9/' /etc/kubernetes/manifests/kube-scheduler.yaml";
/// A component less.
const MISSING: &str = "mv /etc/kubernetes/manifests/etcd.yaml /root/";
/// A kubelet with settings of its own, which it has read.
const KUBELET: &str =
    "sed -i 's/^maxPods:.*/maxPods: 50/' /var/lib/kubelet/config.yaml && systemctl restart kubelet";
/// What joins would go by.
const SHARED: &str = "-n kube-system get configmap kubeadm-config";

/// All at once, on different hosts: the plan names each by its own words, one apply puts all back.
pub(super) fn changes_are_shown_and_put_back(story: &Story) -> Result<()> {
    let [first, second, third] = MEMBERS;
    let cluster = Cluster::of(&story.lab, first);
    edit_shared(&cluster)?;
    story.lab.ssh(first, ARGUMENT)?;
    story.lab.ssh(second, PROBE)?;
    story.lab.ssh(third, MISSING)?;
    story.lab.ssh(WORKER, KUBELET)?;

    let member = |host: &str| format!("kubeadm_control_plane_member.this[\"{host}\"]");
    let members = MEMBERS.map(member);
    let worker = format!("kubeadm_worker.this[\"{WORKER}\"]");
    let update: &[&str] = &["update"];
    let mut wanted = vec![("kubeadm_cluster.this", update), (worker.as_str(), update)];
    wanted.extend(members.iter().map(|member| (member.as_str(), update)));
    story.require_changes(&wanted)?;
    let text = story.workspace.detailed_plan()?.text;
    for words in ["anonymous-auth", "rest_sha256", "\"etcd\"", "maxPods", "extraArgs.profiling"] {
        ensure!(text.contains(words), "the plan should show {words:?}\n{text}");
    }

    let found = drift(story)?;
    let edited = format!("{}: static_pods.kube-apiserver.arguments.anonymous-auth:", members[0]);
    ensure!(found.code == Some(2) && found.text.contains(&edited), "{found:?}");

    story.workspace.apply()?;
    let found = drift(story)?;
    ensure!(found.code == Some(0) && found.text.is_empty(), "{found:?}");
    wait_until_whole(&story.lab, &MEMBERS, &[WORKER])?;
    story.require_no_changes()?;
    cluster.require_voters(&MEMBERS)?;
    let manifest = story.lab.ssh(first, "cat /etc/kubernetes/manifests/kube-apiserver.yaml")?;
    ensure!(!manifest.contains("anonymous-auth"), "it should be gone:\n{manifest}");
    story.lab.ssh(third, "rm /root/etcd.yaml").map(drop)
}

/// What the scenario for pipelines says.
fn drift(story: &Story) -> Result<Run> {
    let script = examples_directory().join("scenarios/drift-detection/drift.py");
    let script = script.to_string_lossy();
    Ok(Run::of(&story.workspace.program("python3", &[&script, "."]).output()?))
}

fn edit_shared(cluster: &Cluster<'_>) -> Result<()> {
    let map = cluster.json(SHARED)?;
    let document = map.pointer("/data/ClusterConfiguration").and_then(|text| text.as_str());
    let document = document.unwrap_or_default();
    let edited = document.replace("value: \"false\"", "value: \"true\"");
    ensure!(edited != document, "there should be something to edit:\n{document}");
    let patch = serde_json::json!({"data": {"ClusterConfiguration": edited}});
    cluster
        .kubectl(&format!(
            "-n kube-system patch configmap kubeadm-config --type=merge -p '{patch}'"
        ))
        .map(drop)
}
