//! An apply that is interrupted in the middle of `kubeadm init` converges at the next one.

use std::time::Duration;

use acceptance::{Cluster, Core, Story, Topology, signal_group, wait_until};
use anyhow::{Result, ensure};

/// Ctrl-C in the middle of `kubeadm init`: core and provider end in order, the next apply goes on.
#[test]
fn an_apply_after_ctrl_c_in_kubeadm_init_converges() -> Result<()> {
    converges_after("i1", "INT")
}

/// SIGKILL of core and provider in the middle of `kubeadm init`: the next apply goes on.
#[test]
fn an_apply_after_sigkill_in_kubeadm_init_converges() -> Result<()> {
    converges_after("i2", "KILL")
}

fn converges_after(host: &str, signal: &str) -> Result<()> {
    let story = Story::begin(Core::OpenTofu, &Topology::new(&[host], &[]), &[])?;
    interrupt_init(&story, host, signal)?;
    story.workspace.apply()?;
    story.require_no_changes()?;
    ensure!(Cluster::of(&story.lab, host).ready_nodes()? == [host], "the node should be Ready");
    let starts = story.lab.ssh(host, "ls /etc/kubernetes/manifests | wc -l")?;
    ensure!(starts.trim() == "4", "one control plane, four static pods: {starts}");
    story.workspace.destroy()?;
    story.end()
}

/// Applies, and sends core and provider a signal in the middle of `kubeadm init`.
pub(crate) fn interrupt_init(story: &Story, host: &str, signal: &str) -> Result<()> {
    let mut apply =
        story.workspace.start(&["apply", "-auto-approve", "-no-color", "-input=false"])?;
    wait_until(Duration::from_mins(2), || {
        ensure!(apply.try_wait()?.is_none(), "apply ended before kubeadm init was seen");
        let seen = "pgrep -f '^([^ ]*/)?kubeadm init' && test -e /etc/kubernetes/pki/ca.crt";
        Ok(story.lab.try_ssh(host, seen)?.status.success())
    })?;
    signal_group(&apply, signal)?;
    let output = apply.wait_with_output()?;
    ensure!(!output.status.success(), "an interrupted apply should not end well");
    Ok(())
}
