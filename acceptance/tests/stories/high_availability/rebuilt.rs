//! Machines of the control plane that die and are rebuilt.

use std::collections::BTreeMap;

use acceptance::{BALANCER, Cluster, Listing, Story, Topology, one_line, require_members};
use anyhow::{Context, Result, ensure};
use serde_json::json;

use crate::high_availability::three_members::{MEMBERS, WORKERS};

const PLAN: [&str; 3] = ["plan", "-no-color", "-input=false"];
/// What a host has of a cluster, or of us.
const TRACES: &str = "ls -d /etc/kubernetes /var/lib/terraform-provider-kubeadm 2>/dev/null; true";

/// A member whose machine is dead is removed without its help, and joins anew from a new machine
/// under its old name. The new machine as it was before.
pub(crate) fn removed_and_made_anew(story: &mut Story, dead: &str) -> Result<Listing> {
    the_dead_one_is_removed(story, dead)?;
    story.lab.verb("rebuild", dead)?;
    story.look_again()?;
    let before = Listing::of(&story.lab, dead)?;
    story.rearrange(&form(&MEMBERS))?;
    story.workspace.apply()?;
    require_members(story, &MEMBERS, &WORKERS)?;
    Ok(before)
}

/// A machine that was exchanged is not talked to until the configuration knows of it, and then
/// replaced, it alone. The new machine as it was before.
pub(crate) fn exchanged_in_place(story: &mut Story, exchanged: &str) -> Result<Listing> {
    a_stranger_is_not_talked_to(story, exchanged)?;
    story.look_again()?;
    let before = Listing::of(&story.lab, exchanged)?;
    story.rearrange(&form(&MEMBERS))?;
    only_one_is_replaced(story, exchanged)?;
    story.workspace.apply()?;
    require_members(story, &MEMBERS, &WORKERS)?;
    Ok(before)
}

/// Every machine exchanged in one plan would leave nobody who knows the cluster.
pub(crate) fn never_all_at_once(story: &Story) -> Result<()> {
    let variables = form(&MEMBERS).variables(&story.lab)?;
    let mut hosts = variables.get("control_plane").cloned().context("hosts")?;
    for host in hosts.as_object_mut().into_iter().flatten().map(|(_, host)| host) {
        let entry = host.as_object_mut().context("a host is an object")?;
        entry.insert("instance_id".to_owned(), json!("another"));
    }
    story.rearrange_with(&form(&MEMBERS), &[("control_plane", hosts)])?;
    let text = one_line(&story.workspace.run(&PLAN)?.require_failure()?);
    ensure!(text.contains("PLAN-REPLACE-ALL"), "it should be refused\n{text}");
    story.rearrange(&form(&MEMBERS))?;
    require_members(story, &MEMBERS, &WORKERS)
}

fn form(members: &[&str]) -> Topology {
    Topology::new(members, &WORKERS).behind(BALANCER)
}

fn the_dead_one_is_removed(story: &Story, dead: &str) -> Result<()> {
    let left: Vec<&str> = MEMBERS.into_iter().filter(|name| *name != dead).collect();
    story.rearrange(&form(&left))?;
    let text = story.workspace.apply()?;
    ensure!(text.contains("Warning") && text.contains(dead), "{dead} should be warned of\n{text}");
    let survivor = left.first().context("a survivor")?;
    let nodes = Cluster::of(&story.lab, survivor).kubectl("get nodes -o name")?;
    ensure!(!nodes.contains(dead), "its node object should be gone\n{nodes}");
    require_members(story, &left, &WORKERS)
}

/// Another machine behind a pinned key: said, not concluded from, and left as it is. Whoever is in
/// the middle looks the same.
fn a_stranger_is_not_talked_to(story: &Story, host: &str) -> Result<()> {
    let address = &story.lab.host(host)?.address;
    let text = one_line(&story.workspace.run(&PLAN)?.text);
    for words in ["its host key changed", address] {
        ensure!(text.contains(words), "it should say {words:?}\n{text}");
    }
    for conclusion in ["must be replaced", "will be created", "will be destroyed"] {
        ensure!(!text.contains(conclusion), "nothing {conclusion} for it\n{text}");
    }
    // The story's own view of the lab still has the old key; the lab's ssh has the new one.
    let traces = story.lab.ssh(host, TRACES)?;
    ensure!(traces.is_empty(), "nothing should have been done on {host}:\n{traces}");
    Ok(())
}

/// Its node and its membership go and come; what else changes, changes in place.
fn only_one_is_replaced(story: &Story, host: &str) -> Result<()> {
    let changes = story.workspace.plan()?.changes();
    let replaced: BTreeMap<&String, &Vec<String>> =
        changes.iter().filter(|(_, actions)| *actions != &["update"]).collect();
    let wanted = [
        format!("kubeadm_control_plane_member.this[\"{host}\"]"),
        format!("kubeadm_node.control_plane[\"{host}\"]"),
    ];
    let found: Vec<String> = replaced.keys().map(|address| (*address).clone()).collect();
    let both = replaced.values().all(|actions| **actions == ["delete", "create"]);
    ensure!(found == wanted && both, "{host} alone should be replaced: {changes:#?}");
    Ok(())
}
