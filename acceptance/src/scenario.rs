//! The scenarios under `examples/scenarios`, pointed at lab hosts.
//!
//! What the lab needs reaches the provider as ordinary variables: mirrors, a package proxy and
//! settings for hosts that are containers.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::{Core, Lab, LoadBalancer, Tailnet, Workspace, checkout};

/// Which lab hosts play which part.
#[derive(Debug, Clone, Default)]
pub struct Topology {
    pub(crate) control_plane: Vec<String>,
    pub(crate) workers: Vec<String>,
    pub(crate) load_balancer: Option<String>,
    pub(crate) virtual_address: Option<(String, &'static str)>,
    pub(crate) control_server: Option<String>,
}

impl Topology {
    /// A topology of lab hosts by name.
    #[must_use]
    pub fn new(control_plane: &[&str], workers: &[&str]) -> Self {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let (control_plane, workers) = (owned(control_plane), owned(workers));
        Self { control_plane, workers, ..Self::default() }
    }

    /// The same with a load balancer, on a lab host of its own, as the cluster's endpoint.
    #[must_use]
    pub fn behind(self, load_balancer: &str) -> Self {
        Self { load_balancer: Some(load_balancer.to_owned()), ..self }
    }

    /// The same with an address of no host as the cluster's endpoint, which keepalived holds.
    #[must_use]
    pub fn by_keepalived(self, address: &str) -> Self {
        self.at(address, "keepalived")
    }

    /// Likewise by kube-vip.
    #[must_use]
    pub fn by_kube_vip(self, address: &str) -> Self {
        self.at(address, "kube-vip")
    }

    /// The same in a tailnet, whose control server is on a lab host of its own.
    #[must_use]
    pub fn by_tailscale(self, address: &str, control_server: &str) -> Self {
        let at = self.at(address, "tailscale");
        Self { control_server: Some(control_server.to_owned()), ..at }
    }

    fn at(self, address: &str, scenario: &'static str) -> Self {
        Self { virtual_address: Some((address.to_owned(), scenario)), ..self }
    }

    /// Whether its hosts reach each other in a tailnet.
    #[must_use]
    pub fn is_in_tailnet(&self) -> bool {
        self.control_server.is_some()
    }

    /// Every host's name.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        let nodes = self.control_plane.iter().chain(&self.workers);
        let others = self.load_balancer.iter().chain(&self.control_server);
        nodes.chain(others).map(String::as_str).collect()
    }

    /// The scenario that makes a cluster of this form.
    #[must_use]
    pub fn scenario(&self) -> &'static str {
        match (&self.load_balancer, &self.virtual_address) {
            (Some(_), _) => "high-availability",
            (None, Some((_, scenario))) => scenario,
            (None, None) => "single",
        }
    }

    /// Makes ready what the provider does not care for: the load balancer, or the tailnet, when there is one.
    ///
    /// # Errors
    /// When it cannot be set up.
    pub fn prepare(&self, lab: &Lab) -> Result<()> {
        if let Some(host) = &self.load_balancer {
            let backends: Vec<&str> = self.control_plane.iter().map(String::as_str).collect();
            LoadBalancer::set_up(lab, host, &backends)?;
        }
        if let Some(host) = &self.control_server {
            let nodes = self.control_plane.iter().chain(&self.workers);
            let nodes: Vec<&str> = nodes.map(String::as_str).collect();
            Tailnet::set_up(lab, host)?.enrol(&nodes)?;
        }
        Ok(())
    }

    /// The scenario's variables for these hosts.
    ///
    /// # Errors
    /// When the lab lacks one of them.
    pub fn variables(&self, lab: &Lab) -> Result<BTreeMap<String, Value>> {
        let mut variables = lab_variables(lab)?;
        variables.insert("control_plane".to_owned(), self.hosts(lab, &self.control_plane)?);
        variables.insert("workers".to_owned(), self.hosts(lab, &self.workers)?);
        if let Some(host) = &self.control_server {
            let tailnet = Tailnet::of(lab, host);
            let (url, key) = (tailnet.url()?, tailnet.api_key()?);
            let api = json!({ "server": "headscale", "url": url, "key": key });
            variables.insert("tailscale_api".to_owned(), api);
        }
        if let Some(host) = &self.load_balancer {
            variables.insert("endpoint".to_owned(), json!(lab.host(host)?.address));
        }
        if let Some((address, _)) = &self.virtual_address {
            variables.insert("endpoint".to_owned(), json!(address));
        }
        Ok(variables)
    }

    /// A lab host's key is made with its machine, so that it also tells one machine of a name from the
    /// next, as a server's id does elsewhere. A scenario that does not ask for that leaves it out.
    fn hosts(&self, lab: &Lab, names: &[String]) -> Result<Value> {
        let mut map = serde_json::Map::new();
        for name in names {
            let host = lab.host(name)?;
            let (address, key) = (&host.address, &host.host_key);
            let entry = json!({ "address": address, "host_key": key, "instance_id": key });
            let Value::Object(mut entry) = entry else { anyhow::bail!("a host is an object") };
            if let Some(server) = &self.control_server {
                let address = Tailnet::of(lab, server).address(name)?;
                entry.insert("tailnet_address".to_owned(), json!(address));
            }
            map.insert(name.clone(), Value::Object(entry));
        }
        Ok(Value::Object(map))
    }
}

/// Where the demo of a scenario keeps its configuration and state.
#[must_use]
pub fn demo_directory(scenario: &str) -> PathBuf {
    checkout().join(".lab/demo").join(scenario)
}

/// Where the examples are.
#[must_use]
pub fn examples_directory() -> PathBuf {
    checkout().join("examples")
}

/// A workspace with the files of a scenario and the variables of a topology.
///
/// # Errors
/// When the scenario does not exist or cannot be copied.
pub fn scenario_workspace(
    lab: &Lab,
    core: Core,
    scenario: &str,
    topology: &Topology,
    directory: &Path,
) -> Result<Workspace> {
    let workspace = Workspace::new(lab, core, directory)?;
    copy_scenario(scenario, directory)?;
    workspace.set_variables(&topology.variables(lab)?)?;
    Ok(workspace)
}

/// Puts the configuration of a scenario into a directory, over what is there.
///
/// # Errors
/// When the scenario does not exist or cannot be copied.
pub fn copy_scenario(scenario: &str, directory: &Path) -> Result<()> {
    let source = examples_directory().join("scenarios").join(scenario);
    for entry in fs::read_dir(&source).with_context(|| format!("no scenario {scenario}"))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "tf") {
            let name = path.file_name().unwrap_or_default();
            fs::copy(&path, directory.join(name))?;
        }
    }
    Ok(())
}

fn lab_variables(lab: &Lab) -> Result<BTreeMap<String, Value>> {
    let status = lab.status();
    let repository = &status.kubernetes_repository;
    let key = fs::read_to_string(&repository.key_file).context("reading the repository's key")?;
    let variables = json!({
        "ssh_user": status.ssh.user,
        "ssh_private_key_file": status.ssh.private_key_file,
        "kubernetes_version": status.kubernetes_version,
        "package_proxy": status.distribution_mirror.apt_proxy,
        "kubernetes_repository": { "url": repository.url, "key": key },
        "registry_mirrors": status.registry_mirrors,
        "kubelet_configuration": kubelet_settings(),
        "kube_proxy_configuration": { "conntrack": { "maxPerCore": 0, "min": 0 } },
        "ignore_preflight_errors": ["SystemVerification"],
        "ignore_findings": ["PF-CGROUP"],
    });
    let Value::Object(map) = variables else {
        anyhow::bail!("variables are an object");
    };
    Ok(map.into_iter().collect())
}

/// Lab hosts are containers on cgroup v1 that see the whole machine's disk.
fn kubelet_settings() -> Value {
    json!({
        "failCgroupV1": false,
        "evictionHard": {
            "imagefs.available": "1%", "memory.available": "50Mi",
            "nodefs.available": "1%", "nodefs.inodesFree": "1%"
        },
        "imageGCHighThresholdPercent": 100,
        "imageGCLowThresholdPercent": 99,
    })
}
