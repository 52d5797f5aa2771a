use super::{ClusterDocuments, adopted, is_member};
use crate::documents::{cluster_document, kube_proxy_configuration, kubelet_configuration, merged};
use crate::intent::samples::{external_etcd, full_cluster, small_cluster};
use crate::intent::{
    Addon, ClusterIntent, EndpointKind, EtcdIntent, PackageSource, cluster_identity,
};
use crate::membership::{ClusterFiles, HostState};
use crate::yaml::{self, JsonMap};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

fn text(map: &Map<String, Value>) -> String {
    yaml::write(&JsonMap(map)).unwrap()
}

/// As kubeadm keeps it: `filled` are the defaults that it fills in.
fn kept(filled: &str, given: &Map<String, Value>) -> String {
    text(&merged(yaml::read_map(filled).unwrap(), given))
}

/// What a cluster of this intent tells of itself.
fn documents(cluster: &ClusterIntent) -> ClusterDocuments {
    let kubelet = kubelet_configuration(cluster);
    let proxy = kube_proxy_configuration(cluster).unwrap_or_default();
    let has_proxy = cluster.proxy == Addon::Enabled;
    let pki = cluster.certificates_directory();
    let filled = include_str!("kubelet.yaml").replace("/etc/kubernetes/pki", pki);
    ClusterDocuments {
        cluster: text(&cluster_document(cluster).unwrap()),
        kubelet: kept(&filled, &kubelet),
        kube_proxy: has_proxy.then(|| kept(include_str!("kube-proxy.yaml"), &proxy)),
        has_dns: cluster.dns.addon == Addon::Enabled,
        server: format!("https://{}", cluster.endpoint),
    }
}

fn adopt(documents: &ClusterDocuments) -> ClusterIntent {
    let addresses = ["10.77.0.11".to_owned()];
    adopted(documents, small_cluster().control_plane_nodes, &addresses).unwrap()
}

/// The same without what no cluster tells.
fn told(cluster: ClusterIntent) -> ClusterIntent {
    ClusterIntent {
        id: cluster_identity(&cluster.name, &cluster.endpoint.host),
        packages: PackageSource::default(),
        ignore_preflight_errors: BTreeSet::new(),
        renew_before: None,
        control_plane_nodes: small_cluster().control_plane_nodes,
        ..cluster
    }
}

#[test]
fn a_cluster_tells_the_intent_that_it_was_made_of() {
    let external = EtcdIntent::External(external_etcd());
    let no_proxy = Addon::Disabled;
    let bare = ClusterIntent { kube_proxy_configuration: Map::new(), ..full_cluster() };
    for cluster in [
        small_cluster(),
        full_cluster(),
        ClusterIntent { etcd: external, ..small_cluster() },
        ClusterIntent { proxy: no_proxy, ..bare },
    ] {
        assert_eq!(adopt(&documents(&cluster)), told(cluster));
    }
}

/// As kubeadm 1.30 left it, with all it fills in.
const OLD: &str = "\
apiServer:
  extraArgs:
    audit-log-maxage: \"7\"
  timeoutForControlPlane: 4m0s
apiVersion: kubeadm.k8s.io/v1beta3
certificatesDir: /etc/kubernetes/pki
clusterName: kubernetes
controllerManager:
  extraArgs:
    node-cidr-mask-size-ipv4: \"25\"
    v: \"2\"
dns: {}
etcd:
  local:
    dataDir: /var/lib/etcd
    extraArgs: null
imageRepository: registry.k8s.io
kind: ClusterConfiguration
kubernetesVersion: v1.31.2
networking:
  dnsDomain: cluster.local
  podSubnet: 10.50.0.0/16
  serviceSubnet: 10.96.0.0/12
scheduler: {}
";

fn old() -> ClusterDocuments {
    ClusterDocuments {
        cluster: OLD.to_owned(),
        server: "https://10.77.0.11:6443".to_owned(),
        kube_proxy: Some(String::new()),
        has_dns: true,
        ..ClusterDocuments::default()
    }
}

#[test]
fn what_an_older_kubeadm_wrote_is_read() {
    let cluster = adopt(&old());
    let pairs: Vec<_> = cluster.api_server.component.extra_args.pairs().collect();
    assert_eq!(pairs, [("audit-log-maxage", "7")]);
    assert_eq!(cluster.networking.node_mask, Some(25));
    let pairs: Vec<_> = cluster.controller_manager.extra_args.pairs().collect();
    assert_eq!(pairs, [("v", "2")], "the mask has an attribute of its own");
    let defaults = (&cluster.certificates_dir, &cluster.image_repository);
    assert_eq!(defaults, (&None, &None));
}

#[test]
fn a_cluster_without_an_endpoint_has_its_first_hosts_address() {
    let endpoint = adopt(&old()).endpoint;
    assert_eq!(endpoint.to_string(), "10.77.0.11:6443");
    assert_eq!(endpoint.kind, EndpointKind::OwnAddress);
    for (server, expected) in [
        ("https://api.example.org:8443", "api.example.org:8443"),
        ("https://[fd00::1]:6443/", "[fd00::1]:6443"),
        ("https://fd00::1", "[fd00::1]:6443"),
        ("https://192.0.2.9", "192.0.2.9:6443"),
    ] {
        let endpoint = adopt(&ClusterDocuments { server: server.to_owned(), ..old() }).endpoint;
        assert_eq!(
            (endpoint.to_string().as_str(), endpoint.kind),
            (expected, EndpointKind::External)
        );
    }
}

#[test]
fn what_no_intent_can_say_is_refused() {
    let with = |found: &str, replaced: &str| ClusterDocuments {
        cluster: OLD.replace(found, replaced),
        ..old()
    };
    for (documents, expected) in [
        (
            with("podSubnet: 10.50.0.0/16", "podSubnet: 10.50.0.0/16,fd00::/48"),
            "two ranges of pods",
        ),
        (with("v1.31.2", "v1.31"), "the version"),
        (with("10.96.0.0/12", "nonsense"), "is no range"),
        (with(OLD, "- a"), "kube-system/kubeadm-config"),
        (
            ClusterDocuments { cluster: String::new(), ..old() },
            "kubeadm-config cannot be read: it is missing",
        ),
        (ClusterDocuments { kubelet: "- a".to_owned(), ..old() }, "kube-system/kubelet-config"),
        (ClusterDocuments { server: "https://:6443".to_owned(), ..old() }, "controlPlaneEndpoint"),
    ] {
        let refusal = adopted(&documents, Vec::new(), &[]).unwrap_err();
        assert_eq!(refusal.code, "PF-NOT-IMPORTABLE");
        assert!(refusal.text.contains(expected), "{}", refusal.text);
    }
}

#[test]
fn only_hosts_of_the_same_control_plane_are_members() {
    let state = |ca_hash: Option<&str>, manifests| HostState {
        ca_hash: ca_hash.map(str::to_owned),
        files: ClusterFiles { manifests, ..ClusterFiles::default() },
        ..HostState::default()
    };
    let found = |state: &HostState| {
        is_member("cp2", state, "cp1", "sha256:aa").map_err(|refusal| refusal.text)
    };
    assert_eq!(found(&state(Some("sha256:aa"), true)), Ok(()));
    for (state, expected) in [
        (state(Some("sha256:aa"), false), "it is in no control plane"),
        (state(Some("sha256:bb"), true), "its CA is sha256:bb, and that of cp1 is sha256:aa"),
        (state(None, true), "it has no CA in /etc/kubernetes/pki"),
    ] {
        let text = found(&state).unwrap_err();
        assert!(text.starts_with("host cp2 is no control plane host") && text.ends_with(expected));
    }
}

#[test]
fn settings_of_components_are_those_that_differ_from_what_kubeadm_fills_in() {
    let kubelet = |given: &Value| {
        let given = given.as_object().unwrap();
        let kubelet = kept(include_str!("kubelet.yaml"), given);
        adopt(&ClusterDocuments { kubelet, ..old() }).kubelet_configuration
    };
    for given in [
        json!({}),
        json!({ "maxPods": 200, "failSwapOn": false }),
        json!({ "authentication": { "anonymous": { "enabled": true } } }),
        json!({ "clusterDNS": ["169.254.20.10"] }),
        json!({ "cgroupDriver": "cgroupfs" }),
    ] {
        assert_eq!(Value::Object(kubelet(&given)), given);
    }
    let proxy = json!({ "conntrack": { "maxPerCore": 0, "min": 0 } });
    let kube_proxy = Some(kept(include_str!("kube-proxy.yaml"), proxy.as_object().unwrap()));
    let found = adopt(&ClusterDocuments { kube_proxy, ..old() }).kube_proxy_configuration;
    assert_eq!(Value::Object(found), proxy);
}
