//! What is changed by hand is seen in the plan and repaired by apply.

use acceptance::{Cluster, Story, one_line, wait_until};
use anyhow::{Result, ensure};
use std::time::{Duration, Instant};

const WORKER: &str = r#"kubeadm_worker.this["w1"]"#;
const WORKER_NODE: &str = r#"kubeadm_node.worker["w1"]"#;
/// How long the provider tries by default: all resources of a host wait for it together.
const CONNECT_RETRY: Duration = Duration::from_secs(30);
/// What the rest of a plan may take on a busy machine.
const PLAN: Duration = Duration::from_secs(15);
const ROLE: &str = "node-role.kubernetes.io/worker";

/// A sysctl and a label changed by hand, and a kubelet that has not read its configuration: shown,
/// repaired, and then nothing.
pub(crate) fn seen_and_repaired(story: &Story) -> Result<()> {
    let cluster = Cluster::of(&story.lab, "cp1");
    story.lab.ssh("w1", "sysctl -w net.ipv4.ip_forward=0")?;
    cluster.kubectl(&format!("label node w1 {ROLE}=changed --overwrite"))?;
    cluster.kubectl("label node w1 somebody-elses=label")?;

    story.lab.ssh("w1", "touch /var/lib/kubelet/config.yaml")?;

    let run = story.workspace.detailed_plan()?;
    ensure!(run.code == Some(2), "drift should give exit status 2\n{}", run.text);
    ensure!(run.text.contains("net.ipv4.ip_forward"), "the sysctl should be shown\n{}", run.text);
    ensure!(run.text.contains(ROLE), "the label should be shown\n{}", run.text);
    let restarts = run.text.contains("~ current");
    ensure!(restarts, "that the kubelet is to be restarted should be shown\n{}", run.text);
    ensure!(
        !run.text.contains("somebody-elses"),
        "a label of others is none of ours\n{}",
        run.text
    );
    story.require_changes(&[(WORKER_NODE, &["update"]), (WORKER, &["update"])])?;

    story.workspace.apply()?;
    story.require_no_changes()?;
    let live = story.lab.ssh("w1", "cat /proc/sys/net/ipv4/ip_forward")?;
    ensure!(live.trim() == "1", "the sysctl should be repaired, it is {live}");
    let labels = cluster.json("get node w1")?;
    let labels = labels.pointer("/metadata/labels").cloned().unwrap_or_default();
    ensure!(
        labels.get(ROLE).is_some_and(|value| value == ""),
        "the label should be repaired: {labels}"
    );
    ensure!(labels.get("somebody-elses").is_some(), "a label of others should be left alone");
    Ok(())
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
    ensure!(took < CONNECT_RETRY + PLAN, "two resources of a silent host took {took:?}");
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
