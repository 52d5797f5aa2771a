//! Three members and two workers from nothing, in one apply.

use acceptance::{
    BALANCER, Cluster, Core, Listing, LoadBalancer, Story, Topology, require_no_credentials_left,
    wait_until, wait_until_whole,
};
use anyhow::{Context, Result, ensure};

use crate::record::LONGEST_GAP;

const MEMBERS: [&str; 3] = ["cp1", "cp2", "cp3"];
const WORKERS: [&str; 2] = ["w1", "w2"];
const NODES: [&str; 5] = ["cp1", "cp2", "cp3", "w1", "w2"];

/// Made in any order, whole, and as good with any one of its hosts gone.
#[test]
fn three_members_form_one_control_plane() -> Result<()> {
    let topology = Topology::new(&MEMBERS, &WORKERS).behind(BALANCER);
    let story = Story::begin(Core::OpenTofu, &topology, &[])?;
    let before = Listing::of_all(&story.lab, &NODES)?;

    story.workspace.apply()?;
    story.require_no_changes()?;
    let cluster = Cluster::of(&story.lab, "cp1");
    cluster.require_voters(&MEMBERS)?;
    let ready = cluster.ready_nodes()?;
    ensure!(ready == NODES, "all nodes should be Ready, and {ready:?} are");
    require_no_credentials_left(&cluster)?;
    the_data_sources_say_so(&story)?;

    for member in MEMBERS {
        any_one_may_fail(&story, member)?;
    }
    cluster.require_voters(&MEMBERS)?;
    story.require_no_changes()?;

    story.workspace.destroy()?;
    ensure!(!story.workspace.state().contains("kubeadm_node"), "the state should be empty");
    for before in &before {
        before.require_restored(&story.lab)?;
    }
    story.end()
}

fn the_data_sources_say_so(story: &Story) -> Result<()> {
    let printed = story.workspace.run(&["output", "-json"])?.require_success()?;
    let outputs: serde_json::Value = serde_json::from_str(&printed)?;
    let etcd = outputs.pointer("/etcd/value").context("an output etcd")?;
    let number = |name: &str| etcd.get(name).and_then(serde_json::Value::as_u64);
    let counts = ["voters", "quorum", "failure_tolerance"].map(number);
    ensure!(counts == [Some(3), Some(2), Some(1)], "three voters, of which one may fail: {etcd:#}");
    let nodes = outputs.pointer("/nodes/value").and_then(serde_json::Value::as_object);
    let names: Vec<&String> = nodes.context("an output nodes")?.keys().collect();
    ensure!(names == NODES, "the output nodes should have {NODES:?}, and has {names:?}");
    Ok(())
}

/// A power cut at one host: the API is read and written through the load balancer all the same.
fn any_one_may_fail(story: &Story, victim: &str) -> Result<()> {
    let survivor = MEMBERS.into_iter().find(|name| *name != victim).context("a survivor")?;
    let cluster = Cluster::of(&story.lab, survivor);
    let balancer = LoadBalancer::of(&story.lab, BALANCER);
    story.lab.verb("stop", victim)?;
    wait_until(LONGEST_GAP, || {
        let write =
            format!("--request-timeout=3s annotate namespace default --overwrite lost={victim}");
        Ok(balancer.answers()? && cluster.kubectl(&write).is_ok())
    })
    .with_context(|| format!("the API should answer without {victim}"))?;
    story.lab.verb("start", victim)?;
    wait_until_whole(&story.lab, &MEMBERS, &WORKERS)
}
