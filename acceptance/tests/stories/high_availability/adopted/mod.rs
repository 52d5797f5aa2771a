//! A cluster that plain kubeadm commands made is taken over.

mod generated;

use std::collections::BTreeMap;

use acceptance::{
    Cluster, Core, LoadBalancer, Plan, Run, Story, Topology, checkout, one_line, wait_until_whole,
};
use anyhow::{Context, Result, ensure};
use serde_json::Value;

const BALANCER: &str = "lb3";
const MEMBERS: [&str; 2] = ["a1", "a2"];
const WORKER: &str = "a3";
const GUIDE: &str = "docs/guides/adoption.md";

/// By the import blocks of the guide: nothing is replaced and no container restarted; then it is kept
/// like any other, a member leaves, and it is destroyed.
#[test]
fn a_cluster_made_by_hand_is_taken_over() -> Result<()> {
    let story = Story::begin(Core::OpenTofu, &form(&MEMBERS), &[])?;
    let output = form(&MEMBERS).by_hand(&story.lab)?.output().context("making it by hand")?;
    Run::of(&output).require_success().context("making it by hand")?;
    generated::configuration_can_be_generated(&story)?;

    story.workspace.write("imports.tf", &guide_block()?)?;
    let before = containers(&story)?;
    let plan = story.workspace.plan()?;
    require_in_place(&plan)?;
    story.workspace.apply()?;
    story.require_no_changes()?;
    wait_until_whole(&story.lab, &MEMBERS, &[WORKER])?;
    let after = containers(&story)?;
    ensure!(before == after, "no container should have ended: {before:#?} {after:#?}");

    std::fs::remove_file(story.workspace.directory().join("imports.tf"))?;
    what_is_taken_over_is_kept(&story)?;
    story.workspace.destroy()?;
    for host in MEMBERS.iter().chain(&[WORKER]) {
        let left = story
            .lab
            .ssh(host, "ls -A /etc/kubernetes/manifests /var/lib/etcd 2>/dev/null; true")?;
        ensure!(!left.contains(".yaml") && !left.contains("member"), "{host} keeps\n{left}");
    }
    story.end()
}

fn form(members: &[&str]) -> Topology {
    Topology::new(members, &[WORKER]).behind(BALANCER)
}

/// The configuration that the guide shows.
fn guide_block() -> Result<String> {
    let guide = std::fs::read_to_string(checkout().join(GUIDE))?;
    let (_, block) = guide.split_once("```terraform\n").context("a block of configuration")?;
    let (block, _) = block.split_once("```").context("its end")?;
    Ok(block.to_owned())
}

/// Everything is imported, and nothing made, replaced or removed.
fn require_in_place(plan: &Plan) -> Result<()> {
    for (address, actions) in plan.changes() {
        ensure!(actions == ["update"], "{address} should be changed in place, not {actions:?}");
    }
    let imported = plan.resource_changes.iter().filter(|change| change.is_import());
    let count = imported.count();
    ensure!(count == 8, "three hosts, a cluster, three memberships and the network: {count}");
    Ok(())
}

/// Names of containers to their ids, but for flannel's, whose objects differ in what its own manifest
/// says.
fn containers(story: &Story) -> Result<BTreeMap<String, String>> {
    let pods = Cluster::of(&story.lab, "a1").json("get pods --namespace kube-system")?;
    let pods = pods.pointer("/items").and_then(Value::as_array).context("pods")?;
    let text = |pod: &Value, place: &str| {
        let found = pod.pointer(place).and_then(Value::as_str).map(str::to_owned);
        found.with_context(|| format!("{place} of a pod"))
    };
    let id = |pod: &Value| {
        let id = text(pod, "/status/containerStatuses/0/containerID")?;
        Ok((text(pod, "/metadata/name")?, id))
    };
    pods.iter().map(id).collect()
}

/// A setting changes, what was changed by hand is put back, and a member leaves.
fn what_is_taken_over_is_kept(story: &Story) -> Result<()> {
    story.workspace.write(
        "adopted_override.tf",
        "resource \"kubeadm_cluster\" \"this\" {\n  scheduler = { extra_args = { v = [\"3\"] } }\n}\n",
    )?;
    story.workspace.apply()?;
    story.require_no_changes()?;
    for host in MEMBERS {
        let manifest = story.lab.ssh(host, "cat /etc/kubernetes/manifests/kube-scheduler.yaml")?;
        ensure!(manifest.contains("--v=3"), "the scheduler of {host} should have it\n{manifest}");
    }
    LoadBalancer::of(&story.lab, BALANCER).set_backends(&MEMBERS[..1])?;
    story.rearrange(&form(&MEMBERS[..1]))?;
    let text = one_line(&story.workspace.apply()?);
    ensure!(text.contains("2 destroyed"), "a member and its host should have gone\n{text}");
    Cluster::of(&story.lab, "a1").require_voters(&MEMBERS[..1])?;
    story.require_no_changes()
}
