//! The lab of real hosts: a typed front of the command `acceptance/lab/lab`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::checkout;

/// The lab as it runs now.
#[derive(Debug, Clone)]
pub struct Lab {
    command: PathBuf,
    status: Status,
}

/// What `lab status --json` prints.
#[derive(Debug, Clone, Deserialize)]
pub struct Status {
    /// How to log in.
    pub ssh: Ssh,
    /// Where the hosts find kubeadm, kubelet and kubectl.
    pub kubernetes_repository: KubernetesRepository,
    /// HTTP proxy through which the hosts reach the distribution's packages.
    pub distribution_mirror: DistributionMirror,
    /// Registry name to the URL of its mirror.
    pub registry_mirrors: BTreeMap<String, String>,
    /// Packages that hosts get one by one.
    pub packages: Packages,
    /// Version of Kubernetes that the lab has packages and images of.
    pub kubernetes_version: String,
    /// The hosts that exist.
    pub hosts: Vec<LabHost>,
}

/// How to log in to lab hosts.
#[derive(Debug, Clone, Deserialize)]
pub struct Ssh {
    /// The user with the key.
    pub user: String,
    /// Private key every user of a lab host accepts.
    pub private_key_file: String,
    /// Host keys of all hosts.
    pub known_hosts_file: PathBuf,
    /// The other users, by name.
    #[serde(default)]
    pub other_users: BTreeMap<String, User>,
}

/// A user of every lab host.
#[derive(Debug, Clone, Deserialize)]
pub struct User {
    /// Password for sudo and for logging in, when the user has one.
    #[serde(default)]
    pub password: Option<String>,
}

/// A package repository with its key.
#[derive(Debug, Clone, Deserialize)]
pub struct KubernetesRepository {
    /// Address of the repository.
    pub url: String,
    /// File with the repository's public key, ASCII-armoured.
    pub key_file: PathBuf,
}

/// How hosts reach the distribution's packages.
#[derive(Debug, Clone, Deserialize)]
pub struct DistributionMirror {
    /// URL of an HTTP proxy for the package manager.
    pub apt_proxy: String,
}

/// URLs of packages that hosts get one by one.
#[derive(Debug, Clone, Deserialize)]
pub struct Packages {
    /// Tailscale's client.
    pub tailscale: String,
    /// A control server for it.
    pub headscale: String,
}

/// One host of the lab.
#[derive(Debug, Clone, Deserialize)]
pub struct LabHost {
    /// Its name.
    pub name: String,
    /// Its address in the lab's network.
    pub address: String,
    /// Its SSH host key, as `known_hosts` writes it: type and base64.
    pub host_key: String,
}

impl Lab {
    /// Boots the named hosts, building the lab's artefacts first where they are missing.
    ///
    /// # Errors
    /// When the lab cannot start: that fails the run, a test is never skipped for it.
    pub fn up(names: &[&str]) -> Result<Self> {
        let command = checkout().join("acceptance/lab/lab");
        let outcome = Command::new(&command)
            .arg("up")
            .args(names)
            .stdout(Stdio::null())
            .status()
            .context("starting the lab")?;
        if !outcome.success() {
            bail!("the lab did not start: {outcome}");
        }
        Self::running()
    }

    /// The lab as it is.
    ///
    /// # Errors
    /// When its status cannot be read.
    pub fn running() -> Result<Self> {
        let command = checkout().join("acceptance/lab/lab");
        let status = read_status(&command)?;
        Ok(Self { command, status })
    }

    /// Removes the named hosts, or the whole lab when none is named.
    ///
    /// # Errors
    /// When something of them is left.
    pub fn down(names: &[&str]) -> Result<()> {
        let command = checkout().join("acceptance/lab/lab");
        let outcome = Command::new(command).arg("down").args(names).status()?;
        if !outcome.success() {
            bail!("the lab did not come down: {outcome}");
        }
        Ok(())
    }

    /// What the lab says of itself, as it was when this value was made.
    #[must_use]
    pub fn status(&self) -> &Status {
        &self.status
    }

    /// One host by name.
    ///
    /// # Errors
    /// When the lab has no such host.
    pub fn host(&self, name: &str) -> Result<&LabHost> {
        self.status
            .hosts
            .iter()
            .find(|host| host.name == name)
            .with_context(|| format!("the lab has no host {name}"))
    }

    /// Runs a shell command on a host as root and returns what it printed.
    ///
    /// # Errors
    /// When it fails.
    pub fn ssh(&self, name: &str, script: &str) -> Result<String> {
        let output = self.try_ssh(name, script)?;
        if !output.status.success() {
            bail!(
                "{name}: {script}: {}\n{}{}",
                output.status,
                String::from_utf8_lossy(&output.stdout),
                String::from_utf8_lossy(&output.stderr)
            );
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Runs a shell command on a host as root, whatever becomes of it.
    ///
    /// # Errors
    /// When the command cannot be started.
    pub fn try_ssh(&self, name: &str, script: &str) -> Result<Output> {
        self.plain(&["ssh", name, script])
    }

    /// Starts a shell command on a host as root, with its output to be read while it runs.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start_ssh(&self, name: &str, script: &str) -> Result<Child> {
        let mut command = Command::new(&self.command);
        command.args(["ssh", name, script]).stdin(Stdio::null()).stdout(Stdio::piped());
        command.spawn().with_context(|| format!("starting a script on {name}"))
    }

    /// Runs another verb of the lab: `stop`, `start`, `reboot`, `rebuild`, `files`.
    ///
    /// # Errors
    /// When it fails.
    pub fn verb(&self, verb: &str, name: &str) -> Result<String> {
        let output = self.plain(&[verb, name])?;
        if !output.status.success() {
            bail!("lab {verb} {name}: {}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// A command that will run inside the lab's network, with `tofu` and `kubectl` on its path.
    #[must_use]
    pub fn inside(&self, program: &str) -> Command {
        let mut command = Command::new(&self.command);
        command.args(["run", "--", program]);
        command
    }

    fn plain(&self, arguments: &[&str]) -> Result<Output> {
        Command::new(&self.command)
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .with_context(|| format!("running the lab's {arguments:?}"))
    }
}

fn read_status(command: &Path) -> Result<Status> {
    let output = Command::new(command).args(["status", "--json"]).output()?;
    serde_json::from_slice(&output.stdout).context("reading the lab's status")
}
