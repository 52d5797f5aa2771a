//! What is changed by hand is seen in the plan and repaired by apply.

use acceptance::{Cluster, Story, one_line, wait_until};
use anyhow::{Result, ensure};
use std::time::{Duration, Instant};

const WORKER: &str = r#"kubeadm_worker.this["w1"]"#;
const NETWORK: &str = "kubeadm_cni.this";
const WORKER_NODE: &str = r#"kubeadm_node.worker["w1"]"#;
/// How long one attempt to connect may take by default: all resources of a host wait for it together.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// What the rest of a plan may take on a busy machine.
const PLAN: Duration = Duration::from_secs(15);
const ROLE: &str = "node-role.kubernetes.io/worker";

/// What somebody does to a worker's host, and the words by which the plan shows it.
const BY_HAND: [(&str, &str); 12] = [
    ("sysctl -w net.ipv4.ip_forward=0", "net.ipv4.ip_forward"),
    ("echo '/swapfile none swap sw 0 0' >> /etc/fstab", "on at boot"),
    (
        "echo '# mine' >> /etc/sysctl.d/99-zz-terraform-provider-kubeadm.conf",
        "/etc/sysctl.d/99-zz-terraform-provider-kubeadm.conf",
    ),
    (
        "rm /etc/modules-load.d/terraform-provider-kubeadm.conf",
        "/etc/modules-load.d/terraform-provider-kubeadm.conf",
    ),
    ("sed -i 's/ cp1$/ cp9/' /etc/hosts", "cp9"),
    ("echo '# mine' >> /etc/containerd/config.toml", "configuration_sha256"),
    ("for it in /etc/containerd/certs.d/*/hosts.toml; do echo '# mine' >> $it; done", "hosts.toml"),
    (
        "sed -i 's/SystemdCgroup = true/SystemdCgroup = false/' /etc/containerd/config.toml",
        "\"cgroupfs\" -> \"systemd\"",
    ),
    ("apt-mark unhold kubelet", "held"),
    ("apt-get remove -qq -y --allow-change-held-packages kubectl", "+ kubectl"),
    ("systemctl disable --quiet containerd kubelet", "enabled"),
    ("touch /var/lib/kubelet/config.yaml", "~ current"),
];

/// What is repaired on the host, as commands that fail where it is not.
const REPAIRED: [&str; 8] = [
    "test $(cat /proc/sys/net/ipv4/ip_forward) = 1",
    "! grep -E '^[^#].*swap' /etc/fstab",
    "! grep -r '^# mine' /etc/sysctl.d /etc/containerd",
    "grep -q ' cp1$' /etc/hosts",
    "apt-mark showhold | grep -qx kubelet",
    "apt-mark showhold | grep -qx kubectl && command -v kubectl",
    "containerd config dump | grep -q 'SystemdCgroup = true'",
    "systemctl is-enabled --quiet containerd kubelet",
];

/// A worker's host, its node and the pod network changed by hand, all at once: every change is shown,
/// one apply repairs all, and then there is nothing. What is somebody else's stays.
pub(crate) fn seen_and_repaired(story: &Story) -> Result<()> {
    let cluster = Cluster::of(&story.lab, "cp1");
    for (change, _) in BY_HAND {
        story.lab.ssh("w1", change)?;
    }
    cluster.kubectl(&format!("label node w1 {ROLE}=changed --overwrite"))?;
    cluster.kubectl("label node w1 somebody-elses=label")?;
    cluster.kubectl("-n kube-flannel delete configmap kube-flannel-cfg")?;
    cluster.kubectl("-n kube-flannel set env daemonset/kube-flannel-ds EVENT_QUEUE_DEPTH=1")?;

    let run = story.workspace.detailed_plan()?;
    ensure!(run.code == Some(2), "drift should give exit status 2\n{}", run.text);
    let network = [r#""missing" -> "in sync""#, r#""changed" -> "in sync""#];
    let shown = BY_HAND.iter().map(|(_, words)| *words).chain(network).chain([ROLE]);
    for words in shown {
        ensure!(run.text.contains(words), "the plan should show {words:?}\n{}", run.text);
    }
    let foreign = run.text.contains("somebody-elses");
    ensure!(!foreign, "a label of others is none of ours\n{}", run.text);
    let update: &[&str] = &["update"];
    story.require_changes(&[(WORKER_NODE, update), (WORKER, update), (NETWORK, update)])?;

    story.workspace.apply()?;
    // Destroying would put the line back, and who wrote it is this story.
    story.lab.ssh("w1", "sed -i '/swapfile/d' /etc/fstab")?;
    story.require_no_changes()?;
    for repaired in REPAIRED {
        story.lab.ssh("w1", repaired)?;
    }
    let labels = cluster.json("get node w1")?;
    let labels = labels.pointer("/metadata/labels").cloned().unwrap_or_default();
    ensure!(
        labels.get(ROLE).is_some_and(|value| value == ""),
        "the label should be repaired: {labels}"
    );
    ensure!(labels.get("somebody-elses").is_some(), "a label of others should be left alone");
    Ok(())
}

/// A setting that the next boot would lose is told by a look, and no apply writes it in vain.
pub(crate) fn what_the_next_boot_loses_is_told(story: &Story) -> Result<()> {
    const LATER: &str = "/etc/sysctl.d/99-zzz-mine.conf";
    let write =
        format!("echo 'net.ipv4.ip_forward = 0' > {LATER}; sysctl -w net.ipv4.ip_forward=0");
    story.lab.ssh("w1", &write)?;
    let text = one_line(&story.workspace.run(&["plan", "-no-color", "-input=false"])?.text);
    let told = format!("DR-SYSCTL-SHADOWED: {LATER} on host w1 sets net.ipv4.ip_forward to 0");
    ensure!(text.contains(&told), "the plan should say {told:?}\n{text}");
    let apply = ["apply", "-auto-approve", "-no-color", "-input=false"];
    let text = one_line(&story.workspace.run(&apply)?.require_failure()?);
    ensure!(text.contains("PF-SYSCTL-SHADOWED") && text.contains(LATER), "{text}");
    story.lab.ssh("w1", &format!("rm {LATER}"))?;
    story.workspace.apply()?;
    story.require_no_changes()
}

/// A file by which pods get addresses that are not the node's is told, and is no difference.
pub(crate) fn a_range_made_by_hand_is_told(story: &Story) -> Result<()> {
    const FILE: &str = "/run/flannel/subnet.env";
    let edit = format!(
        "cp {FILE} /root/; sed -i 's|^FLANNEL_SUBNET=.*|FLANNEL_SUBNET=10.9.9.1/24|' {FILE}"
    );
    story.lab.ssh("w1", &edit)?;
    let text = one_line(&story.workspace.run(&["plan", "-no-color", "-input=false"])?.text);
    let told =
        "DR-SUBNETENV-FOREIGN: pods of host w1 get addresses of 10.9.9.0/24, not of 10.50.1.0/24";
    ensure!(text.contains(told), "the plan should say {told:?}\n{text}");
    story.require_no_changes()?;
    story.lab.ssh("w1", &format!("mv /root/subnet.env {FILE}")).map(drop)
}

/// A node object that somebody deleted shows, and the apply makes the host join anew.
pub(crate) fn a_deleted_node_comes_back(story: &Story) -> Result<()> {
    let cluster = Cluster::of(&story.lab, "cp1");
    cluster.kubectl("delete node w1")?;
    story.require_changes(&[(WORKER, &["update"])])?;
    story.workspace.apply()?;
    ensure!(cluster.ready_nodes()? == ["cp1", "w1"], "its node should be Ready");
    story.require_no_changes()
}

/// A host that does not answer keeps its place in the state, with a warning that names it.
pub(crate) fn silence_is_not_absence(story: &Story) -> Result<()> {
    story.lab.verb("stop", "w1")?;
    let begun = Instant::now();
    let run = story.workspace.run(&["plan", "-no-color", "-input=false"])?;
    let took = begun.elapsed();
    let text = run.require_success()?;
    ensure!(text.contains("Warning") && text.contains("w1"), "a warning should name w1\n{text}");
    let age = one_line(&text)
        .contains("nothing is concluded from this. It was last seen within the last two hours.");
    ensure!(age, "the age of what is known should be told\n{text}");
    ensure!(took < CONNECT_TIMEOUT + PLAN, "two resources of a silent host took {took:?}");
    ensure!(!text.contains("will be created"), "silence must not plan a creation\n{text}");
    ensure!(!text.contains("destroyed"), "silence must not plan a destruction\n{text}");
    story.lab.verb("start", "w1")?;
    wait_until(Duration::from_mins(1), || {
        let kubelet = story.lab.try_ssh("w1", "curl -sf http://127.0.0.1:10248/healthz")?;
        let ready = Cluster::of(&story.lab, "cp1").ready_nodes()?.len();
        Ok(kubelet.status.success() && ready == 2)
    })?;
    story.require_no_changes()
}

/// Adding a host changes `/etc/hosts` of the others, which the scenario asks for; nothing else.
pub(crate) fn require_changes_apart_from_names(
    story: &Story,
    wanted: &[(&str, &[&str])],
) -> Result<()> {
    let names =
        [(r#"kubeadm_node.control_plane["cp1"]"#, &["update"][..]), (WORKER_NODE, &["update"])];
    let mut all: Vec<(&str, &[&str])> = wanted.to_vec();
    all.extend(names);
    story.require_changes(&all)
}
