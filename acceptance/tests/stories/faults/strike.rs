//! How a fault is made.

use std::time::Duration;

use acceptance::{Lab, wait_until};
use anyhow::{Context, Result};
use cluster::membership::Step;

use crate::faults::attempt::Attempt;
use crate::faults::cell::{Cell, Fault};
use crate::faults::console::Console;

/// How long a step may take to start kubeadm.
const START_LIMIT: Duration = Duration::from_mins(1);

/// How long sshd may take to let somebody in again.
const SSHD_LIMIT: Duration = Duration::from_secs(30);

/// Both the one that listens and those that serve a connection. systemd starts the listening one
/// again by itself, or else because it is told to.
const KILL_SSHD: &str = "pkill -KILL -x sshd && systemctl start ssh.service";

/// Waits for the cell's step on the host that changes, and makes its fault.
pub(crate) fn strike(lab: &Lab, host: &str, attempt: &mut Attempt, cell: Cell) -> Result<()> {
    attempt.reach(host, cell.step)?;
    if let Some(unit) = unit(cell.step) {
        await_unit(host, unit)?;
    }
    match cell.fault {
        Fault::KillProvider => attempt.kill_provider(),
        Fault::KillSshd => kill_sshd(lab, host),
        Fault::Reboot => lab.verb("reboot", host).map(drop),
    }
}

/// The unit in which kubeadm changes the host: a step that has one is disturbed while it runs.
fn unit(step: Step) -> Option<&'static str> {
    match step {
        Step::Initialize(_) => Some("terraform-kubeadm-init.service"),
        Step::Join => Some("terraform-kubeadm-join.service"),
        Step::Reset => Some("terraform-kubeadm-reset.service"),
        _ => None,
    }
}

fn await_unit(host: &str, unit: &str) -> Result<()> {
    let console = Console::of(host)?;
    let is_active = format!("systemctl is-active --quiet {unit}");
    let runs = || Ok(console.attempt(&is_active)?.status.success());
    wait_until(START_LIMIT, runs).with_context(|| format!("{unit} should run on {host}"))
}

fn kill_sshd(lab: &Lab, host: &str) -> Result<()> {
    Console::of(host)?.run(KILL_SSHD)?;
    let lets_in = || Ok(lab.try_ssh(host, "true")?.status.success());
    wait_until(SSHD_LIMIT, lets_in).with_context(|| format!("sshd should be back on {host}"))
}
