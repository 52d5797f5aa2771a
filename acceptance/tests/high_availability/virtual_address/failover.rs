//! What may fail on the host that holds the address.

use std::time::Duration;

use acceptance::{Lab, Story, wait_until, wait_until_whole};
use anyhow::{Context, Result};

use super::vip::{Gaps, holder, wait_until_it_leads_somewhere};
use super::{MEMBERS, WORKER};

/// How long the address may lead nowhere: keepalived misses three announcements of 0.5 s and haproxy
/// two checks of 1 s; the rest is for hosts that share two cores.
pub(super) const LONGEST: Duration = Duration::from_secs(6);

/// What is done to the host that holds the address, and what undoes it.
struct Failure {
    name: &'static str,
    strike: &'static str,
    heal: &'static str,
    /// Whether the address goes to another host.
    moves: bool,
}

const FAILURES: [Failure; 4] = [
    Failure {
        name: "keepalived stopped",
        strike: "systemctl stop keepalived",
        heal: "systemctl start keepalived",
        moves: true,
    },
    Failure {
        name: "haproxy stopped",
        strike: "systemctl stop haproxy",
        heal: "systemctl start haproxy",
        moves: true,
    },
    Failure {
        name: "API server stopped",
        strike: "mv /etc/kubernetes/manifests/kube-apiserver.yaml /root/",
        heal: "mv /root/kube-apiserver.yaml /etc/kubernetes/manifests/",
        moves: true,
    },
    Failure {
        name: "API server hung",
        strike: "pkill -STOP -x kube-apiserver",
        heal: "pkill -CONT -x kube-apiserver",
        moves: true,
    },
];

/// One after the other, each on the host that holds the address then, and at last the host itself.
pub(super) fn whatever_fails_another_host_takes_over(story: &Story) -> Result<()> {
    for failure in &FAILURES {
        strike(story, failure)?;
    }
    keepalived_that_is_killed_comes_back(&story.lab)?;
    the_host_is_gone(story)?;
    story.require_no_changes()
}

fn strike(story: &Story, failure: &Failure) -> Result<()> {
    let lab = &story.lab;
    let victim = holder(lab)?;
    let gaps = Gaps::watch(lab)?;
    lab.ssh(victim, failure.strike)?;
    if failure.moves {
        wait_until(Duration::from_secs(30), || Ok(holder(lab)? != victim))
            .with_context(|| format!("{}: the address should move", failure.name))?;
    }
    wait_until_it_leads_somewhere(lab)?;
    gaps.require_at_most(failure.name, LONGEST)?;
    lab.ssh(victim, failure.heal)?;
    wait_until_whole(lab, &MEMBERS, &[WORKER])
}

/// It would leave the address behind, on two hosts then.
fn keepalived_that_is_killed_comes_back(lab: &Lab) -> Result<()> {
    let victim = holder(lab)?;
    let gaps = Gaps::watch(lab)?;
    lab.ssh(victim, "systemctl kill --signal=KILL keepalived")?;
    wait_until(Duration::from_secs(30), || {
        Ok(lab.try_ssh(victim, "systemctl is-active --quiet keepalived")?.status.success())
    })
    .context("keepalived should be back")?;
    holder(lab)?;
    wait_until_it_leads_somewhere(lab)?;
    gaps.require_at_most("keepalived killed", LONGEST)
}

fn the_host_is_gone(story: &Story) -> Result<()> {
    let victim = holder(&story.lab)?;
    let gaps = Gaps::watch(&story.lab)?;
    story.lab.verb("stop", victim)?;
    wait_until_it_leads_somewhere(&story.lab)?;
    gaps.require_at_most("the host gone", LONGEST)?;
    story.lab.verb("start", victim)?;
    wait_until_whole(&story.lab, &MEMBERS, &[WORKER])
}
