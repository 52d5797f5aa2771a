//! What is true once a change has come to its end, whatever went wrong on the way.

use std::collections::BTreeSet;

use acceptance::{Cluster, Story, require_no_credentials_left, wait_until_whole};
use anyhow::{Context, Result, ensure};

/// There is one cluster of just these members, with nothing left over and nothing left to do.
pub(crate) fn require_converged(story: &Story, members: &[&str]) -> Result<()> {
    wait_until_whole(&story.lab, members, &[])?;
    let cluster = Cluster::of(&story.lab, members.first().context("a cluster has a member")?);
    cluster.require_voters(members)?;
    only_these_nodes(&cluster, members)?;
    one_authority(story, members)?;
    require_no_credentials_left(&cluster)?;
    // Not by the exit status: the outputs tell whether nodes are Ready, which some became later.
    let changes = story.workspace.plan()?.changes();
    ensure!(changes.is_empty(), "the plan should change nothing: {changes:#?}");
    Ok(())
}

/// Ready or not, no other node object is there.
fn only_these_nodes(cluster: &Cluster<'_>, members: &[&str]) -> Result<()> {
    let printed = cluster.kubectl("get nodes -o name")?;
    let nodes: Vec<&str> = printed.lines().filter_map(|line| line.strip_prefix("node/")).collect();
    ensure!(nodes == members, "the nodes should be {members:?}, and are {nodes:?}");
    Ok(())
}

/// Members of two clusters would have two CAs.
fn one_authority(story: &Story, members: &[&str]) -> Result<()> {
    let mut hashes = BTreeSet::new();
    for member in members {
        hashes.insert(story.lab.ssh(member, "sha256sum < /etc/kubernetes/pki/ca.crt")?);
    }
    ensure!(hashes.len() == 1, "the members should have one CA: {hashes:?}");
    Ok(())
}
