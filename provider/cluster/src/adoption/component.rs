//! What of a component's configuration somebody gave, and kubeadm did not fill in.

use crate::documents::{ConfiguredComponent, merged, parse_component_configuration};
use crate::intent::Networking;
use crate::yaml;
use serde_json::{Map, Value, json};
use std::net::IpAddr;

/// Settings of the cluster that kubeadm derives parts of a configuration from.
#[derive(Clone, Copy)]
pub(super) struct Settings<'a> {
    pub(super) networking: &'a Networking,
    /// Where it is not kubeadm's default.
    pub(super) certificates_dir: Option<&'a str>,
}

/// What kubeadm 1.31 to 1.35 fills in, as its `config print init-defaults` prints it.
const KUBELET: &str = include_str!("kubelet.yaml");
const KUBE_PROXY: &str = include_str!("kube-proxy.yaml");

type Error = Box<dyn std::error::Error + Send + Sync>;

/// Settings of kubelets that are not kubeadm's own, nor ours.
pub(super) fn kubelet_settings(
    text: &str,
    settings: Settings<'_>,
) -> Result<Map<String, Value>, Error> {
    let mut filled = yaml::read_map(KUBELET)?;
    filled.insert("clusterDomain".to_owned(), json!(settings.networking.dns_domain));
    filled.insert("clusterDNS".to_owned(), json!([dns_address(settings.networking)]));
    if let Some(directory) = settings.certificates_dir {
        let ca = json!({ "x509": { "clientCAFile": format!("{directory}/ca.crt") } });
        filled = merged(filled, &Map::from_iter([("authentication".to_owned(), ca)]));
    }
    Ok(beside(parse_component_configuration(ConfiguredComponent::Kubelet, text)?, &filled))
}

/// Settings of kube-proxy that are not kubeadm's own.
pub(super) fn kube_proxy_settings(
    text: &str,
    settings: Settings<'_>,
) -> Result<Map<String, Value>, Error> {
    let mut filled = yaml::read_map(KUBE_PROXY)?;
    let pods = settings.networking.pod_subnet.map(|subnet| subnet.to_string());
    filled.insert("clusterCIDR".to_owned(), json!(pods.unwrap_or_default()));
    if settings.networking.service_subnet.addr().is_ipv6() {
        filled.insert("bindAddress".to_owned(), json!("::"));
    }
    Ok(beside(parse_component_configuration(ConfiguredComponent::KubeProxy, text)?, &filled))
}

/// kubeadm gives the cluster's DNS the tenth address of the services' range.
fn dns_address(networking: &Networking) -> Option<IpAddr> {
    match networking.service_subnet.trunc().addr() {
        IpAddr::V4(first) => first.to_bits().checked_add(10).map(|bits| IpAddr::V4(bits.into())),
        IpAddr::V6(first) => first.to_bits().checked_add(10).map(|bits| IpAddr::V6(bits.into())),
    }
}

/// What is in `found` and is not just the same in `filled`. Null says nothing.
fn beside(found: Map<String, Value>, filled: &Map<String, Value>) -> Map<String, Value> {
    let mut rest = Map::new();
    for (key, value) in found {
        let value = match (value, filled.get(&key)) {
            (Value::Null, _) => continue,
            (Value::Object(found), Some(Value::Object(filled))) => {
                let rest = beside(found, filled);
                if rest.is_empty() {
                    continue;
                }
                Value::Object(rest)
            }
            (found, Some(filled)) if found == *filled => continue,
            (found, _) => found,
        };
        rest.insert(key, value);
    }
    rest
}
