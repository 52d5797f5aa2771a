//! Three members and two workers from nothing, in one apply, and what becomes of their machines.

use acceptance::{
    BALANCER, Cluster, Core, Listing, LoadBalancer, Story, Topology, one_line, require_members,
    require_no_credentials_left, wait_until, wait_until_whole,
};
use anyhow::{Context, Result, ensure};

use crate::high_availability::rebuilt;
use crate::high_availability::record::LONGEST_GAP;

pub(crate) const MEMBERS: [&str; 3] = ["cp1", "cp2", "cp3"];
pub(crate) const WORKERS: [&str; 2] = ["w1", "w2"];
const NODES: [&str; 5] = ["cp1", "cp2", "cp3", "w1", "w2"];

/// Made in any order, whole, and as good with any one of its hosts gone: for a while, for good, or
/// exchanged for a new machine.
#[test]
fn three_members_form_one_control_plane() -> Result<()> {
    let topology = Topology::new(&MEMBERS, &WORKERS).behind(BALANCER);
    let mut story = Story::begin(Core::OpenTofu, &topology, &[])?;
    let mut before = Listing::of_all(&story.lab, &["cp1", "w1", "w2"])?;

    story.workspace.apply()?;
    require_members(&story, &MEMBERS, &WORKERS)?;
    require_no_credentials_left(&Cluster::of(&story.lab, "cp1"))?;
    the_data_sources_say_so(&story)?;
    an_endpoint_out_of_reach_is_told(&story)?;

    story.lab.verb("stop", "cp1")?;
    serves_without(&story, "cp1")?;
    story.lab.verb("start", "cp1")?;
    wait_until_whole(&story.lab, &MEMBERS, &WORKERS)?;
    story.require_no_changes()?;

    story.lab.verb("stop", "cp2")?;
    serves_without(&story, "cp2")?;
    before.push(rebuilt::removed_and_made_anew(&mut story, "cp2")?);
    story.lab.verb("rebuild", "cp3")?;
    serves_without(&story, "cp3")?;
    before.push(rebuilt::exchanged_in_place(&mut story, "cp3")?);
    rebuilt::never_all_at_once(&story)?;

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

/// By the host from which it is; the cluster is none the less well for that.
fn an_endpoint_out_of_reach_is_told(story: &Story) -> Result<()> {
    let output = "output \"endpoint\" { value = data.kubeadm_cluster_status.this.endpoint }\n";
    story.workspace.write("endpoint.tf", output)?;
    let seen = || -> Result<serde_json::Value> {
        let plan = story.workspace.plan()?.whole;
        plan.pointer("/planned_values/outputs/endpoint/value")
            .cloned()
            .context("an output endpoint")
    };
    let found = seen()?;
    ensure!(found == serde_json::json!({ "cp1": "ok", "cp2": "ok", "cp3": "ok" }), "{found:#}");
    let rule = format!("OUTPUT -d {} -j REJECT", story.lab.host(BALANCER)?.address);
    story.lab.ssh("cp2", &format!("iptables -I {rule}"))?;
    let found = seen()?;
    let is_ok = |host: &str| found.get(host).is_some_and(|said| said == "ok");
    ensure!(is_ok("cp1") && !is_ok("cp2"), "cp2 should not reach it: {found:#}");
    let text = one_line(&story.workspace.detailed_plan()?.text);
    for words in ["DR-ENDPOINT-BLACKHOLE", "From cp2 it was said"] {
        ensure!(text.contains(words), "it should say {words:?}\n{text}");
    }
    story.lab.ssh("cp2", &format!("iptables -D {rule}"))?;
    std::fs::remove_file(story.workspace.directory().join("endpoint.tf"))?;
    Ok(())
}

/// The API is read and written through the load balancer though a host's power was cut.
fn serves_without(story: &Story, victim: &str) -> Result<()> {
    let survivor = MEMBERS.into_iter().find(|name| *name != victim).context("a survivor")?;
    let cluster = Cluster::of(&story.lab, survivor);
    let balancer = LoadBalancer::of(&story.lab, BALANCER);
    wait_until(LONGEST_GAP, || {
        let write =
            format!("--request-timeout=3s annotate namespace default --overwrite lost={victim}");
        Ok(balancer.answers()? && cluster.kubectl(&write).is_ok())
    })
    .with_context(|| format!("the API should answer without {victim}"))
}
