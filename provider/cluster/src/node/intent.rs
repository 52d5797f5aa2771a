use crate::intent::{NodeReference, PackageSource};
use crate::version::KubernetesVersion;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What one host should be, so that kubeadm can run on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeIntent {
    /// The host and how it is reached.
    pub node: NodeReference,
    /// What becomes of swap.
    pub swap: SwapPolicy,
    /// Kernel modules to load, besides those that kubeadm needs.
    pub kernel_modules: BTreeSet<String>,
    /// Sysctls to set, besides those that kubeadm needs.
    pub sysctls: BTreeMap<String, String>,
    /// Names to add to `/etc/hosts`, by address.
    pub hosts_entries: BTreeMap<String, Vec<String>>,
    /// The container runtime.
    pub container_runtime: ContainerRuntime,
    /// HTTP proxies of the runtime, the kubelet and the package manager.
    pub proxy: Option<Proxy>,
    /// Where packages come from.
    pub packages: NodePackages,
    /// Preflight findings, by code, that do not refuse the preparation.
    pub preflight_ignore: BTreeSet<String>,
    /// The resource's arguments, kept in the host's record so that an import can rebuild the state;
    /// opaque here, and free of secrets.
    pub declaration: Option<serde_json::Value>,
}

/// What becomes of swap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SwapPolicy {
    /// Turned off, now and at every boot: the kubelet does not start otherwise.
    #[default]
    Off,
    /// Left alone: for kubelets that are told to bear it.
    Ignore,
}

/// The container runtime and its configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerRuntime {
    /// Version of its package, whole or its beginning (`1.6.20`); default is the distribution's newest.
    pub version: Option<String>,
    /// Image of the container that holds a pod's namespaces; default is the runtime's own.
    pub sandbox_image: Option<String>,
    /// Where images of a registry are fetched instead, by the registry's host name.
    pub registry_mirrors: BTreeMap<String, RegistryMirror>,
    /// TOML, merged over the generated configuration as the last word.
    pub settings: Option<String>,
}

/// Where images of one registry are fetched instead.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegistryMirror {
    /// Addresses that are tried in this order, before the registry itself.
    pub endpoints: Vec<String>,
    /// What the endpoints are asked for: `pull`, `resolve`, `push`; empty means pull and resolve.
    pub capabilities: BTreeSet<String>,
    /// How certificates of the endpoints are checked.
    pub verification: Verification,
    /// Whether an endpoint's path stands for the whole path of the registry API.
    pub path: MirrorPath,
}

/// How certificates are checked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verification {
    /// Checked against the host's authorities.
    #[default]
    Required,
    /// Not checked.
    Skipped,
}

/// How an endpoint's path is meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MirrorPath {
    /// `/v2` is put after it.
    #[default]
    Prefix,
    /// It is used as it stands.
    Whole,
}

/// HTTP proxies.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proxy {
    /// Address of the proxy for plain HTTP.
    pub http: Option<String>,
    /// Address of the proxy for HTTPS.
    pub https: Option<String>,
    /// Names, addresses and ranges that are reached without it.
    pub no_proxy: Vec<String>,
}

/// Where a host's packages come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodePackages {
    /// Proxy of the package manager; default is the host's HTTP proxy.
    pub proxy: Option<String>,
    /// Mirror of the distribution's packages, used besides the sources the host has.
    pub mirror: Option<String>,
    /// Whether a runtime of a given version is held, so that upgrades leave it alone.
    pub hold: Hold,
    /// Packages of Kubernetes that are installed along with the others, where there are none yet.
    pub kubernetes: Option<KubernetesPackages>,
}

/// kubeadm, kubelet and kubectl, before a membership asks for them.
///
/// Once they are on a host, they are the membership's: it holds and upgrades them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KubernetesPackages {
    /// Their version.
    pub version: KubernetesVersion,
    /// Where they come from; they are not held here.
    pub source: PackageSource,
}

/// Whether upgrades leave packages alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hold {
    /// Held at their version.
    #[default]
    Held,
    /// Upgraded with everything else.
    Free,
}

impl Default for NodePackages {
    fn default() -> Self {
        Self { proxy: None, mirror: None, hold: Hold::Held, kubernetes: None }
    }
}

impl NodeIntent {
    /// A host with defaults for everything.
    #[must_use]
    pub fn new(node: NodeReference) -> Self {
        Self {
            node,
            swap: SwapPolicy::Off,
            kernel_modules: BTreeSet::new(),
            sysctls: BTreeMap::new(),
            hosts_entries: BTreeMap::new(),
            container_runtime: ContainerRuntime::default(),
            proxy: None,
            packages: NodePackages::default(),
            preflight_ignore: BTreeSet::new(),
            declaration: None,
        }
    }
}
