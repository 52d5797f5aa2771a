//! Settings that somebody changes by hand.

use acceptance::{Cluster, Run, Story, examples_directory, wait_until_whole};
use anyhow::{Result, ensure};

use super::by_time::Aged;
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
/// What joins would go by, and what kube-proxy would by its next start: object, key, and an edit.
const SHARED: [(&str, &str, &str, &str); 3] = [
    ("kubeadm-config", "ClusterConfiguration", "value: \"false\"", "value: \"true\""),
    ("kubelet-config", "kubelet", "maxPods: 60", "maxPods: 61"),
    ("kube-proxy", "config.conf", "mode: iptables", "mode: nftables"),
];
/// What applies that were interrupted would leave: uploaded certificates, and a token.
const CREDENTIALS: [&str; 2] = [
    "create secret generic kubeadm-certs",
    "create secret generic bootstrap-token-abcdef --type=bootstrap.kubernetes.io/token \
     --from-literal=token-id=abcdef --from-literal=token-secret=0123456789abcdef \
     --from-literal=description='made by terraform-provider-kubeadm for kubeadm init'",
];
/// How the plan shows each.
const SHOWN: [&str; 10] = [
    "anonymous-auth",
    "rest_sha256",
    "\"etcd\"",
    "maxPods",
    "extraArgs.profiling",
    "61",
    "nftables",
    "kube_proxy_outdated",
    "kubeadm-certs",
    "bootstrap-token-abcdef",
];

/// All at once, on different hosts, and certificates that end on one of them: the plan names each by its
/// own words, one apply puts all right.
pub(super) fn what_somebody_or_time_changes_is_put_right(story: &Story) -> Result<()> {
    let [first, second, third] = MEMBERS;
    let cluster = Cluster::of(&story.lab, first);
    edit_shared(&cluster)?;
    for credentials in CREDENTIALS {
        cluster.kubectl(&format!("-n kube-system {credentials}"))?;
    }
    let aged = Aged::on(story, second)?;
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
    for words in SHOWN {
        ensure!(text.contains(words), "the plan should show {words:?}\n{text}");
    }

    aged.require_shown(&story.workspace.plan()?)?;
    let found = drift(story)?;
    let edited = format!("{}: static_pods.kube-apiserver.arguments.anonymous-auth:", members[0]);
    ensure!(found.code == Some(2) && found.text.contains(&edited), "{found:?}");

    story.workspace.apply()?;
    let found = drift(story)?;
    ensure!(found.code == Some(0) && found.text.is_empty(), "{found:?}");
    wait_until_whole(&story.lab, &MEMBERS, &[WORKER])?;
    story.require_no_changes()?;
    cluster.require_voters(&MEMBERS)?;
    aged.require_renewed(story)?;
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

/// Each in one setting, in the object's own words.
fn edit_shared(cluster: &Cluster<'_>) -> Result<()> {
    for (object, key, from, to) in SHARED {
        let map = cluster.json(&format!("-n kube-system get configmap {object}"))?;
        let document = map.pointer(&format!("/data/{key}")).and_then(|text| text.as_str());
        let document = document.unwrap_or_default();
        let edited = document.replace(from, to);
        ensure!(edited != document, "there should be something to edit:\n{document}");
        let patch = serde_json::json!({"data": {(key): edited}});
        cluster.kubectl(&format!(
            "-n kube-system patch configmap {object} --type=merge -p '{patch}'"
        ))?;
    }
    Ok(())
}
