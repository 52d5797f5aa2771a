use super::*;
use crate::ca_hash::ca_hashes;
use crate::intent::samples::{external_etcd, full_cluster, full_member, full_worker, small_member};
use crate::intent::{Addon, EtcdIntent, ExternalEtcd, MemberIntent, Patches};
use crate::token::{BootstrapToken, CertificateKey};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

const TOKEN: &str = "abcdef.0123456789abcdef";

fn host() -> HostContext {
    HostContext {
        cri_socket: CONTAINERD_SOCKET.to_owned(),
        local_addresses: vec!["10.77.0.11".parse().unwrap()],
    }
}

fn init_context() -> InitContext {
    InitContext {
        host: host(),
        token: BootstrapToken::parse(TOKEN).unwrap(),
        token_life: Duration::from_mins(15),
        skip_phases: Vec::new(),
    }
}

fn join_context() -> JoinContext {
    JoinContext {
        host: host(),
        token: BootstrapToken::parse(TOKEN).unwrap(),
        api_server: "10.77.0.11:6443".to_owned(),
        ca_hashes: ca_hashes(include_str!("../../testdata/ca-bundle.pem")).unwrap(),
    }
}

fn certificate_key() -> CertificateKey {
    CertificateKey::parse(&"0f".repeat(32)).unwrap()
}

fn documents(text: &Secret) -> Vec<Value> {
    let parts = text.expose().split("---\n");
    parts.map(|part| yaml::read(part).unwrap()).collect()
}

#[test]
fn init_of_a_small_cluster() {
    let text = init_documents(&small_member(), &init_context()).unwrap();
    insta::assert_snapshot!(text.expose());
}

#[test]
fn init_of_a_full_cluster() {
    let context = InitContext { skip_phases: vec!["addon/coredns".to_owned()], ..init_context() };
    let text = init_documents(&full_member(), &context).unwrap();
    insta::assert_snapshot!(text.expose());
}

#[test]
fn join_of_a_worker() {
    let text = join_worker_document(&full_worker(), &join_context()).unwrap();
    insta::assert_snapshot!(text.expose());
}

#[test]
fn join_of_a_member() {
    let control_plane = ControlPlaneJoin { certificate_key: Some(certificate_key()) };
    let text = join_member_document(&full_member(), &join_context(), &control_plane).unwrap();
    insta::assert_snapshot!(text.expose());
}

#[test]
fn reset() {
    let context = ResetContext {
        cri_socket: CONTAINERD_SOCKET.to_owned(),
        certificates_dir: Some("/srv/pki".to_owned()),
        ignore_preflight_errors: BTreeSet::new(),
    };
    insta::assert_snapshot!(reset_document(&context).unwrap().expose());
}

#[test]
fn no_taints_and_the_default_taints_are_told_apart() {
    for (taints, expected) in [(None, None), (Some(Vec::new()), Some(json!([])))] {
        let mut intent = small_member();
        intent.registration.taints = taints;
        let text = init_documents(&intent, &init_context()).unwrap();
        let registration = documents(&text)[0]["nodeRegistration"].clone();
        assert_eq!(registration.get("taints").cloned(), expected);
    }
}

#[test]
fn addresses_the_host_does_not_have_are_not_announced() {
    let mut intent = small_member();
    intent.node.address = "203.0.113.5".to_owned();
    let text = init_documents(&intent, &init_context()).unwrap();
    let init = documents(&text)[0].clone();
    assert_eq!(init["localAPIEndpoint"], json!({ "bindPort": 6443 }));
    assert_eq!(init["nodeRegistration"].get("kubeletExtraArgs"), None);
}

#[test]
fn the_user_s_kubelet_settings_win_over_ours() {
    let mut cluster = full_cluster();
    cluster.kubelet_configuration = parse_component_configuration(
        ConfiguredComponent::Kubelet,
        "kind: KubeletConfiguration\ncgroupDriver: cgroupfs\nlogging: {verbosity: 3}\n",
    )
    .unwrap();
    let expected = json!({
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "cgroupDriver": "cgroupfs",
        "logging": { "verbosity": 3 },
    });
    assert_eq!(Value::Object(kubelet_configuration(&cluster)), expected);
}

#[test]
fn maps_are_merged_key_by_key() {
    let map = |value: Value| value.as_object().cloned().unwrap();
    let defaults = map(json!({ "a": { "x": 1, "y": [1] }, "b": 1 }));
    let user = map(json!({ "a": { "y": [2], "z": 3 }, "b": null, "c": {} }));
    let expected = json!({ "a": { "x": 1, "y": [2], "z": 3 }, "b": null, "c": {} });
    assert_eq!(Value::Object(component::merged(defaults, &user)), expected);
}

#[test]
fn configurations_of_another_component_are_refused() {
    let cases = [
        ("kind: KubeProxyConfiguration", "kind"),
        ("apiVersion: kubelet.config.k8s.io/v1", "apiVersion"),
        ("kind: 1", "kind"),
    ];
    for (text, expected) in cases {
        let parsed = parse_component_configuration(ConfiguredComponent::Kubelet, text);
        let Err(ComponentConfigurationError::Type { field, .. }) = parsed else {
            panic!("{text} was taken");
        };
        assert_eq!(field, expected);
    }
}

#[test]
fn a_disabled_kube_proxy_gets_no_configuration() {
    let mut cluster = full_cluster();
    assert!(kube_proxy_configuration(&cluster).is_some());
    cluster.proxy = Addon::Disabled;
    assert_eq!(kube_proxy_configuration(&cluster), None);
    cluster.proxy = Addon::Enabled;
    cluster.kube_proxy_configuration.clear();
    assert_eq!(kube_proxy_configuration(&cluster), None);
}

#[test]
fn kubeadm_is_told_where_patches_are() {
    let patches = Patches::from(BTreeMap::from([("etcd.yaml".to_owned(), "a: 1".to_owned())]));
    let mut member = small_member();
    member.cluster.patches = patches.clone();
    let mut worker = full_worker();
    worker.cluster.patches = patches;
    let context = ControlPlaneJoin { certificate_key: None };
    for text in [
        init_documents(&member, &init_context()).unwrap(),
        join_member_document(&member, &join_context(), &context).unwrap(),
        join_worker_document(&worker, &join_context()).unwrap(),
    ] {
        assert_eq!(documents(&text)[0]["patches"], json!({ "directory": Patches::DIRECTORY }));
    }
}

#[test]
fn an_etcd_of_its_own_is_named_without_one_beside_it() {
    let bare = ExternalEtcd { endpoints: vec!["http://a:1".to_owned()], ..ExternalEtcd::default() };
    let cases = [
        (
            external_etcd(),
            json!({
                "endpoints": ["https://10.77.3.1:2379", "https://etcd2.example.org:2379"],
                "caFile": "/etc/etcd/ca.crt",
                "certFile": "/etc/etcd/client.crt",
                "keyFile": "/etc/etcd/client.key",
            }),
        ),
        (bare, json!({ "endpoints": ["http://a:1"] })),
    ];
    for (external, expected) in cases {
        let mut cluster = full_cluster();
        cluster.etcd = EtcdIntent::External(external);
        let text = cluster::cluster_configuration(&cluster).unwrap();
        assert_eq!(documents(&text)[0]["etcd"], json!({ "external": expected }));
    }
}

fn with_texts(texts: &[String; 6]) -> MemberIntent {
    let [name, argument, value, domain, kubelet, san] = texts.clone();
    let mut intent = full_member();
    intent.node.name = name;
    let arguments = std::mem::take(&mut intent.registration.kubelet_extra_args);
    intent.registration.kubelet_extra_args = arguments.with(argument, value);
    intent.cluster.networking.dns_domain = domain;
    let configuration = &mut intent.cluster.kubelet_configuration;
    configuration.insert("free".to_owned(), Value::String(kubelet));
    intent.cluster.api_server.cert_sans = [san].into();
    intent
}

proptest! {
    #[test]
    fn whatever_the_user_writes_is_read_back(texts: [String; 6]) {
        let intent = with_texts(&texts);
        let text = init_documents(&intent, &init_context()).unwrap();
        let read: Vec<Value> = serde_saphyr::from_multiple(text.expose()).unwrap();
        let [init, cluster, kubelet, _] = read.as_slice() else {
            panic!("{} documents", read.len());
        };
        let [name, argument, value, domain, free, san] = texts;
        let registration = &init["nodeRegistration"];
        let arguments = registration["kubeletExtraArgs"].as_array().unwrap();
        prop_assert_eq!(&registration["name"], &json!(name));
        let given = json!({ "name": argument, "value": value });
        prop_assert!(arguments.contains(&given));
        prop_assert_eq!(&cluster["networking"]["dnsDomain"], &json!(domain));
        prop_assert_eq!(&cluster["apiServer"]["certSANs"], &json!([san]));
        prop_assert_eq!(&kubelet["free"], &json!(free));
    }
}
