//! Control planes whose members hold one virtual address among them.

mod drift;
mod failover;
mod keepalived;
mod kube_vip;
mod long;
mod tailscale;
mod vip;

use acceptance::{Cluster, Core, Listing, Story, Topology, one_line, wait_until_whole};
use anyhow::{Context, Result, ensure};

use drift::Drift;
use failover::Failures;
use vip::Vip;

/// What tells one way to hold an address from another.
struct Kind {
    vip: Vip,
    form: fn(&[&str]) -> Topology,
    /// How a stranger takes the address, and gives it back: hosts, and what is done to each.
    stranger: [&'static [(&'static str, &'static str)]; 2],
    drift: Drift,
    failures: Failures,
}

/// From nothing in one apply; what is changed by hand is shown and put back; whatever fails, the
/// address goes on leading to an API server; who holds it may leave.
fn tell(kind: &Kind) -> Result<()> {
    let story = Story::begin(Core::OpenTofu, &(kind.form)(&kind.vip.members), &[])?;
    tell_in(kind, &story, |_| Ok(()))?;
    story.end()
}

/// The same, with something of its own before the cluster begins.
fn tell_in(kind: &Kind, story: &Story, before_all: fn(&Story) -> Result<()>) -> Result<()> {
    let vip = &kind.vip;
    let before = Listing::of_all(&story.lab, &vip.members)?;
    an_address_that_is_taken_is_told(story, kind)?;
    before_all(story)?;
    story.workspace.apply()?;
    wait_until_whole(&story.lab, &vip.members, &[vip.worker])?;
    story.require_no_changes()?;

    kind.drift.is_put_back(story, vip)?;
    kind.failures.are_survived(story, vip)?;
    let left = who_holds_it_may_leave(story, kind)?;

    story.workspace.destroy()?;
    ensure!(!story.workspace.state().contains("kubeadm_node"), "the state should be empty");
    for (_, before) in vip.members.iter().zip(&before).filter(|(host, _)| **host != left) {
        before.require_restored(&story.lab)?;
    }
    Ok(())
}

/// Before the cluster begins, and before anybody else takes it too.
fn an_address_that_is_taken_is_told(story: &Story, kind: &Kind) -> Result<()> {
    let [take, give_back] = kind.stranger;
    take.iter().try_for_each(|(host, command)| story.lab.ssh(host, command).map(drop))?;
    let text = refused(story)?;
    ensure!(text.contains("PF-ENDPOINT-TAKEN"), "it should tell who has the address\n{text}");
    give_back.iter().try_for_each(|(host, command)| story.lab.ssh(host, command).map(drop))
}

/// What an apply says that fails.
fn refused(story: &Story) -> Result<String> {
    let apply = ["apply", "-auto-approve", "-no-color", "-input=false"];
    Ok(one_line(&story.workspace.run(&apply)?.require_failure()?))
}

/// The host that left.
fn who_holds_it_may_leave(story: &Story, kind: &Kind) -> Result<&'static str> {
    let vip = &kind.vip;
    let leaving = vip.holder(&story.lab)?;
    let stay: Vec<&str> = vip.members.into_iter().filter(|host| *host != leaving).collect();
    story.rearrange(&(kind.form)(&stay))?;
    let gaps = vip.watch(&story.lab)?;
    story.workspace.apply()?;
    gaps.require_at_most("the holder left", kind.failures.longest)?;
    story.require_no_changes()?;
    let first = stay.first().context("somebody stays")?;
    Cluster::of(&story.lab, first).require_voters(&stay)?;
    for host in stay {
        let traces = format!("grep -rs 'server {leaving} ' /etc/haproxy; true");
        let traces = story.lab.ssh(host, &traces)?;
        ensure!(traces.is_empty(), "{leaving} is left on {host}:\n{traces}");
    }
    let left = "ls /var/lib/terraform-provider-kubeadm/endpoint-tailscale.sh \
                /etc/systemd/system/kubeadm-endpoint-tailscale.service 2>/dev/null; dpkg-query -W -f '${Package} ${db:Status-Status}\\n' haproxy keepalived 2>/dev/null \
                | grep ' installed'; ls /etc/kubernetes/manifests/kube-vip.yaml 2>/dev/null; true";
    let left = story.lab.ssh(leaving, left)?;
    ensure!(left.is_empty(), "{leaving} should have nothing of it:\n{left}");
    Ok(leaving)
}
