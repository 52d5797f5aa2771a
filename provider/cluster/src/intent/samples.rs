//! Intents for tests: a small one with everything at its default, and a full one.

use super::{
    Addon, ApiServer, CertificateTransfer, ClusterIntent, Component, Dns, DrainPolicy,
    EncryptionAlgorithm, Endpoint, EndpointKind, EtcdIntent, ExternalEtcd, ExtraArguments,
    ExtraVolume, LocalEtcd, MemberIntent, Networking, NodeReference, PackageSource, Patches,
    PathType, Registration, Taint, TaintEffect, WorkerIntent,
};
use crate::version::KubernetesVersion;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

pub(crate) fn node(name: &str, address: &str) -> NodeReference {
    NodeReference {
        name: name.to_owned(),
        address: address.to_owned(),
        port: NodeReference::DEFAULT_PORT,
        node_ip: None,
        ssh_profile: None,
        host_key: None,
        machine_id: None,
    }
}

pub(crate) fn small_cluster() -> ClusterIntent {
    ClusterIntent {
        id: "4f6a".to_owned(),
        name: "prod".to_owned(),
        kubernetes_version: KubernetesVersion::new(1, 35, 4),
        endpoint: Endpoint {
            host: "10.77.0.11".to_owned(),
            port: Endpoint::DEFAULT_PORT,
            kind: EndpointKind::OwnAddress,
        },
        networking: Networking {
            pod_subnet: Some("10.50.0.0/16".parse().unwrap()),
            service_subnet: Networking::DEFAULT_SERVICE_SUBNET.parse().unwrap(),
            dns_domain: Networking::DEFAULT_DNS_DOMAIN.to_owned(),
            node_mask: None,
        },
        etcd: EtcdIntent::default(),
        api_server: ApiServer::default(),
        controller_manager: Component::default(),
        scheduler: Component::default(),
        dns: Dns::default(),
        proxy: Addon::Enabled,
        certificates_dir: None,
        image_repository: None,
        feature_gates: BTreeMap::new(),
        encryption_algorithm: None,
        certificate_validity_period: None,
        ca_certificate_validity_period: None,
        renew_before: None,
        kubelet_configuration: Map::new(),
        kube_proxy_configuration: Map::new(),
        patches: Patches::default(),
        packages: PackageSource::default(),
        ignore_preflight_errors: BTreeSet::new(),
        control_plane_nodes: vec![node("cp1", "10.77.0.11")],
    }
}

pub(crate) fn full_cluster() -> ClusterIntent {
    ClusterIntent {
        endpoint: Endpoint {
            host: "fd00::10".to_owned(),
            port: 8443,
            kind: EndpointKind::External,
        },
        networking: Networking { node_mask: Some(25), ..small_cluster().networking },
        etcd: EtcdIntent::Local(full_etcd()),
        api_server: ApiServer {
            component: full_component(),
            cert_sans: texts(["api.example.org", "192.0.2.1"]),
        },
        controller_manager: full_component(),
        scheduler: full_component(),
        dns: Dns {
            image_repository: Some("registry.example.org/coredns".to_owned()),
            image_tag: Some("v1.13.1".to_owned()),
            addon: Addon::Disabled,
        },
        certificates_dir: Some("/srv/pki".to_owned()),
        image_repository: Some("registry.example.org/k8s".to_owned()),
        feature_gates: [("NodeLocalCRISocket".to_owned(), true)].into(),
        encryption_algorithm: Some(EncryptionAlgorithm::EcdsaP256),
        certificate_validity_period: Some("4380h".to_owned()),
        ca_certificate_validity_period: Some("43800h".to_owned()),
        kubelet_configuration: map(
            r#"{"maxPods": 200, "evictionHard": {"memory.available": "5%"}}"#,
        ),
        kube_proxy_configuration: map(r#"{"mode": "nftables", "conntrack": {"maxPerCore": 0}}"#),
        ignore_preflight_errors: texts(["NumCPU"]),
        ..small_cluster()
    }
}

pub(crate) fn small_member() -> MemberIntent {
    MemberIntent {
        cluster: small_cluster(),
        node: node("cp1", "10.77.0.11"),
        advertise_address: None,
        registration: Registration::default(),
        drain: DrainPolicy::default(),
        certificate_transfer: CertificateTransfer::default(),
        ca_hash: None,
    }
}

pub(crate) fn full_member() -> MemberIntent {
    MemberIntent {
        cluster: full_cluster(),
        node: NodeReference {
            node_ip: Some("10.77.1.11".parse().unwrap()),
            ..node("cp1", "cp1.example.org")
        },
        advertise_address: Some("10.77.2.11".parse().unwrap()),
        registration: full_registration(),
        drain: DrainPolicy::default(),
        certificate_transfer: CertificateTransfer::Ssh,
        ca_hash: None,
    }
}

pub(crate) fn full_worker() -> WorkerIntent {
    WorkerIntent {
        cluster: full_cluster(),
        control_plane: vec![node("cp1", "10.77.0.11")],
        node: node("w1", "10.77.0.21"),
        registration: full_registration(),
        drain: DrainPolicy::default(),
    }
}

fn full_registration() -> Registration {
    Registration {
        taints: Some(vec![Taint {
            key: "example.org/only".to_owned(),
            value: Some("builds".to_owned()),
            effect: TaintEffect::NoExecute,
        }]),
        kubelet_extra_args: ExtraArguments::default()
            .with("v", "4")
            .with("resolv-conf", "/etc/resolv.conf"),
        ignore_preflight_errors: texts(["Mem", "NumCPU"]),
        ..Registration::default()
    }
}

pub(crate) fn external_etcd() -> ExternalEtcd {
    let file = |name: &str| Some(format!("/etc/etcd/{name}"));
    ExternalEtcd {
        endpoints: ["https://10.77.3.1:2379", "https://etcd2.example.org:2379"]
            .map(str::to_owned)
            .into(),
        ca_file: file("ca.crt"),
        cert_file: file("client.crt"),
        key_file: file("client.key"),
    }
}

fn full_component() -> Component {
    Component {
        extra_args: ExtraArguments::default()
            .with("v", "2")
            .with("feature-gates", "A=true")
            .with("feature-gates", "B=false"),
        extra_volumes: vec![ExtraVolume {
            name: "audit".to_owned(),
            host_path: "/srv/audit".to_owned(),
            mount_path: "/var/log/audit".to_owned(),
            read_only: false,
            path_type: Some(PathType::DirectoryOrCreate),
        }],
        extra_envs: [("GODEBUG".to_owned(), "http2client=0".to_owned())].into(),
    }
}

fn full_etcd() -> LocalEtcd {
    LocalEtcd {
        data_dir: Some("/srv/etcd".to_owned()),
        image_repository: Some("registry.example.org/etcd".to_owned()),
        image_tag: Some("3.6.6-0".to_owned()),
        extra_args: ExtraArguments::default().with("quota-backend-bytes", "8589934592"),
        extra_envs: [("ETCD_DEBUG".to_owned(), "false".to_owned())].into(),
        server_cert_sans: texts(["etcd.example.org"]),
        peer_cert_sans: texts(["peer.example.org"]),
    }
}

fn texts<const N: usize>(texts: [&str; N]) -> BTreeSet<String> {
    texts.map(str::to_owned).into()
}

fn map(text: &str) -> Map<String, Value> {
    serde_json::from_str(text).unwrap()
}
