//! A cluster made by plain kubeadm commands, without this provider.

use std::process::Command;

use anyhow::Result;

use crate::{Lab, Topology, checkout};

/// The script of those commands.
const SCRIPT: &str = "acceptance/bench/ha.sh";

impl Topology {
    /// The command that makes a cluster of this form by hand, with what the scenario's variables tell
    /// the provider; the load balancer is there before.
    ///
    /// # Errors
    /// When the lab lacks one of the hosts.
    pub fn by_hand(&self, lab: &Lab) -> Result<Command> {
        let status = lab.status();
        let mirrors = status.registry_mirrors.iter();
        let mirrors: Vec<String> =
            mirrors.map(|(registry, url)| format!("{registry}={url}")).collect();
        let endpoint = self.load_balancer.as_ref().map(|host| lab.host(host)).transpose()?;
        let endpoint = endpoint.map_or("", |host| &host.address);
        let mut command = lab.inside("bash");
        command
            .arg(checkout().join(SCRIPT))
            .env("CONTROL_PLANE", addresses(lab, &self.control_plane)?)
            .env("WORKERS", addresses(lab, &self.workers)?)
            .env("ENDPOINT", endpoint)
            .env("KUBERNETES_VERSION", &status.kubernetes_version)
            .env("KUBERNETES_REPOSITORY", &status.kubernetes_repository.url)
            .env("KUBERNETES_REPOSITORY_KEY", &status.kubernetes_repository.key_file)
            .env("APT_PROXY", &status.distribution_mirror.apt_proxy)
            .env("REGISTRY_MIRRORS", mirrors.join(" "))
            .env("SSH_KEY", &status.ssh.private_key_file)
            .env("SSH_KNOWN_HOSTS", &status.ssh.known_hosts_file);
        Ok(command)
    }
}

fn addresses(lab: &Lab, names: &[String]) -> Result<String> {
    let mut words = Vec::new();
    for name in names {
        words.push(format!("{name}={}", lab.host(name)?.address));
    }
    Ok(words.join(" "))
}
