//! A cluster that was found, as a user would write it: defaults are left out.

use std::collections::{BTreeMap, BTreeSet};

use cluster::intent::{self, Addon, ClusterIntent, EndpointKind, EtcdIntent, ExtraArguments};
use serde_json::{Map, Value};
use tfplugin::{Set, Tf};

use super::NodeObject;
use super::cluster::{
    ClusterObject, Dns, Endpoint, Etcd, External, ExternalEtcd, LocalEtcd, Networking, Proxy,
};
use super::component::{ApiServer, Component, ExtraVolume, PathType};
use super::read::{list_map, text_map};

impl ClusterObject {
    /// The cluster of an intent, with these hosts.
    pub(crate) fn found(cluster: &ClusterIntent, hosts: Vec<NodeObject>) -> Self {
        let api_server = ApiServer::found(&cluster.api_server);
        Self {
            id: Tf::Known(cluster.id.clone()),
            name: Tf::Known(cluster.name.clone()),
            kubernetes_version: Tf::Known(cluster.kubernetes_version.to_string()),
            endpoint: Tf::Known(Endpoint::found(&cluster.endpoint)),
            networking: Tf::Known(Networking::found(&cluster.networking)),
            control_plane_nodes: Tf::Known(hosts),
            etcd: given(Etcd::found(&cluster.etcd)),
            api_server: given(api_server),
            controller_manager: given(Component::found(&cluster.controller_manager)),
            scheduler: given(Component::found(&cluster.scheduler)),
            dns: given(Dns::found(&cluster.dns)),
            proxy: given(Proxy { disabled: disabled(cluster.proxy) }),
            certificates_dir: cluster.certificates_dir.clone().into(),
            image_repository: cluster.image_repository.clone().into(),
            feature_gates: gates(&cluster.feature_gates),
            encryption_algorithm: cluster.encryption_algorithm.and_then(algorithm).into(),
            certificate_validity_period: cluster.certificate_validity_period.clone().into(),
            ca_certificate_validity_period: cluster.ca_certificate_validity_period.clone().into(),
            renew_before: Tf::Null,
            kubelet_configuration: configuration(&cluster.kubelet_configuration),
            kube_proxy_configuration: configuration(&cluster.kube_proxy_configuration),
            patches: Tf::Null,
            packages: Tf::Null,
            ignore_preflight_errors: Tf::Null,
        }
    }
}

/// What has nothing in it was not given.
fn given<T: Default + PartialEq>(value: T) -> Tf<T> {
    if value == T::default() { Tf::Null } else { Tf::Known(value) }
}

impl Endpoint {
    fn found(endpoint: &intent::Endpoint) -> Self {
        let is_default = endpoint.port == intent::Endpoint::DEFAULT_PORT;
        Self {
            host: Tf::Known(endpoint.host.clone()),
            port: if is_default { Tf::Null } else { Tf::Known(endpoint.port.into()) },
            // Who serves it no document of kubeadm's tells.
            external: match endpoint.kind {
                EndpointKind::OwnAddress => Tf::Null,
                _ => Tf::Known(External {}),
            },
            keepalived: Tf::Null,
            kube_vip: Tf::Null,
            tailscale: Tf::Null,
        }
    }
}

impl Networking {
    fn found(found: &intent::Networking) -> Self {
        let unless = |text: String, default: &str| {
            if text == default { Tf::Null } else { Tf::Known(text) }
        };
        let service = found.service_subnet.to_string();
        Self {
            pod_subnet: found.pod_subnet.map(|subnet| subnet.to_string()).into(),
            service_subnet: unless(service, intent::Networking::DEFAULT_SERVICE_SUBNET),
            dns_domain: unless(found.dns_domain.clone(), intent::Networking::DEFAULT_DNS_DOMAIN),
            node_mask: found.node_mask.map(i64::from).into(),
        }
    }
}

impl Etcd {
    fn found(found: &EtcdIntent) -> Self {
        match found {
            EtcdIntent::Local(local) => {
                Self { local: given(LocalEtcd::found(local)), external: Tf::Null }
            }
            EtcdIntent::External(external) => {
                Self { local: Tf::Null, external: Tf::Known(ExternalEtcd::found(external)) }
            }
        }
    }
}

impl LocalEtcd {
    fn found(found: &intent::LocalEtcd) -> Self {
        Self {
            data_dir: found.data_dir.clone().into(),
            image_repository: found.image_repository.clone().into(),
            image_tag: found.image_tag.clone().into(),
            extra_args: arguments(&found.extra_args),
            extra_envs: texts(&found.extra_envs),
            server_cert_sans: names(&found.server_cert_sans),
            peer_cert_sans: names(&found.peer_cert_sans),
        }
    }
}

impl ExternalEtcd {
    fn found(found: &intent::ExternalEtcd) -> Self {
        Self {
            endpoints: Tf::Known(found.endpoints.iter().cloned().map(Tf::Known).collect()),
            ca_file: found.ca_file.clone().into(),
            cert_file: found.cert_file.clone().into(),
            key_file: found.key_file.clone().into(),
        }
    }
}

impl ApiServer {
    fn found(found: &intent::ApiServer) -> Self {
        let Component { extra_args, extra_volumes, extra_envs } =
            Component::found(&found.component);
        Self { extra_args, extra_volumes, extra_envs, cert_sans: names(&found.cert_sans) }
    }
}

impl Component {
    fn found(found: &intent::Component) -> Self {
        let volumes: Vec<ExtraVolume> =
            found.extra_volumes.iter().map(ExtraVolume::found).collect();
        Self {
            extra_args: arguments(&found.extra_args),
            extra_volumes: given(volumes),
            extra_envs: texts(&found.extra_envs),
        }
    }
}

impl ExtraVolume {
    fn found(found: &intent::ExtraVolume) -> Self {
        Self {
            name: Tf::Known(found.name.clone()),
            host_path: Tf::Known(found.host_path.clone()),
            mount_path: Tf::Known(found.mount_path.clone()),
            read_only: if found.read_only { Tf::Known(true) } else { Tf::Null },
            path_type: found.path_type.map(PathType::found).into(),
        }
    }
}

impl PathType {
    fn found(found: intent::PathType) -> Self {
        match found {
            intent::PathType::DirectoryOrCreate => Self::DirectoryOrCreate,
            intent::PathType::Directory => Self::Directory,
            intent::PathType::FileOrCreate => Self::FileOrCreate,
            intent::PathType::File => Self::File,
            intent::PathType::Socket => Self::Socket,
            intent::PathType::CharDevice => Self::CharDevice,
            intent::PathType::BlockDevice => Self::BlockDevice,
        }
    }
}

impl Dns {
    fn found(found: &intent::Dns) -> Self {
        Self {
            image_repository: found.image_repository.clone().into(),
            image_tag: found.image_tag.clone().into(),
            disabled: disabled(found.addon),
        }
    }
}

fn disabled(addon: Addon) -> Tf<bool> {
    match addon {
        Addon::Enabled => Tf::Null,
        Addon::Disabled => Tf::Known(true),
    }
}

fn algorithm(found: intent::EncryptionAlgorithm) -> Option<String> {
    serde_json::to_value(found).ok()?.as_str().map(str::to_owned)
}

fn arguments(found: &ExtraArguments) -> Tf<BTreeMap<String, Tf<Vec<Tf<String>>>>> {
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in found.pairs() {
        all.entry(name.to_owned()).or_default().push(value.to_owned());
    }
    given(list_map(&all))
}

fn texts(found: &BTreeMap<String, String>) -> Tf<BTreeMap<String, Tf<String>>> {
    given(text_map(found))
}

fn names(found: &BTreeSet<String>) -> Tf<Set<Tf<String>>> {
    given(found.iter().cloned().map(Tf::Known).collect())
}

fn gates(found: &BTreeMap<String, bool>) -> Tf<BTreeMap<String, Tf<bool>>> {
    given(found.iter().map(|(name, flag)| (name.clone(), Tf::Known(*flag))).collect())
}

/// As `jsonencode` writes it, keys in order: then a configuration that says so is no difference.
fn configuration(found: &Map<String, Value>) -> Tf<String> {
    if found.is_empty() { Tf::Null } else { Tf::Known(sorted(found).to_string()) }
}

fn sorted(map: &Map<String, Value>) -> Value {
    let ordered: BTreeMap<&String, Value> =
        map.iter().map(|(key, value)| (key, sorted_value(value))).collect();
    ordered.into_iter().map(|(key, value)| (key.clone(), value)).collect()
}

fn sorted_value(value: &Value) -> Value {
    match value {
        Value::Object(map) => sorted(map),
        Value::Array(items) => items.iter().map(sorted_value).collect(),
        value => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use cluster::documents::cluster_document;
    use serde_json::{Value, json};
    use tfplugin::testing::random_config;

    use super::ClusterObject;
    use crate::double::World;
    use crate::samples::{node, sample};

    /// What is found is what was written, but for defaults that were written out.
    #[tokio::test]
    async fn whatever_is_written_is_found_again() {
        let harness = World::new().harness(&json!({})).await;
        let driver = harness.resource("kubeadm_cluster").unwrap();
        let base = json!({
            "name": "prod",
            "kubernetes_version": "1.35.4",
            "endpoint": { "host": "192.0.2.1", "port": null, "external": null },
            "networking": { "pod_subnet": "10.50.0.0/16", "service_subnet": null,
                "dns_domain": null, "node_mask": null },
            "control_plane_nodes": [node("cp1", "192.0.2.1")],
        });
        let mut read = 0;
        for seed in 0..96 {
            let mut config = random_config(driver.schema(), seed, &sample);
            let fixed = base.as_object().unwrap().clone();
            config.as_object_mut().unwrap().extend(fixed);
            for apart in ["packages", "patches", "renew_before", "ignore_preflight_errors"] {
                config[apart] = Value::Null;
            }
            let Ok(state) = driver.converge(&config, None).await else { continue };
            let written: ClusterObject = serde_json::from_value(state.json()).unwrap();
            let intent = written.settings().unwrap();
            let found = ClusterObject::found(&intent, Vec::new());
            let found = found.settings().unwrap();
            // An argument without values is none.
            let document = |cluster| cluster_document(cluster).unwrap();
            assert_eq!(document(&found), document(&intent), "seed {seed}");
            assert_eq!(found.kubelet_configuration, intent.kubelet_configuration);
            assert_eq!(found.kube_proxy_configuration, intent.kube_proxy_configuration);
            read += 1;
        }
        assert!(read > 16, "{read}");
    }
}
