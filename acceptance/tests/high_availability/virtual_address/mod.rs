//! A control plane whose members hold one virtual address among them: keepalived and haproxy.

mod drift;
mod failover;
mod vip;

use acceptance::{Cluster, Core, Listing, Story, Topology, wait_until_whole};
use anyhow::{Context, Result, ensure};

use vip::{Gaps, holder};

/// Not the other stories' hosts: it may run beside one of them.
const MEMBERS: [&str; 3] = ["k1", "k2", "k3"];
const WORKER: &str = "k4";
/// No host of the lab has it.
const ADDRESS: &str = "10.77.0.5";

/// From nothing in one apply; what is changed by hand is shown and put back; whatever fails, the
/// address goes on leading to an API server; who holds it may leave.
#[test]
fn a_virtual_address_is_served_by_the_members() -> Result<()> {
    let story = Story::begin(Core::OpenTofu, &form(&MEMBERS), &[])?;
    let before = Listing::of_all(&story.lab, &MEMBERS)?;
    story.workspace.apply()?;
    wait_until_whole(&story.lab, &MEMBERS, &[WORKER])?;
    story.require_no_changes()?;

    drift::what_somebody_changes_is_put_back(&story)?;
    failover::whatever_fails_another_host_takes_over(&story)?;
    let left = who_holds_it_may_leave(&story)?;

    story.workspace.destroy()?;
    ensure!(!story.workspace.state().contains("kubeadm_node"), "the state should be empty");
    for (_, before) in MEMBERS.iter().zip(&before).filter(|(host, _)| **host != left) {
        before.require_restored(&story.lab)?;
    }
    story.end()
}

fn form(members: &[&str]) -> Topology {
    Topology::new(members, &[WORKER]).at(ADDRESS)
}

/// The host that left, which is as it was before.
fn who_holds_it_may_leave(story: &Story) -> Result<&'static str> {
    let leaving = holder(&story.lab)?;
    let stay: Vec<&str> = MEMBERS.into_iter().filter(|host| *host != leaving).collect();
    story.rearrange(&form(&stay))?;
    let gaps = Gaps::watch(&story.lab)?;
    story.workspace.apply()?;
    gaps.require_at_most("the holder left", failover::LONGEST)?;
    story.require_no_changes()?;
    let first = stay.first().context("somebody stays")?;
    Cluster::of(&story.lab, first).require_voters(&stay)?;
    for host in stay {
        let servers = story.lab.ssh(host, "cat /etc/haproxy/haproxy.cfg")?;
        ensure!(!servers.contains(&format!("server {leaving} ")), "{leaving} is left:\n{servers}");
    }
    let packages = story.lab.ssh(
        leaving,
        "dpkg-query -W -f '${Package} ${db:Status-Status}\\n' \
         haproxy keepalived 2>/dev/null; true",
    )?;
    ensure!(!packages.contains(" installed"), "{leaving} should have neither:\n{packages}");
    Ok(leaving)
}
