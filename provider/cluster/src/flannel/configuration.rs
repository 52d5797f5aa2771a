use super::access::labels;
use super::{CONFIG_MAP, FlannelError, NAMESPACE};
use crate::intent::{FlannelBackend, FlannelIntent};
use crate::token::hexadecimal;
use ipnet::IpNet;
use k8s_openapi::api::core::v1::ConfigMap;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// Bytes that flannel takes off the MTU it is given, whatever the backend's address family:
/// its setting is the MTU of the packets on the wire, ours is the one pods see.
pub const POD_MTU_OVERHEAD: u16 = 50;

/// The `ConfigMap` with flannel's network and the CNI configuration.
pub(super) fn config_map(
    subnet: &IpNet,
    flannel: &FlannelIntent,
) -> Result<ConfigMap, FlannelError> {
    let data = [
        ("cni-conf.json", pretty(&cni_configuration())?),
        ("net-conf.json", pretty(&network(subnet, flannel))?),
    ];
    Ok(ConfigMap {
        metadata: ObjectMeta {
            name: Some(CONFIG_MAP.to_owned()),
            namespace: Some(NAMESPACE.to_owned()),
            labels: Some(labels([("app", "flannel"), ("tier", "node")])),
            ..ObjectMeta::default()
        },
        data: Some(data.map(|(key, text)| (key.to_owned(), text)).into()),
        ..ConfigMap::default()
    })
}

/// Hash of what pods read from the `ConfigMap` when they start.
pub(super) fn hash(configuration: &ConfigMap) -> String {
    let empty = BTreeMap::new();
    let data = configuration.data.as_ref().unwrap_or(&empty);
    let mut hasher = Sha256::new();
    for (key, text) in data {
        // Lengths in front, so that no two different contents give the same bytes.
        for part in [key, text] {
            hasher.update((part.len() as u64).to_be_bytes());
            hasher.update(part);
        }
    }
    hexadecimal(hasher.finalize().as_slice())
}

fn network(subnet: &IpNet, flannel: &FlannelIntent) -> Value {
    let backend = backend(flannel);
    match subnet {
        IpNet::V4(subnet) => json!({
            "Network": subnet.trunc(),
            "EnableNFTables": false,
            "Backend": backend,
        }),
        IpNet::V6(subnet) => json!({
            "EnableIPv4": false,
            "EnableIPv6": true,
            "IPv6Network": subnet.trunc(),
            "EnableNFTables": false,
            "Backend": backend,
        }),
    }
}

/// Settings of vxlan are left out for host-gw, which has none.
fn backend(flannel: &FlannelIntent) -> Map<String, Value> {
    let mut backend = Map::new();
    let kind = match flannel.backend {
        FlannelBackend::Vxlan => "vxlan",
        FlannelBackend::HostGw => "host-gw",
    };
    backend.insert("Type".to_owned(), json!(kind));
    if flannel.backend == FlannelBackend::HostGw {
        return backend;
    }
    let on_the_wire = flannel.mtu.map(|mtu| mtu.saturating_add(POD_MTU_OVERHEAD));
    insert_some(&mut backend, "VNI", flannel.vni);
    insert_some(&mut backend, "Port", flannel.port);
    insert_some(&mut backend, "MTU", on_the_wire);
    backend
}

fn insert_some<T: Into<Value>>(map: &mut Map<String, Value>, key: &str, value: Option<T>) {
    if let Some(value) = value {
        map.insert(key.to_owned(), value.into());
    }
}

/// What the kubelet's runtime is told: flannel's plugin, and ports of pods on the host.
fn cni_configuration() -> Value {
    json!({
        "name": "cbr0",
        "cniVersion": "0.3.1",
        "plugins": [
            {
                "type": "flannel",
                "delegate": { "hairpinMode": true, "isDefaultGateway": true },
            },
            { "type": "portmap", "capabilities": { "portMappings": true } },
        ],
    })
}

fn pretty(value: &Value) -> Result<String, FlannelError> {
    let text = serde_json::to_string_pretty(value).map_err(FlannelError::Encode)?;
    Ok(text + "\n")
}
