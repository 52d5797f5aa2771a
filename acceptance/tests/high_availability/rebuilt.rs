//! Machines of the control plane that die and are rebuilt.

use std::collections::BTreeMap;

use acceptance::{BALANCER, Cluster, Core, Story, Topology, one_line, require_members};
use anyhow::{Context, Result, ensure};
use serde_json::json;

const ALL: [&str; 3] = ["cp1", "cp2", "cp3"];
const LEFT: [&str; 2] = ["cp1", "cp3"];
const PLAN: [&str; 3] = ["plan", "-no-color", "-input=false"];
/// What a host has of a cluster, or of us.
const TRACES: &str = "ls -d /etc/kubernetes /var/lib/terraform-provider-kubeadm 2>/dev/null; true";

/// Removed without its help, made anew under its old name, exchanged in place; never all at once.
#[test]
fn a_machine_that_died_is_removed_and_rebuilt() -> Result<()> {
    let mut story = Story::begin(Core::OpenTofu, &form(&ALL), &[])?;
    story.workspace.apply()?;
    require_members(&story, &ALL)?;

    story.lab.verb("stop", "cp2")?;
    the_dead_one_is_removed(&story)?;
    story.lab.verb("rebuild", "cp2")?;
    story.look_again()?;
    story.rearrange(&form(&ALL))?;
    story.workspace.apply()?;
    require_members(&story, &ALL)?;

    story.lab.verb("rebuild", "cp3")?;
    a_stranger_is_not_talked_to(&story)?;
    story.look_again()?;
    story.rearrange(&form(&ALL))?;
    only_cp3_is_replaced(&story)?;
    story.workspace.apply()?;
    require_members(&story, &ALL)?;

    never_all_at_once(&story)?;
    require_members(&story, &ALL)?;
    story.end()
}

fn form(members: &[&str]) -> Topology {
    Topology::new(members, &[]).behind(BALANCER)
}

fn the_dead_one_is_removed(story: &Story) -> Result<()> {
    story.rearrange(&form(&LEFT))?;
    let text = story.workspace.apply()?;
    ensure!(text.contains("Warning") && text.contains("cp2"), "cp2 should be warned of\n{text}");
    let nodes = Cluster::of(&story.lab, "cp1").kubectl("get nodes -o name")?;
    ensure!(!nodes.contains("cp2"), "its node object should be gone\n{nodes}");
    require_members(story, &LEFT)
}

/// Another machine behind a pinned key: said, not concluded from, and left as it is. Whoever is in
/// the middle looks the same.
fn a_stranger_is_not_talked_to(story: &Story) -> Result<()> {
    let address = &story.lab.host("cp3")?.address;
    let text = one_line(&story.workspace.run(&PLAN)?.text);
    for words in ["its host key changed", address] {
        ensure!(text.contains(words), "it should say {words:?}\n{text}");
    }
    for conclusion in ["must be replaced", "will be created", "will be destroyed"] {
        ensure!(!text.contains(conclusion), "nothing {conclusion} for it\n{text}");
    }
    // The story's own view of the lab still has the old key; the lab's ssh has the new one.
    let traces = story.lab.ssh("cp3", TRACES)?;
    ensure!(traces.is_empty(), "nothing should have been done on cp3:\n{traces}");
    Ok(())
}

/// Its node and its membership go and come; what else changes, changes in place.
fn only_cp3_is_replaced(story: &Story) -> Result<()> {
    let changes = story.workspace.plan()?.changes();
    let replaced: BTreeMap<&String, &Vec<String>> =
        changes.iter().filter(|(_, actions)| *actions != &["update"]).collect();
    let wanted =
        ["kubeadm_control_plane_member.this[\"cp3\"]", "kubeadm_node.control_plane[\"cp3\"]"];
    let found: Vec<&str> = replaced.keys().map(|address| address.as_str()).collect();
    let both = replaced.values().all(|actions| **actions == ["delete", "create"]);
    ensure!(found == wanted && both, "cp3 alone should be replaced: {changes:#?}");
    Ok(())
}

/// Every machine exchanged in one plan would leave nobody who knows the cluster.
fn never_all_at_once(story: &Story) -> Result<()> {
    let variables = form(&ALL).variables(&story.lab)?;
    let mut hosts = variables.get("control_plane").cloned().context("hosts")?;
    for host in hosts.as_object_mut().into_iter().flatten().map(|(_, host)| host) {
        let entry = host.as_object_mut().context("a host is an object")?;
        entry.insert("instance_id".to_owned(), json!("another"));
    }
    story.rearrange_with(&form(&ALL), &[("control_plane", hosts)])?;
    let text = one_line(&story.workspace.run(&PLAN)?.require_failure()?);
    ensure!(text.contains("PLAN-REPLACE-ALL"), "it should be refused\n{text}");
    story.rearrange(&form(&ALL))
}
