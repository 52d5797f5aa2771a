//! Drafts with unknown parts, and drafts of anything at all.

use super::*;
use proptest::prelude::*;

fn maybe_unknown<T: Clone>(value: &Planned<T>, is_unknown: bool) -> Planned<T> {
    if is_unknown { Planned::Unknown } else { value.clone() }
}

fn with_unknown_parts(draft: &ClusterDraft, hidden: [bool; 9]) -> ClusterDraft {
    let [name, version, host, port, pods, services, domain, mask, list] = hidden;
    let mut draft = draft.clone();
    draft.name = maybe_unknown(&draft.name, name);
    draft.kubernetes_version = maybe_unknown(&draft.kubernetes_version, version);
    draft.endpoint.host = maybe_unknown(&draft.endpoint.host, host);
    draft.endpoint.port = maybe_unknown(&draft.endpoint.port, port);
    let networking = &mut draft.networking;
    networking.pod_subnet = maybe_unknown(&networking.pod_subnet, pods);
    networking.service_subnet = maybe_unknown(&networking.service_subnet, services);
    networking.dns_domain = maybe_unknown(&networking.dns_domain, domain);
    networking.node_mask = maybe_unknown(&networking.node_mask, mask);
    draft.control_plane_nodes = maybe_unknown(&draft.control_plane_nodes, list);
    draft
}

fn text() -> impl Strategy<Value = Planned<String>> {
    prop_oneof![
        Just(Planned::Unknown),
        Just(Planned::Absent),
        any::<String>().prop_map(Planned::Known),
        "[a-z0-9./:-]{0,20}".prop_map(Planned::Known),
        prop::sample::select(&["10.50.0.0/16", "fd00::/56", "10.96.0.7", "1.35.4", "cp1"][..])
            .prop_map(|text| Planned::Known(text.to_owned())),
    ]
}

/// Mostly without an etcd of its own, as other drafts are.
fn external_etcd() -> impl Strategy<Value = Planned<ExternalEtcdDraft>> {
    let endpoint = prop_oneof![
        text(),
        "https?://(a|b|10\\.0\\.0\\.[1-3]):[0-9]{1,2}/?".prop_map(Planned::Known),
    ];
    let file = || prop_oneof![text(), Just(Planned::from("/etc/etcd/file"))];
    let external = (prop::collection::vec(endpoint, 0..4), file(), file(), file());
    let external = external.prop_map(|(endpoints, ca_file, cert_file, key_file)| {
        let endpoints = Planned::Known(endpoints);
        Planned::Known(ExternalEtcdDraft { endpoints, ca_file, cert_file, key_file })
    });
    prop_oneof![Just(Planned::Absent), Just(Planned::Unknown), external]
}

fn with_unknown_parts_of_etcd(
    external: &ExternalEtcdDraft,
    hidden: [bool; 5],
) -> ExternalEtcdDraft {
    let [all, first, ca, cert, key] = hidden;
    let mut external = external.clone();
    if let (Planned::Known(endpoints), true) = (&mut external.endpoints, first) {
        endpoints.iter_mut().take(1).for_each(|endpoint| *endpoint = Planned::Unknown);
    }
    external.endpoints = maybe_unknown(&external.endpoints, all);
    external.ca_file = maybe_unknown(&external.ca_file, ca);
    external.cert_file = maybe_unknown(&external.cert_file, cert);
    external.key_file = maybe_unknown(&external.key_file, key);
    external
}

fn number() -> impl Strategy<Value = Planned<i64>> {
    prop_oneof![
        Just(Planned::Unknown),
        Just(Planned::Absent),
        any::<i64>().prop_map(Planned::Known),
        (0_i64..140).prop_map(Planned::Known),
    ]
}

fn node() -> impl Strategy<Value = NodeDraft> {
    (text(), text(), number(), text()).prop_map(|(name, address, port, node_ip)| NodeDraft {
        name,
        address,
        port,
        node_ip,
        ..NodeDraft::default()
    })
}

prop_compose! {
    fn any_cluster()(
        name in text(),
        kubernetes_version in text(),
        (host, port) in (text(), number()),
        (pod_subnet, service_subnet, dns_domain, node_mask) in (text(), text(), text(), number()),
        nodes in prop::collection::vec(node(), 0..4),
        kubelet_configuration in prop::option::of(".*"),
        external in external_etcd(),
    ) -> ClusterDraft {
        ClusterDraft {
            name,
            kubernetes_version,
            endpoint: EndpointDraft { host, port, kind: EndpointKindDraft::OwnAddress },
            networking: NetworkingDraft { pod_subnet, service_subnet, dns_domain, node_mask },
            control_plane_nodes: Planned::Known(nodes),
            kubelet_configuration,
            etcd: EtcdDraft { local: None, external },
            ..ClusterDraft::default()
        }
    }
}

#[test]
fn an_unknown_draft_has_no_intent() {
    let hidden = std::array::from_fn(|index| index == 4);
    let findings = cluster_intent(&with_unknown_parts(&fine_cluster(), hidden), "1").unwrap_err();
    assert_eq!(said(&findings), ["error PLAN-UNKNOWN networking"]);
}

proptest! {
    #[test]
    fn nothing_is_said_about_what_is_unknown(hidden: [bool; 9]) {
        let draft = with_unknown_parts(&fine_cluster(), hidden);
        prop_assert_eq!(said(&check_cluster(&draft)), Vec::<String>::new());
    }

    /// What is refused while a part is unknown stays refused whatever the part turns out to be.
    #[test]
    fn knowing_more_never_takes_an_error_back(draft in any_cluster(), hidden: [bool; 9]) {
        let errors = |draft: &ClusterDraft| -> Vec<Finding> {
            check_cluster(draft).into_iter().filter(Finding::is_error).collect()
        };
        let later = errors(&draft);
        for error in errors(&with_unknown_parts(&draft, hidden)) {
            let same = later.iter().any(|other| other.path == error.path && other.code == error.code);
            prop_assert!(same, "{error:?} was taken back: {later:?}");
        }
    }

    #[test]
    fn knowing_more_of_etcd_never_takes_an_error_back(draft in any_cluster(), hidden: [bool; 5]) {
        let Planned::Known(external) = &draft.etcd.external else { return Ok(()) };
        let errors = |draft: &ClusterDraft| -> Vec<Finding> {
            check_cluster(draft).into_iter().filter(Finding::is_error).collect()
        };
        let later = errors(&draft);
        let external = Planned::Known(with_unknown_parts_of_etcd(external, hidden));
        let earlier = ClusterDraft { etcd: EtcdDraft { local: None, external }, ..draft };
        for error in errors(&earlier) {
            let same = later.iter().any(|other| other.path == error.path && other.code == error.code);
            prop_assert!(same, "{error:?} was taken back: {later:?}");
        }
    }

    #[test]
    fn a_draft_without_errors_has_an_intent(draft in any_cluster()) {
        let is_refused = check_cluster(&draft).iter().any(Finding::is_error);
        match cluster_intent(&draft, "1") {
            Ok(intent) => {
                prop_assert!(!is_refused);
                prop_assert_eq!(Some(&intent.name), draft.name.known());
            }
            Err(findings) => {
                prop_assert!(!findings.is_empty());
                let gaps = ["PLAN-UNKNOWN", "PLAN-REQUIRED"];
                let only_gaps = findings.iter().all(|finding| gaps.contains(&finding.code));
                prop_assert!(is_refused || only_gaps, "{findings:?}");
            }
        }
    }
}
