use super::*;
use crate::intent::{Addon, ExtraArguments, ExtraVolume, LocalEtcd};
use serde_json::json;

#[test]
fn patches() {
    let table: &[Case<ClusterDraft>] = &[
        ("of a component", |draft| patch(draft, "kube-apiserver0+merge.yaml", "a: 1"), &[]),
        (
            "of nothing",
            |draft| patch(draft, "kube-proxy.yaml", "a: 1"),
            &["error PLAN-PATCH patches.kube-proxy.yaml"],
        ),
        (
            "no YAML",
            |draft| patch(draft, "etcd+merge.yaml", "a: ["),
            &["error PLAN-PATCH patches.etcd+merge.yaml"],
        ),
    ];
    check_table(fine_cluster, check_cluster, table);
}

fn patch(draft: &mut ClusterDraft, name: &str, text: &str) {
    draft.patches = [(name.to_owned(), text.to_owned())].into();
}

#[test]
fn arguments() {
    let table: &[Case<ClusterDraft>] = &[
        (
            "etcd's own",
            |draft| local(draft).extra_args = one("listen-peer-urls", "http://0"),
            &["error PLAN-ETCD-ARGS etcd.local.extra_args.listen-peer-urls"],
        ),
        ("etcd's free", |draft| local(draft).extra_args = one("quota-backend-bytes", "1"), &[]),
        (
            "API server's range",
            |draft| {
                draft.api_server.component.extra_args =
                    one("service-cluster-ip-range", "10.0.0.0/16");
            },
            &["error PLAN-ARGS api_server.extra_args.service-cluster-ip-range"],
        ),
        (
            "manager's range",
            |draft| {
                draft.controller_manager.extra_args = one("cluster-cidr", "10.0.0.0/16");
            },
            &["error PLAN-ARGS controller_manager.extra_args.cluster-cidr"],
        ),
        (
            "dashes",
            |draft| draft.scheduler.extra_args = one("--v=2", "2"),
            &["error PLAN-ARGS scheduler.extra_args.--v=2"],
        ),
        (
            "no value",
            |draft| {
                draft.scheduler.extra_args = ExtraArguments::from(
                    std::collections::BTreeMap::from([("profiling".to_owned(), Vec::new())]),
                );
            },
            &["warning PLAN-ARGS scheduler.extra_args.profiling"],
        ),
        (
            "lease below renewal",
            |draft| {
                draft.controller_manager.extra_args = one("leader-elect-lease-duration", "10s");
            },
            &["error PLAN-LEASE controller_manager.extra_args.leader-elect-lease-duration"],
        ),
        (
            "renewal below retry",
            |draft| {
                draft.scheduler.extra_args = one("leader-elect-retry-period", "8.4s");
            },
            &["error PLAN-LEASE scheduler.extra_args.leader-elect-renew-deadline"],
        ),
        (
            "lease in order",
            |draft| {
                draft.scheduler.extra_args = one("leader-elect-lease-duration", "1m")
                    .with("leader-elect-renew-deadline", "40s")
                    .with("leader-elect-retry-period", "5s");
            },
            &[],
        ),
        (
            "lease without unit",
            |draft| {
                draft.scheduler.extra_args = one("leader-elect-lease-duration", "15");
            },
            &["error PLAN-LEASE scheduler.extra_args.leader-elect-lease-duration"],
        ),
    ];
    check_table(fine_cluster, check_cluster, table);
}

#[test]
fn versions_and_validity() {
    let table: &[Case<ClusterDraft>] = &[
        ("name", |draft| draft.name = "Prod Cluster".into(), &["error PLAN-NAME name"]),
        (
            "gate gone",
            |draft| {
                draft.feature_gates.insert("EtcdLearnerMode".into(), true);
            },
            &["error PLAN-FEATURE-GATE feature_gates.EtcdLearnerMode"],
        ),
        (
            "gate locked",
            |draft| {
                draft.feature_gates.insert("ControlPlaneKubeletLocalMode".into(), false);
            },
            &["error PLAN-FEATURE-GATE feature_gates.ControlPlaneKubeletLocalMode"],
        ),
        (
            "gate on",
            |draft| {
                draft.feature_gates.insert("ControlPlaneKubeletLocalMode".into(), true);
            },
            &[],
        ),
        ("renewal", |draft| draft.renew_before = Some("720h".into()), &[]),
        (
            "renewal at once",
            |draft| draft.renew_before = Some("8760h".into()),
            &["error PLAN-VALIDITY renew_before"],
        ),
        (
            "renewal in days",
            |draft| draft.renew_before = Some("30d".into()),
            &["error PLAN-VALIDITY renew_before"],
        ),
        (
            "algorithm",
            |draft| draft.encryption_algorithm = Some("DSA".into()),
            &["error PLAN-ENCRYPTION-ALGORITHM encryption_algorithm"],
        ),
        (
            "algorithm too new",
            |draft| {
                draft.kubernetes_version = "1.33.0".into();
                draft.encryption_algorithm = Some("ECDSA-P384".into());
            },
            &["error PLAN-ENCRYPTION-ALGORITHM encryption_algorithm"],
        ),
        (
            "validity",
            |draft| draft.certificate_validity_period = Some("1y".into()),
            &["error PLAN-VALIDITY certificate_validity_period"],
        ),
        (
            "beyond the CA",
            |draft| draft.ca_certificate_validity_period = Some("1h".into()),
            &["error PLAN-VALIDITY certificate_validity_period"],
        ),
    ];
    check_table(fine_cluster, check_cluster, table);
}

#[test]
fn sources_and_names() {
    let table: &[Case<ClusterDraft>] = &[
        (
            "images",
            |draft| draft.image_repository = Some("https://a/b".into()),
            &["error PLAN-IMAGE image_repository"],
        ),
        ("image port", |draft| draft.image_repository = Some("10.0.0.1:5000/k8s".into()), &[]),
        (
            "names",
            |draft| {
                draft.api_server.cert_sans.insert("a:6443".into());
            },
            &["error PLAN-CERT-SAN api_server.cert_sans"],
        ),
        (
            "repository",
            |draft| draft.packages.repository_url = Some("ftp://a".into()),
            &["error PLAN-PACKAGES packages.repository_url"],
        ),
        (
            "key",
            |draft| draft.packages.repository_key = Some("AAAA".into()),
            &["error PLAN-PACKAGES packages.repository_key"],
        ),
        (
            "two keys",
            |draft| {
                let key = "-----BEGIN PGP PUBLIC KEY BLOCK-----";
                draft.packages.repository_key = Some(key.into());
                draft.packages.repository_key_url = Some("https://a/key".into());
            },
            &["error PLAN-PACKAGES packages.repository_key_url"],
        ),
        (
            "credentials",
            |draft| draft.packages.repository_url = Some("https://user:word@a".into()),
            &["error PLAN-CREDENTIALS packages.repository_url"],
        ),
        (
            "ignore all",
            |draft| {
                draft.ignore_preflight_errors.insert("all".into());
            },
            &["warning PLAN-IGNORE ignore_preflight_errors"],
        ),
        (
            "ignore all and one",
            |draft| {
                draft.ignore_preflight_errors = ["All".to_owned(), "NumCPU".to_owned()].into();
            },
            &["error PLAN-IGNORE ignore_preflight_errors"],
        ),
        (
            "path",
            |draft| local(draft).data_dir = Some("var/lib/etcd".into()),
            &["error PLAN-PATH etcd.local.data_dir"],
        ),
    ];
    check_table(fine_cluster, check_cluster, table);
}

#[test]
fn component_configurations() {
    let table: &[Case<ClusterDraft>] = &[
        (
            "list",
            |draft| draft.kubelet_configuration = Some("- a".into()),
            &["error PLAN-COMPONENT-CONFIG kubelet_configuration"],
        ),
        (
            "other kind",
            |draft| draft.kube_proxy_configuration = Some("kind: Other".into()),
            &["error PLAN-COMPONENT-CONFIG kube_proxy_configuration"],
        ),
        (
            "cgroups",
            |draft| draft.kubelet_configuration = Some("cgroupDriver: cgroupfs".into()),
            &["error PLAN-COMPONENT-CONFIG kubelet_configuration"],
        ),
        (
            "domain",
            |draft| {
                draft.networking.dns_domain = "example.org".into();
                draft.kubelet_configuration = Some("{\"clusterDomain\": \"example.org\"}".into());
            },
            &[],
        ),
        (
            "swap",
            |draft| draft.kubelet_configuration = Some("failSwapOn: false".into()),
            &["info PLAN-COMPONENT-CONFIG kubelet_configuration"],
        ),
        (
            "no proxy",
            |draft| {
                draft.proxy = Addon::Disabled;
                draft.kube_proxy_configuration = Some("mode: ipvs".into());
            },
            &[
                "warning PLAN-COMPONENT-CONFIG kube_proxy_configuration",
                "warning PLAN-COMPONENT-CONFIG kube_proxy_configuration",
            ],
        ),
        (
            "other pods",
            |draft| {
                draft.kube_proxy_configuration = Some("clusterCIDR: 10.1.0.0/16".into());
            },
            &["error PLAN-COMPONENT-CONFIG kube_proxy_configuration"],
        ),
    ];
    check_table(fine_cluster, check_cluster, table);
}

#[test]
fn volumes() {
    let volume = |name: &str, path: &str| ExtraVolume {
        name: name.to_owned(),
        host_path: "/srv".to_owned(),
        mount_path: path.to_owned(),
        read_only: true,
        path_type: None,
    };
    let mut draft = fine_cluster();
    let volumes = &mut draft.api_server.component.extra_volumes;
    volumes.extend([volume("a", "/a"), volume("a", "/a"), volume("B", "b")]);
    let expected = [
        "error PLAN-VOLUME api_server.extra_volumes.1.name",
        "error PLAN-VOLUME api_server.extra_volumes.1.mount_path",
        "error PLAN-VOLUME api_server.extra_volumes.2.name",
        "error PLAN-PATH api_server.extra_volumes.2.mount_path",
    ];
    assert_eq!(said(&check_cluster(&draft)), expected);
}

#[test]
fn immutable_attributes() {
    let prior = cluster_intent(&fine_cluster(), "1").unwrap();
    let mut next = prior.clone();
    next.id = "2".to_owned();
    next.kubelet_configuration.insert("maxPods".to_owned(), json!(50));
    next.endpoint.port = 8443;
    assert_eq!(changes(&prior, &next), []);
    next.name = "other".to_owned();
    next.endpoint.host = "other.example.org".to_owned();
    next.networking.pod_subnet = None;
    next.networking.service_subnet = "10.97.0.0/16".parse().unwrap();
    next.networking.dns_domain = "example.org".to_owned();
    next.networking.node_mask = Some(25);
    let expected = [
        "error PLAN-ENDPOINT-IMMUTABLE endpoint.host",
        "error PLAN-IMMUTABLE name",
        "error PLAN-IMMUTABLE networking.pod_subnet",
        "error PLAN-IMMUTABLE networking.service_subnet",
        "error PLAN-IMMUTABLE networking.dns_domain",
        "error PLAN-IMMUTABLE networking.node_mask",
    ];
    assert_eq!(said(&changes(&prior, &next)), expected);
}

fn local(draft: &mut ClusterDraft) -> &mut LocalEtcd {
    draft.etcd.local.get_or_insert_default()
}

fn one(name: &str, value: &str) -> ExtraArguments {
    ExtraArguments::default().with(name, value)
}
