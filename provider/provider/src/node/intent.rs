//! From the node's model to its intent.

use cluster::Finding;
use cluster::checks;
use cluster::intent::{NodeReference, PackageSource};
use cluster::node::{self, Hold, MirrorPath, NodeIntent, Proxy, SwapPolicy, Verification};
use serde_json::Value;
use tfplugin::{Tf, Timeouts};

use super::model::{
    ContainerRuntime, HttpProxy, KubernetesPackages, NodeModel, NodePackages, Preflight,
    RegistryMirror, Swap,
};
use crate::clients::Ports;
use crate::model::{NodeObject, list, lists, map, set};

impl NodeModel {
    /// The intent.
    ///
    /// # Errors
    /// When the host's name or address is not known or makes no sense.
    pub(crate) fn intent(&self, ports: &Ports) -> Result<NodeIntent, Finding> {
        let reference = checks::node_reference(&self.object().draft(ports))?;
        Ok(self.intent_on(reference))
    }

    /// What a plan needs of the intent, whoever the host is.
    pub(crate) fn planned_intent(&self) -> NodeIntent {
        self.intent_on(nobody())
    }

    /// The host as others refer to it.
    pub(crate) fn object(&self) -> NodeObject {
        NodeObject {
            name: self.name.clone(),
            address: self.address.clone(),
            port: self.port,
            node_ip: self.node_ip.clone(),
            ssh_profile: self.ssh_profile.clone(),
            host_key: self.host_key.clone(),
            machine_id: self.machine_id.clone(),
        }
    }

    /// The arguments as they are kept on the host, for an import on another day.
    fn declaration(&self) -> Option<Value> {
        let mut arguments = self.clone();
        arguments.id = Tf::Null;
        arguments.machine_id = Tf::Null;
        arguments.os = Tf::Null;
        arguments.settings = Tf::Null;
        serde_json::to_value(arguments).ok()
    }

    /// Time limits, which the host has no business with.
    pub(crate) fn timeouts(&self) -> &Tf<Timeouts> {
        &self.timeouts
    }

    fn intent_on(&self, node: NodeReference) -> NodeIntent {
        let preflight = self.preflight.known();
        NodeIntent {
            node,
            swap: swap(self.swap),
            kernel_modules: set(&self.kernel_modules),
            sysctls: map(&self.sysctls),
            hosts_entries: lists(&self.hosts_entries),
            container_runtime: runtime(&self.container_runtime),
            proxy: self.proxy.known().map(HttpProxy::intent),
            packages: self.packages.known().map(NodePackages::intent).unwrap_or_default(),
            preflight_ignore: preflight.map(Preflight::codes).unwrap_or_default(),
            declaration: self.declaration(),
        }
    }
}

fn nobody() -> NodeReference {
    NodeReference {
        name: String::new(),
        address: String::new(),
        port: NodeReference::DEFAULT_PORT,
        node_ip: None,
        ssh_profile: None,
        host_key: None,
        machine_id: None,
    }
}

fn swap(swap: Tf<Swap>) -> SwapPolicy {
    match swap {
        Tf::Known(Swap::Ignore) => SwapPolicy::Ignore,
        _ => SwapPolicy::Off,
    }
}

fn runtime(runtime: &Tf<ContainerRuntime>) -> node::ContainerRuntime {
    let Some(runtime) = runtime.known() else { return node::ContainerRuntime::default() };
    let mirrors = runtime.registry_mirrors.known().into_iter().flatten();
    let mirrors = mirrors.filter(|(_, mirror)| !mirror.endpoints.is_unknown());
    node::ContainerRuntime {
        version: runtime.version.known().cloned(),
        sandbox_image: runtime.sandbox_image.known().cloned(),
        registry_mirrors: mirrors.map(|(name, mirror)| (name.clone(), mirror.intent())).collect(),
        settings: runtime.settings.known().cloned(),
    }
}

impl RegistryMirror {
    fn intent(&self) -> node::RegistryMirror {
        let is = |flag: &Tf<bool>| flag == &Tf::Known(true);
        node::RegistryMirror {
            endpoints: list(&self.endpoints),
            capabilities: set(&self.capabilities),
            verification: if is(&self.skip_verify) {
                Verification::Skipped
            } else {
                Verification::Required
            },
            path: if is(&self.override_path) { MirrorPath::Whole } else { MirrorPath::Prefix },
        }
    }
}

impl HttpProxy {
    fn intent(&self) -> Proxy {
        Proxy {
            http: self.http.known().cloned(),
            https: self.https.known().cloned(),
            no_proxy: list(&self.no_proxy),
        }
    }
}

impl NodePackages {
    fn intent(&self) -> node::NodePackages {
        node::NodePackages {
            proxy: self.proxy.known().cloned(),
            mirror: self.mirror.known().cloned(),
            hold: if self.hold == Tf::Known(false) { Hold::Free } else { Hold::Held },
            kubernetes: self.kubernetes.known().and_then(KubernetesPackages::intent),
        }
    }

    /// What is wrong with the version of Kubernetes; [`node::validate`] sees none that cannot be read.
    pub(super) fn check_version(&self) -> Option<Finding> {
        let version = self.kubernetes.known()?.version.known()?;
        let finding = checks::parse_kubernetes_version(version).err()?;
        Some(finding.at(["packages", "kubernetes", "version"]))
    }
}

impl KubernetesPackages {
    /// None as long as the version is not known.
    fn intent(&self) -> Option<node::KubernetesPackages> {
        let version = checks::parse_kubernetes_version(self.version.known()?).ok()?;
        let source = PackageSource {
            repository_url: self.repository_url.known().cloned(),
            repository_key: self.repository_key.known().cloned(),
            repository_key_url: self.repository_key_url.known().cloned(),
            ..PackageSource::default()
        };
        Some(node::KubernetesPackages { version, source })
    }
}

impl Preflight {
    fn codes(&self) -> std::collections::BTreeSet<String> {
        set(&self.ignore)
    }
}
