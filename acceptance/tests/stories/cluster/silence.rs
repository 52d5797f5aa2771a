//! Whoever leaves a cluster may meet silence: of a host, of the API, of a core that was killed.

use std::time::Duration;

use acceptance::{Cluster, Core, Listing, Story, Topology, one_line, wait_until};
use anyhow::{Result, ensure};

use crate::cluster::interrupt;

const MEMBER: &str = "kubeadm_control_plane_member";
const API_SERVER: &str = "/etc/kubernetes/manifests/kube-apiserver.yaml";
/// The kubelet stops, and what it runs ends.
const FALL_ASLEEP: &str = "systemctl stop kubelet && ctr -n k8s.io tasks list --quiet |
    xargs -n 1 ctr -n k8s.io tasks kill --all --signal KILL";
const ASIDE: &str = "/root/kube-apiserver.yaml";
/// The member that is the last, in the story of a control plane that is silent for good.
const LAST: &str = "s3";
/// Its worker.
const WORKER: &str = "s4";

/// The whole of a cluster is destroyed though its kubelet and its static pods were stopped: the
/// first that leaves wakes it, so that nothing is left in the API that would keep the last one.
#[test]
fn a_sleeping_control_plane_is_woken_to_be_destroyed() -> Result<()> {
    let story = Story::begin(Core::OpenTofu, &Topology::new(&["s1"], &["s2"]), &[])?;
    let before = [Listing::of(&story.lab, "s1")?, Listing::of(&story.lab, "s2")?];
    story.workspace.apply()?;
    story.lab.ssh("s1", FALL_ASLEEP)?;
    wait_for_silence(&story, "s1")?;
    let text = story.workspace.destroy()?;
    ensure!(!text.contains("PW-"), "everything should have been removed\n{text}");
    for before in &before {
        before.require_restored(&story.lab)?;
    }
    story.end()
}

/// An API that nothing brings back is told apart from a cluster that is no more: its last member
/// goes only on the user's word, in each of the ways that the refusal names.
#[test]
fn a_control_plane_silent_for_good_goes_on_the_users_word() -> Result<()> {
    let story = Story::begin(Core::OpenTofu, &both(), &[])?;
    let before = Listing::of(&story.lab, LAST)?;
    story.workspace.apply()?;
    a_silent_worker_leaves_the_cluster_only(&story)?;

    lose_api_server(&story)?;
    is_refused_and_nothing_is_removed(&story)?;
    find_api_server_again(&story)?;
    lose_api_server(&story)?;
    story.lab.ssh(LAST, "kubeadm reset --force")?;
    story.workspace.destroy()?;
    before.require_restored(&story.lab)?;

    drain_is_skipped(&story)?;
    bring_the_worker_back(&story)?;
    lose_api_server(&story)?;
    let text = story.workspace.destroy()?;
    for left in ["the node object s4 was left in the cluster", "the pod network was left"] {
        ensure!(text.contains(left), "it should say that {left}\n{text}");
    }
    before.require_restored(&story.lab)?;
    story.end()
}

/// SIGKILL in the middle of `kubeadm init`, and then not another apply but a destroy: the state has
/// no member that could be removed, and the host is given back nevertheless.
#[test]
fn half_a_cluster_is_destroyed_without_another_apply() -> Result<()> {
    let story = Story::begin(Core::OpenTofu, &Topology::new(&["s5"], &[]), &[])?;
    let before = Listing::of(&story.lab, "s5")?;
    // A core that is killed forgets what it did within the same apply.
    story.workspace.run(&prepare_alone())?.require_success()?;
    interrupt::interrupt_init(&story, "s5", "KILL")?;
    let state = story.workspace.state();
    ensure!(state.contains("kubeadm_node") && !state.contains(MEMBER), "the state is\n{state}");
    story.workspace.destroy()?;
    before.require_restored(&story.lab)?;
    story.end()
}

fn prepare_alone() -> [&'static str; 5] {
    ["apply", "-auto-approve", "-no-color", "-input=false", "-target=kubeadm_node.control_plane"]
}

fn both() -> Topology {
    Topology::new(&[LAST], &[WORKER])
}

fn alone() -> Topology {
    Topology::new(&[LAST], &[])
}

fn a_silent_worker_leaves_the_cluster_only(story: &Story) -> Result<()> {
    let address = &story.lab.host(WORKER)?.address;
    story.lab.verb("stop", WORKER)?;
    story.rearrange(&alone())?;
    let text = one_line(&story.workspace.apply()?);
    for words in [
        "PW-HOST-SILENT: s4 was removed from the cluster only",
        &format!("Nothing was done on the host: cannot reach root@{address}:"),
        "run `kubeadm reset` on it, or wipe it",
    ] {
        ensure!(text.contains(words), "{words} should be said\n{text}");
    }
    let nodes = Cluster::of(&story.lab, LAST).ready_nodes()?;
    ensure!(nodes == [LAST], "one node should be left: {nodes:?}");
    Ok(())
}

fn is_refused_and_nothing_is_removed(story: &Story) -> Result<()> {
    let kept = "find /etc/kubernetes /var/lib/etcd/member -type f | sort | grep -v /wal/";
    let before = story.lab.ssh(LAST, kept)?;
    let run = story.workspace.run(&["destroy", "-auto-approve", "-no-color", "-input=false"])?;
    let text = one_line(&run.require_failure()?);
    for words in [
        "PF-API-SILENT",
        "nothing was removed; bring the API server back",
        "run `kubeadm reset` on the host yourself and destroy again",
        "drain.policy was set to \"skip\" before",
    ] {
        ensure!(text.contains(words), "{words} should be said\n{text}");
    }
    ensure!(story.workspace.state().contains(MEMBER), "the member should stay in the state");
    let after = story.lab.ssh(LAST, kept)?;
    ensure!(before == after, "the host had\n{before}\nand has\n{after}");
    Ok(())
}

/// The host of the worker that left in silence comes back, is treated as its warning said, and
/// joins anew.
fn bring_the_worker_back(story: &Story) -> Result<()> {
    story.lab.verb("start", WORKER)?;
    wait_until(Duration::from_mins(1), || Ok(story.lab.try_ssh(WORKER, "true")?.status.success()))?;
    story.lab.ssh(WORKER, "kubeadm reset --force")?;
    story.rearrange(&both())?;
    story.workspace.apply()?;
    let nodes = Cluster::of(&story.lab, LAST).ready_nodes()?;
    ensure!(nodes == [LAST, WORKER], "both nodes should be Ready: {nodes:?}");
    Ok(())
}

fn drain_is_skipped(story: &Story) -> Result<()> {
    let member =
        format!("resource \"{MEMBER}\" \"this\" {{\n  drain = {{ policy = \"skip\" }}\n}}\n");
    story.workspace.write("skip_override.tf", &member)
}

/// Without its static pod no kubelet brings the API server back.
fn lose_api_server(story: &Story) -> Result<()> {
    story.lab.ssh(LAST, &format!("mv {API_SERVER} {ASIDE}"))?;
    wait_for_silence(story, LAST)
}

fn find_api_server_again(story: &Story) -> Result<()> {
    story.lab.ssh(LAST, &format!("mv {ASIDE} {API_SERVER}"))?;
    wait_until(Duration::from_mins(2), || {
        let ready = "get --raw /readyz";
        Ok(Cluster::of(&story.lab, LAST).kubectl(ready)?.contains("ok"))
    })
}

fn wait_for_silence(story: &Story, host: &str) -> Result<()> {
    wait_until(Duration::from_mins(1), || {
        let asked = story.lab.try_ssh(host, "curl --insecure --silent https://127.0.0.1:6443/")?;
        Ok(asked.status.code() == Some(7))
    })
}
