//! The main job: a cluster from nothing, a worker more, a worker less, and nothing left.

use acceptance::{Cluster, Core, Listing, Story, Topology};
use anyhow::{Result, ensure};

use crate::cluster::{certificates, drift, etcd, network, runtime};

/// From `apply` on bare hosts to `destroy`, with everything that happens to a cluster between.
#[test]
fn a_cluster_lives_from_apply_to_destroy() -> Result<()> {
    let one_worker = Topology::new(&["cp1"], &["w1"]);
    let story = Story::begin(Core::OpenTofu, &one_worker, &["w2"])?;
    let mut before = Vec::new();
    for host in ["cp1", "w1", "w2"] {
        before.push(Listing::of(&story.lab, host)?);
    }

    let text = story.workspace.apply()?;
    ensure!(text.contains("PW-PAUSE"), "Debian's containerd has an older image\n{text}");
    story.require_no_changes()?;
    let cluster = Cluster::of(&story.lab, "cp1");
    ensure!(cluster.ready_nodes()? == ["cp1", "w1"], "both nodes should be Ready");
    network::require_pod_network(&cluster, &["cp1", "w1"])?;
    etcd::shows_its_lone_member(&story, "cp1")?;
    certificates::show_when_they_end(&story, "cp1")?;

    add_and_remove_a_worker(&story, &one_worker)?;
    before[2].require_restored(&story.lab)?;
    a_worker_whose_host_is_gone_leaves(&story, &one_worker)?;
    drift::seen_and_repaired(&story)?;
    drift::what_the_next_boot_loses_is_told(&story)?;
    drift::a_range_made_by_hand_is_told(&story)?;
    runtime::settings_change_while_pods_run(&story)?;
    drift::a_deleted_node_comes_back(&story)?;
    drift::silence_is_not_absence(&story)?;
    a_node_is_imported(&story)?;

    story.workspace.destroy()?;
    ensure!(!story.workspace.state().contains("kubeadm_node"), "the state should be empty");
    for before in &before[..2] {
        before.require_restored(&story.lab)?;
    }
    story.end()
}

fn add_and_remove_a_worker(story: &Story, one_worker: &Topology) -> Result<()> {
    let cluster = Cluster::of(&story.lab, "cp1");
    story.rearrange(&Topology::new(&["cp1"], &["w1", "w2"]))?;
    drift::require_changes_apart_from_names(
        story,
        &[
            (r#"kubeadm_node.worker["w2"]"#, &["create"]),
            (r#"kubeadm_worker.this["w2"]"#, &["create"]),
        ],
    )?;
    story.workspace.apply()?;
    story.require_no_changes()?;
    ensure!(cluster.ready_nodes()? == ["cp1", "w1", "w2"], "the third node should be Ready");

    story.rearrange(one_worker)?;
    story.workspace.apply()?;
    story.require_no_changes()?;
    ensure!(cluster.ready_nodes()? == ["cp1", "w1"], "the third node should be gone");
    Ok(())
}

/// A host that was switched off for good is taken out of the configuration: its node object goes.
fn a_worker_whose_host_is_gone_leaves(story: &Story, one_worker: &Topology) -> Result<()> {
    story.rearrange(&Topology::new(&["cp1"], &["w1", "w2"]))?;
    story.workspace.apply()?;
    story.lab.verb("stop", "w2")?;
    story.rearrange(one_worker)?;
    let text = story.workspace.apply()?;
    ensure!(
        text.contains("Warning") && text.contains("w2"),
        "what stays on w2 should be said\n{text}"
    );
    story.require_no_changes()?;
    let nodes = Cluster::of(&story.lab, "cp1").kubectl("get nodes -o name")?;
    ensure!(!nodes.contains("w2"), "the node object should be gone:\n{nodes}");
    Ok(())
}

/// A host that is prepared already comes into an empty state whole, and its plan is empty.
fn a_node_is_imported(story: &Story) -> Result<()> {
    let address = "kubeadm_node.worker[\"w1\"]";
    let host = story.lab.host("w1")?;
    let id = format!("w1@{}", host.address);
    story.workspace.run(&["state", "rm", address])?.require_success()?;
    story
        .workspace
        .run(&["import", "-no-color", "-input=false", address, &id])?
        .require_success()?;
    story.require_no_changes()
}
