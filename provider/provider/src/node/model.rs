//! The resource `kubeadm_node`: its attributes.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tfplugin::attribute::{computed, optional_computed, required};
use tfplugin::{Set, Tf, Timeouts};

use super::settings::Settings;
use crate::model::{atoms, whole};

/// One host, made fit for kubeadm: swap, kernel modules, sysctls, names, container runtime.
///
/// Everything is looked at before anything is changed: if preflight finds what kubeadm would
/// stumble over, all of it is said at once and the host stays as it was. What the provider changes
/// is kept in a record on the host, `/var/lib/terraform-provider-kubeadm/record.json`, together
/// with what was there before; destroy puts back just that. A membership that an interrupted apply
/// began and never finished, so that no resource stands for it, is reset on the way; a host that is
/// in a finished cluster, or in somebody else's, is not given back.
///
/// The host needs sshd, systemd and, for users other than root, sudo. Debian and Ubuntu are
/// supported. Other resources take the whole object: `node = kubeadm_node.cp1`.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq, Default)]
pub(crate) struct NodeModel {
    /// Name of the node in the cluster: lower case letters, digits, `-` and `.`. It need not be
    /// the host's own name.
    #[schemars(extend("x-tf" = required()))]
    pub(crate) name: Tf<String>,
    /// DNS name or address that SSH connects to.
    #[schemars(extend("x-tf" = required()))]
    pub(crate) address: Tf<String>,
    /// TCP port of SSH; default is the profile's, or else `22`.
    pub(crate) port: Tf<i64>,
    /// Name of one of the provider's `ssh_profiles`; default is the provider's `ssh`.
    pub(crate) ssh_profile: Tf<String>,
    /// SSH host key that the host must have, as in `known_hosts` (`ssh-ed25519 AAAA...`). When it
    /// is not given, the key accepted at first contact is pinned here.
    #[schemars(extend("x-tf" = optional_computed().stable()))]
    pub(crate) host_key: Tf<String>,
    /// Address that the kubelet announces, for hosts with several; default is the host's choice.
    pub(crate) node_ip: Tf<String>,
    /// Anything that changes when the machine is rebuilt, such as a server's id: another value
    /// replaces the node, and with it its membership. The first one that is given replaces nothing.
    pub(crate) instance_id: Tf<String>,
    /// What becomes of swap: `off` (default) turns it off now and at every boot, `ignore` leaves it
    /// alone, for kubelets that are told to bear it.
    pub(crate) swap: Tf<Swap>,
    /// Kernel modules to load, besides `overlay` and `br_netfilter`.
    pub(crate) kernel_modules: Tf<Set<Tf<String>>>,
    /// Kernel settings, besides those that kubeadm needs (forwarding and bridge filtering).
    pub(crate) sysctls: Tf<BTreeMap<String, Tf<String>>>,
    /// Names to add to `/etc/hosts`, by address.
    pub(crate) hosts_entries: Tf<BTreeMap<String, Tf<Vec<Tf<String>>>>>,
    /// The container runtime, containerd.
    pub(crate) container_runtime: Tf<ContainerRuntime>,
    /// HTTP proxies of the container runtime, the kubelet and the package manager. Addresses with a
    /// user name or a password are refused, here as in `packages` and `registry_mirrors`: they would
    /// rest in the state and on the host. Let the proxy admit the host by its address, or put the
    /// credentials into a file of your own on the host.
    pub(crate) proxy: Tf<HttpProxy>,
    /// Where packages come from.
    pub(crate) packages: Tf<NodePackages>,
    /// How findings before the preparation are treated.
    pub(crate) preflight: Tf<Preflight>,
    /// How long the operations may take. Defaults: create and update `15m`, read `1m`, delete
    /// `10m`.
    pub(crate) timeouts: Tf<Timeouts>,
    /// The machine's identity, the same as `machine_id`.
    #[schemars(extend("x-tf" = computed().stable()))]
    pub(crate) id: Tf<String>,
    /// Content of `/etc/machine-id`: a host that answers with another one is another machine, and
    /// the node is replaced.
    #[schemars(extend("x-tf" = computed().stable()))]
    pub(crate) machine_id: Tf<String>,
    /// The host's operating system and hardware.
    #[schemars(extend("x-tf" = computed().stable()))]
    pub(crate) os: Tf<Os>,
    /// What is kept on the host, as it was found last: a difference is shown in the plan and
    /// repaired by apply.
    #[schemars(extend("x-tf" = computed()))]
    pub(crate) settings: Tf<Settings>,
}

/// What becomes of swap.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Swap {
    /// Turned off, now and at every boot.
    Off,
    /// Left alone.
    Ignore,
}

/// The container runtime, containerd.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq, Default)]
pub(crate) struct ContainerRuntime {
    /// Version of its package, whole or its beginning (`1.6.20`); default is the distribution's
    /// newest.
    pub(crate) version: Tf<String>,
    /// Image of the container that holds a pod's namespaces; default is the runtime's own.
    pub(crate) sandbox_image: Tf<String>,
    /// Where images of a registry are fetched instead, by the registry's host name.
    pub(crate) registry_mirrors: Tf<BTreeMap<String, RegistryMirror>>,
    /// TOML, merged over the generated configuration as the last word. Credentials in it are
    /// refused: registries that ask for them are a matter of `imagePullSecrets`.
    pub(crate) settings: Tf<String>,
}

/// Where images of one registry are fetched instead.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq, Default)]
pub(crate) struct RegistryMirror {
    /// Addresses that are tried in this order, before the registry itself; without credentials.
    #[schemars(extend("x-tf" = required()))]
    pub(crate) endpoints: Tf<Vec<Tf<String>>>,
    /// What the endpoints are asked for: `pull`, `resolve`, `push`. Default is pull and resolve.
    pub(crate) capabilities: Tf<Set<Tf<String>>>,
    /// Whether certificates of the endpoints are not checked. Default `false`.
    pub(crate) skip_verify: Tf<bool>,
    /// Whether an endpoint's path stands for the whole path of the registry API. Default `false`.
    pub(crate) override_path: Tf<bool>,
}

/// HTTP proxies.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq, Default)]
pub(crate) struct HttpProxy {
    /// Address of the proxy for plain HTTP, without credentials.
    pub(crate) http: Tf<String>,
    /// Address of the proxy for HTTPS, without credentials.
    pub(crate) https: Tf<String>,
    /// Names, addresses and ranges that are reached without it. Include the cluster's own ranges
    /// and hosts. The package manager heeds whole names and addresses alone.
    pub(crate) no_proxy: Tf<Vec<Tf<String>>>,
}

/// Where a host's packages come from.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq, Default)]
pub(crate) struct NodePackages {
    /// HTTP proxy of the package manager, without credentials; default is `proxy.http`.
    pub(crate) proxy: Tf<String>,
    /// Mirror of the distribution's packages, used besides the sources that the host has. Its address
    /// holds no credentials: those belong into a file of your own in `/etc/apt/auth.conf.d`.
    pub(crate) mirror: Tf<String>,
    /// Whether a container runtime of a given version is held, so that the host's own upgrades
    /// leave it alone. Default `true`.
    pub(crate) hold: Tf<bool>,
    /// kubeadm, kubelet and kubectl, installed together with the host's other packages: so a
    /// membership finds them, and joining takes less time. They are installed only where there are
    /// none yet; from then on the membership keeps, holds and upgrades them. They go when the node is
    /// destroyed.
    pub(crate) kubernetes: Tf<KubernetesPackages>,
}

/// kubeadm, kubelet and kubectl, before a membership asks for them.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq, Default)]
pub(crate) struct KubernetesPackages {
    /// Their version, such as `1.35.4`: the cluster's `kubernetes_version`.
    #[schemars(extend("x-tf" = required()))]
    pub(crate) version: Tf<String>,
    /// Address of the package repository; `{line}` stands for the release line such as `1.35`.
    /// Default is the Kubernetes community's.
    pub(crate) repository_url: Tf<String>,
    /// The repository's signing key, ASCII-armoured. Conflicts with `repository_key_url`.
    pub(crate) repository_key: Tf<String>,
    /// Where the host fetches the signing key; `{line}` as above. Default is `Release.key` below the
    /// repository.
    pub(crate) repository_key_url: Tf<String>,
}

/// How findings before the preparation are treated.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq, Default)]
pub(crate) struct Preflight {
    /// Codes of findings, such as `PF-MEM`, that are known and do not refuse the preparation.
    pub(crate) ignore: Tf<Set<Tf<String>>>,
}

/// A host's operating system and hardware.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq, Default)]
pub(crate) struct Os {
    /// Distribution, as `ID` in `/etc/os-release`.
    pub(crate) id: Tf<String>,
    /// Its version, as `VERSION_ID` in `/etc/os-release`.
    pub(crate) version_id: Tf<String>,
    /// Its full name.
    pub(crate) name: Tf<String>,
    /// Release of the running kernel.
    pub(crate) kernel: Tf<String>,
    /// Architecture, as the kernel names it: `x86_64`, `aarch64`.
    pub(crate) architecture: Tf<String>,
    /// Number of processors.
    pub(crate) cpus: Tf<u32>,
    /// Memory in MiB.
    pub(crate) memory_mib: Tf<u64>,
}

atoms!(Swap);
whole! {
    ContainerRuntime { version, sandbox_image, registry_mirrors, settings }
    RegistryMirror { endpoints, capabilities, skip_verify, override_path }
    HttpProxy { http, https, no_proxy }
    NodePackages { proxy, mirror, hold, kubernetes }
    KubernetesPackages { version, repository_url, repository_key, repository_key_url }
}
