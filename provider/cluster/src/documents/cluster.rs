use super::etcd::EtcdValue;
use super::render;
use super::values::{NamedValue, arguments, environment};
use crate::intent::{
    Addon, ApiServer, ClusterIntent, Component, Dns, EncryptionAlgorithm, ExtraVolume, Networking,
    PathType,
};
use crate::secret::Secret;
use crate::yaml::{self, YamlError};
use ipnet::IpNet;
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ClusterConfiguration<'a> {
    cluster_name: &'a str,
    kubernetes_version: String,
    control_plane_endpoint: String,
    networking: NetworkingValue<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    certificates_dir: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    image_repository: Option<&'a str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    feature_gates: &'a BTreeMap<String, bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    encryption_algorithm: Option<EncryptionAlgorithm>,
    #[serde(skip_serializing_if = "Option::is_none")]
    certificate_validity_period: Option<&'a str>,
    #[serde(rename = "caCertificateValidityPeriod")]
    #[serde(skip_serializing_if = "Option::is_none")]
    ca_certificate_validity_period: Option<&'a str>,
    etcd: EtcdValue<'a>,
    api_server: ApiServerValue<'a>,
    controller_manager: ComponentValue<'a>,
    scheduler: ComponentValue<'a>,
    dns: DnsValue<'a>,
    proxy: ProxyValue,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NetworkingValue<'a> {
    service_subnet: IpNet,
    #[serde(skip_serializing_if = "Option::is_none")]
    pod_subnet: Option<IpNet>,
    dns_domain: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ApiServerValue<'a> {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    extra_args: Vec<NamedValue<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    extra_volumes: Vec<VolumeValue<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    extra_envs: Vec<NamedValue<'a>>,
    #[serde(rename = "certSANs", skip_serializing_if = "BTreeSet::is_empty")]
    cert_sans: &'a BTreeSet<String>,
}

#[derive(Serialize)]
struct ComponentValue<'a> {
    #[serde(rename = "extraArgs", skip_serializing_if = "Vec::is_empty")]
    arguments: Vec<NamedValue<'a>>,
    #[serde(rename = "extraVolumes", skip_serializing_if = "Vec::is_empty")]
    volumes: Vec<VolumeValue<'a>>,
    #[serde(rename = "extraEnvs", skip_serializing_if = "Vec::is_empty")]
    environment: Vec<NamedValue<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct VolumeValue<'a> {
    name: &'a str,
    host_path: &'a str,
    mount_path: &'a str,
    read_only: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    path_type: Option<PathType>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DnsValue<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    image_repository: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    image_tag: Option<&'a str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    disabled: bool,
}

#[derive(Serialize)]
struct ProxyValue {
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    disabled: bool,
}

/// The document that the cluster keeps: kubeadm uploads it to the `ConfigMap` `kubeadm-config`.
pub(super) fn cluster_configuration(cluster: &ClusterIntent) -> Result<Secret, YamlError> {
    render("ClusterConfiguration", &ClusterConfiguration::from(cluster))
}

/// The same document as a map.
///
/// # Errors
/// When a value has no form in YAML.
pub fn cluster_document(cluster: &ClusterIntent) -> Result<Map<String, Value>, YamlError> {
    yaml::read_map(cluster_configuration(cluster)?.expose())
}

impl<'a> From<&'a ClusterIntent> for ClusterConfiguration<'a> {
    fn from(cluster: &'a ClusterIntent) -> Self {
        let ca_validity = cluster.ca_certificate_validity_period.as_deref();
        Self {
            cluster_name: &cluster.name,
            kubernetes_version: cluster.kubernetes_version.tag(),
            control_plane_endpoint: cluster.endpoint.to_string(),
            networking: NetworkingValue::from(&cluster.networking),
            certificates_dir: cluster.certificates_dir.as_deref(),
            image_repository: cluster.image_repository.as_deref(),
            feature_gates: &cluster.feature_gates,
            encryption_algorithm: cluster.encryption_algorithm,
            certificate_validity_period: cluster.certificate_validity_period.as_deref(),
            ca_certificate_validity_period: ca_validity,
            etcd: EtcdValue::from(&cluster.etcd),
            api_server: ApiServerValue::from(&cluster.api_server),
            controller_manager: controller_manager(cluster),
            scheduler: ComponentValue::from(&cluster.scheduler),
            dns: DnsValue::from(&cluster.dns),
            proxy: ProxyValue { disabled: cluster.proxy == Addon::Disabled },
        }
    }
}

fn controller_manager(cluster: &ClusterIntent) -> ComponentValue<'_> {
    let mut component = ComponentValue::from(&cluster.controller_manager);
    if let Some(mask) = node_mask(&cluster.networking) {
        component.arguments.insert(0, mask);
    }
    component
}

/// kubeadm has no field for a node's part of the pod range; it is an argument. It must be the one
/// of the range's family: by that alone kubeadm checks the range.
fn node_mask(networking: &Networking) -> Option<NamedValue<'static>> {
    let name = match networking.pod_subnet? {
        IpNet::V4(_) => "node-cidr-mask-size-ipv4",
        IpNet::V6(_) => "node-cidr-mask-size-ipv6",
    };
    Some(NamedValue::new(name, networking.node_mask?.to_string()))
}

impl<'a> From<&'a Networking> for NetworkingValue<'a> {
    fn from(networking: &'a Networking) -> Self {
        Self {
            service_subnet: networking.service_subnet,
            pod_subnet: networking.pod_subnet,
            dns_domain: &networking.dns_domain,
        }
    }
}

impl<'a> From<&'a ApiServer> for ApiServerValue<'a> {
    fn from(api_server: &'a ApiServer) -> Self {
        let component = ComponentValue::from(&api_server.component);
        Self {
            extra_args: component.arguments,
            extra_volumes: component.volumes,
            extra_envs: component.environment,
            cert_sans: &api_server.cert_sans,
        }
    }
}

impl<'a> From<&'a Component> for ComponentValue<'a> {
    fn from(component: &'a Component) -> Self {
        Self {
            arguments: arguments(&component.extra_args),
            volumes: component.extra_volumes.iter().map(VolumeValue::from).collect(),
            environment: environment(&component.extra_envs),
        }
    }
}

impl<'a> From<&'a ExtraVolume> for VolumeValue<'a> {
    fn from(volume: &'a ExtraVolume) -> Self {
        Self {
            name: &volume.name,
            host_path: &volume.host_path,
            mount_path: &volume.mount_path,
            read_only: volume.read_only,
            path_type: volume.path_type,
        }
    }
}

impl<'a> From<&'a Dns> for DnsValue<'a> {
    fn from(dns: &'a Dns) -> Self {
        Self {
            image_repository: dns.image_repository.as_deref(),
            image_tag: dns.image_tag.as_deref(),
            disabled: dns.addon == Addon::Disabled,
        }
    }
}
