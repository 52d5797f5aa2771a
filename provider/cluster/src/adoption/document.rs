//! kubeadm's `ClusterConfiguration` as clusters keep it, whichever kubeadm wrote it.

use super::{addon, beyond, unreadable};
use crate::duration::parse_duration;
use crate::intent::{
    Addon, ApiServer, Component, Dns, EncryptionAlgorithm, EtcdIntent, ExternalEtcd,
    ExtraArguments, ExtraVolume, LocalEtcd, Networking, PathType,
};
use crate::membership::Refusal;
use crate::version::KubernetesVersion;
use ipnet::IpNet;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The document; fields that are missing have kubeadm's default.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Document {
    cluster_name: Option<String>,
    kubernetes_version: Option<String>,
    control_plane_endpoint: Option<String>,
    networking: Option<NetworkingPart>,
    certificates_dir: Option<String>,
    image_repository: Option<String>,
    feature_gates: Option<BTreeMap<String, bool>>,
    encryption_algorithm: Option<String>,
    certificate_validity_period: Option<String>,
    ca_certificate_validity_period: Option<String>,
    etcd: Option<EtcdPart>,
    api_server: Option<ComponentPart>,
    controller_manager: Option<ComponentPart>,
    scheduler: Option<ComponentPart>,
    dns: Option<DnsPart>,
    proxy: Option<ProxyPart>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct NetworkingPart {
    service_subnet: Option<String>,
    pod_subnet: Option<String>,
    dns_domain: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct EtcdPart {
    local: Option<LocalPart>,
    external: Option<ExternalPart>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct LocalPart {
    data_dir: Option<String>,
    image_repository: Option<String>,
    image_tag: Option<String>,
    extra_args: Option<Arguments>,
    extra_envs: Option<Vec<Variable>>,
    #[serde(rename = "serverCertSANs")]
    server_cert_sans: Option<Vec<String>>,
    #[serde(rename = "peerCertSANs")]
    peer_cert_sans: Option<Vec<String>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct ExternalPart {
    endpoints: Option<Vec<String>>,
    ca_file: Option<String>,
    cert_file: Option<String>,
    key_file: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct ComponentPart {
    extra_args: Option<Arguments>,
    extra_volumes: Option<Vec<VolumePart>>,
    extra_envs: Option<Vec<Variable>>,
    #[serde(rename = "certSANs")]
    cert_sans: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct VolumePart {
    name: String,
    host_path: String,
    mount_path: String,
    #[serde(default)]
    read_only: bool,
    #[serde(default)]
    path_type: Option<PathType>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct DnsPart {
    image_repository: Option<String>,
    image_tag: Option<String>,
    disabled: Option<bool>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ProxyPart {
    disabled: Option<bool>,
}

/// A list since `v1beta4`, a map before.
#[derive(Deserialize)]
#[serde(untagged)]
enum Arguments {
    List(Vec<Variable>),
    Map(BTreeMap<String, String>),
}

#[derive(Deserialize)]
struct Variable {
    name: String,
    #[serde(default)]
    value: String,
}

/// A text that is not the default; kubeadm writes empty texts, too.
fn given(text: Option<&String>, default: &str) -> Option<String> {
    text.filter(|text| !text.is_empty() && *text != default).cloned()
}

impl Document {
    pub(super) fn cluster_name(&self) -> String {
        given(self.cluster_name.as_ref(), "").unwrap_or_else(|| "kubernetes".to_owned())
    }

    pub(super) fn control_plane_endpoint(&self) -> Option<String> {
        given(self.control_plane_endpoint.as_ref(), "")
    }

    pub(super) fn certificates_dir(&self) -> Option<String> {
        given(self.certificates_dir.as_ref(), "/etc/kubernetes/pki")
    }

    pub(super) fn image_repository(&self) -> Option<String> {
        given(self.image_repository.as_ref(), "registry.k8s.io")
    }

    pub(super) fn feature_gates(&self) -> BTreeMap<String, bool> {
        self.feature_gates.clone().unwrap_or_default()
    }

    pub(super) fn certificate_validity_period(&self) -> Option<String> {
        period(self.certificate_validity_period.as_deref()?, "8760h")
    }

    pub(super) fn ca_certificate_validity_period(&self) -> Option<String> {
        period(self.ca_certificate_validity_period.as_deref()?, "87600h")
    }

    pub(super) fn version(&self) -> Result<KubernetesVersion, Refusal> {
        let text = self.kubernetes_version.as_deref().unwrap_or_default();
        KubernetesVersion::parse_reported(text).map_err(|_| beyond("the version", text))
    }

    pub(super) fn encryption_algorithm(&self) -> Result<Option<EncryptionAlgorithm>, Refusal> {
        let Some(text) = given(self.encryption_algorithm.as_ref(), "RSA-2048") else {
            return Ok(None);
        };
        let value = serde_json::Value::String(text.clone());
        serde_json::from_value(value).map(Some).map_err(|_| beyond("keys of", &text))
    }

    pub(super) fn networking(&self) -> Result<Networking, Refusal> {
        let none = NetworkingPart::default();
        let part = self.networking.as_ref().unwrap_or(&none);
        let service = given(part.service_subnet.as_ref(), "");
        let service = service.unwrap_or_else(|| Networking::DEFAULT_SERVICE_SUBNET.to_owned());
        let pods = given(part.pod_subnet.as_ref(), "");
        let pod_subnet = pods.map(|text| subnet("pods", &text)).transpose()?;
        let domain = given(part.dns_domain.as_ref(), "");
        Ok(Networking {
            pod_subnet,
            service_subnet: subnet("services", &service)?,
            dns_domain: domain.unwrap_or_else(|| Networking::DEFAULT_DNS_DOMAIN.to_owned()),
            node_mask: pod_subnet.and_then(|subnet| self.node_mask(&subnet)),
        })
    }

    pub(super) fn etcd(&self) -> EtcdIntent {
        let Some(etcd) = &self.etcd else { return EtcdIntent::default() };
        match (&etcd.external, &etcd.local) {
            (Some(external), _) => EtcdIntent::External(external.intent()),
            (None, Some(local)) => EtcdIntent::Local(local.intent()),
            (None, None) => EtcdIntent::default(),
        }
    }

    pub(super) fn api_server(&self) -> ApiServer {
        let names = self.api_server.as_ref().and_then(|part| part.cert_sans.clone());
        ApiServer {
            component: component(self.api_server.as_ref()),
            cert_sans: names.unwrap_or_default().into_iter().collect(),
        }
    }

    /// Without the size of a node's part of the pod range, which the intent holds apart.
    pub(super) fn controller_manager(&self, networking: &Networking) -> Component {
        let mut component = component(self.controller_manager.as_ref());
        if let Some(subnet) = networking.pod_subnet.filter(|_| networking.node_mask.is_some()) {
            let others = |(name, _): &(&str, &str)| *name != mask_argument(&subnet);
            component.extra_args = collected(component.extra_args.pairs().filter(others));
        }
        component
    }

    pub(super) fn scheduler(&self) -> Component {
        component(self.scheduler.as_ref())
    }

    pub(super) fn dns(&self, is_there: bool) -> Dns {
        let part = self.dns.as_ref();
        Dns {
            image_repository: given(part.and_then(|part| part.image_repository.as_ref()), ""),
            image_tag: given(part.and_then(|part| part.image_tag.as_ref()), ""),
            addon: addon(is_there, part.and_then(|part| part.disabled)),
        }
    }

    pub(super) fn proxy(&self, is_there: bool) -> Addon {
        addon(is_there, self.proxy.as_ref().and_then(|part| part.disabled))
    }

    fn node_mask(&self, subnet: &IpNet) -> Option<u8> {
        let arguments = component(self.controller_manager.as_ref()).extra_args;
        match arguments.values(mask_argument(subnet)) {
            [value] => value.parse().ok(),
            _ => None,
        }
    }
}

impl LocalPart {
    fn intent(&self) -> LocalEtcd {
        let names = |names: &Option<Vec<String>>| names.iter().flatten().cloned().collect();
        LocalEtcd {
            data_dir: given(self.data_dir.as_ref(), LocalEtcd::default().data_dir()),
            image_repository: given(self.image_repository.as_ref(), ""),
            image_tag: given(self.image_tag.as_ref(), ""),
            extra_args: arguments(self.extra_args.as_ref()),
            extra_envs: environment(self.extra_envs.as_deref()),
            server_cert_sans: names(&self.server_cert_sans),
            peer_cert_sans: names(&self.peer_cert_sans),
        }
    }
}

impl ExternalPart {
    fn intent(&self) -> ExternalEtcd {
        ExternalEtcd {
            endpoints: self.endpoints.clone().unwrap_or_default(),
            ca_file: given(self.ca_file.as_ref(), ""),
            cert_file: given(self.cert_file.as_ref(), ""),
            key_file: given(self.key_file.as_ref(), ""),
        }
    }
}

fn component(part: Option<&ComponentPart>) -> Component {
    let Some(part) = part else { return Component::default() };
    let volumes = part.extra_volumes.iter().flatten();
    Component {
        extra_args: arguments(part.extra_args.as_ref()),
        extra_volumes: volumes.map(VolumePart::intent).collect(),
        extra_envs: environment(part.extra_envs.as_deref()),
    }
}

impl VolumePart {
    fn intent(&self) -> ExtraVolume {
        ExtraVolume {
            name: self.name.clone(),
            host_path: self.host_path.clone(),
            mount_path: self.mount_path.clone(),
            read_only: self.read_only,
            path_type: self.path_type,
        }
    }
}

fn arguments(given: Option<&Arguments>) -> ExtraArguments {
    match given {
        None => ExtraArguments::default(),
        Some(Arguments::List(list)) => collected(list.iter().map(Variable::pair)),
        Some(Arguments::Map(map)) => {
            collected(map.iter().map(|(name, value)| (name.as_str(), value.as_str())))
        }
    }
}

fn environment(given: Option<&[Variable]>) -> BTreeMap<String, String> {
    let pairs = given.unwrap_or_default().iter().map(Variable::pair);
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

impl Variable {
    fn pair(&self) -> (&str, &str) {
        (&self.name, &self.value)
    }
}

fn collected<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> ExtraArguments {
    pairs.fold(ExtraArguments::default(), |all, (name, value)| all.with(name, value))
}

fn mask_argument(subnet: &IpNet) -> &'static str {
    match subnet {
        IpNet::V4(_) => "node-cidr-mask-size-ipv4",
        IpNet::V6(_) => "node-cidr-mask-size-ipv6",
    }
}

fn subnet(whose: &str, text: &str) -> Result<IpNet, Refusal> {
    if text.contains(',') {
        return Err(beyond(&format!("two ranges of {whose}:"), text));
    }
    text.parse().map_err(|_| unreadable("kubeadm-config", &format!("{text:?} is no range")))
}

/// Go writes `17520h0m0s` for `17520h`.
fn period(text: &str, default: &str) -> Option<String> {
    let found = parse_duration(text).ok()?;
    if parse_duration(default).is_ok_and(|default| default == found) {
        return None;
    }
    let hours = text.strip_suffix("0m0s").filter(|rest| rest.ends_with('h'));
    let minutes = text.strip_suffix("0s").filter(|rest| rest.ends_with('m'));
    Some(hours.or(minutes).unwrap_or(text).to_owned())
}
