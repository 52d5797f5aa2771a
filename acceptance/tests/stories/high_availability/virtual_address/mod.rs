//! Control planes whose members hold one virtual address among them.

mod drift;
mod failover;
mod keepalived;
mod kube_vip;
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
    drift: Drift,
    failures: Failures,
}

/// From nothing in one apply; what is changed by hand is shown and put back; whatever fails, the
/// address goes on leading to an API server; who holds it may leave.
fn tell(kind: &Kind) -> Result<()> {
    let Kind { vip, form, .. } = kind;
    let story = Story::begin(Core::OpenTofu, &form(&vip.members), &[])?;
    let before = Listing::of_all(&story.lab, &vip.members)?;
    an_address_that_is_taken_is_told(&story, vip)?;
    story.workspace.apply()?;
    wait_until_whole(&story.lab, &vip.members, &[vip.worker])?;
    story.require_no_changes()?;

    kind.drift.is_put_back(&story, vip)?;
    kind.failures.are_survived(&story, vip)?;
    let left = who_holds_it_may_leave(&story, kind)?;

    story.workspace.destroy()?;
    ensure!(!story.workspace.state().contains("kubeadm_node"), "the state should be empty");
    for (_, before) in vip.members.iter().zip(&before).filter(|(host, _)| **host != left) {
        before.require_restored(&story.lab)?;
    }
    story.end()
}

/// Before the cluster begins, and before anybody else takes it too.
fn an_address_that_is_taken_is_told(story: &Story, vip: &Vip) -> Result<()> {
    let address = format!("{}/32 dev eth0", vip.address);
    story.lab.ssh(vip.worker, &format!("ip address add {address}"))?;
    let apply = ["apply", "-auto-approve", "-no-color", "-input=false"];
    let text = one_line(&story.workspace.run(&apply)?.require_failure()?);
    ensure!(text.contains("PF-ENDPOINT-TAKEN"), "it should tell who has the address\n{text}");
    story.lab.ssh(vip.worker, &format!("ip address delete {address}")).map(drop)
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
    let left = "dpkg-query -W -f '${Package} ${db:Status-Status}\\n' haproxy keepalived 2>/dev/null \
                | grep ' installed'; ls /etc/kubernetes/manifests/kube-vip.yaml 2>/dev/null; true";
    let left = story.lab.ssh(leaving, left)?;
    ensure!(left.is_empty(), "{leaving} should have nothing of it:\n{left}");
    Ok(leaving)
}
