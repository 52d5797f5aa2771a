//! A way into a lab host that needs neither its network nor its sshd.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use anyhow::{Context, Result, ensure};

use crate::faults::processes;

/// Where the lab keeps what it knows of its hosts.
const HOSTS: &str = "/var/lib/kubeadm-lab/hosts";

/// The console of a host, as it runs now: a host that was restarted has another.
pub(crate) struct Console {
    first_process: u32,
}

impl Console {
    /// The console of a host of the lab.
    pub(crate) fn of(host: &str) -> Result<Self> {
        let file = Path::new(HOSTS).join(host).join("nspawn.pid");
        let manager = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        let inside = processes::descendants(manager.trim().parse()?)?;
        let first_process = inside.into_iter().find(|process| processes::is_first(*process));
        let first_process = first_process.with_context(|| format!("{host} does not run"))?;
        Ok(Self { first_process })
    }

    /// Runs a shell command as root, whatever becomes of it.
    pub(crate) fn attempt(&self, script: &str) -> Result<Output> {
        let target = format!("--target={}", self.first_process);
        let mut enter = Command::new("nsenter");
        enter.args([&target, "--mount", "--pid", "--root", "--wd", "sh", "-c", script]);
        enter.output().context("nsenter")
    }

    /// Likewise, and it must end well.
    pub(crate) fn run(&self, script: &str) -> Result<()> {
        let output = self.attempt(script)?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{script}: {}\n{said}", output.status);
        Ok(())
    }
}
