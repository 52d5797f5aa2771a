//! An etcd on servers of its own.

use super::*;
use crate::intent::{EtcdIntent, ExternalEtcd, LocalEtcd};

/// Endpoints with all files that they need.
fn external(endpoints: &[&str]) -> ExternalEtcdDraft {
    let endpoints = endpoints.iter().map(|text| Planned::from(*text)).collect();
    ExternalEtcdDraft {
        endpoints: Planned::Known(endpoints),
        ca_file: "/etc/etcd/ca.crt".into(),
        cert_file: "/etc/etcd/client.crt".into(),
        key_file: "/etc/etcd/client.key".into(),
    }
}

fn plain(endpoints: &[&str]) -> ExternalEtcdDraft {
    let endpoints = external(endpoints).endpoints;
    ExternalEtcdDraft { endpoints, ..ExternalEtcdDraft::default() }
}

fn fine_external() -> ExternalEtcdDraft {
    external(&[
        "https://10.77.3.1:2379",
        "https://etcd2.example.org:2379",
        "https://[fd00::3]:2379",
    ])
}

fn with(etcd: ExternalEtcdDraft) -> ClusterDraft {
    let external = Planned::Known(etcd);
    ClusterDraft { etcd: EtcdDraft { local: None, external }, ..fine_cluster() }
}

fn check(etcd: &ExternalEtcdDraft) -> Vec<Finding> {
    check_cluster(&with(etcd.clone()))
}

#[test]
fn endpoints() {
    let cases: &[(&[&str], &[&str])] = &[
        (&["https://10.77.3.1:2379"], &[]),
        (&["https://10.77.3.1:2379", "https://10.77.3.1:22379"], &[]),
        (&["https://[fd00::3]:2379", "https://etcd.example.org:443"], &[]),
        (&[], &["error PLAN-ETCD-ENDPOINT etcd.external.endpoints"]),
        (&["10.77.3.1:2379"], &["error PLAN-ETCD-ENDPOINT etcd.external.endpoints.0"]),
        (&["https://10.77.3.1"], &["error PLAN-ETCD-ENDPOINT etcd.external.endpoints.0"]),
        (&["https://10.77.3.1:2379/"], &["error PLAN-ETCD-ENDPOINT etcd.external.endpoints.0"]),
        (&["https://10.77.3.1:2379/v3"], &["error PLAN-ETCD-ENDPOINT etcd.external.endpoints.0"]),
        (&["https://a/b:2379"], &["error PLAN-ETCD-ENDPOINT etcd.external.endpoints.0"]),
        (&["https://root@a:2379"], &["error PLAN-ETCD-ENDPOINT etcd.external.endpoints.0"]),
        (&["https://root:x@a:2379"], &["error PLAN-ETCD-ENDPOINT etcd.external.endpoints.0"]),
        (&["https://10.77.3.256:2379"], &["error PLAN-ETCD-ENDPOINT etcd.external.endpoints.0"]),
        (&["ftp://a:2379"], &["error PLAN-ETCD-ENDPOINT etcd.external.endpoints.0"]),
        (&["https://a:1", "https://"], &["error PLAN-ETCD-ENDPOINT etcd.external.endpoints.1"]),
        (&["https://a:1", "https://A:1"], &["error PLAN-ETCD-ENDPOINT etcd.external.endpoints.1"]),
        (
            &["https://[fd00::3]:1", "https://b:1", "https://[fd00:0::3]:1"],
            &["error PLAN-ETCD-ENDPOINT etcd.external.endpoints.2"],
        ),
        (&["https://a:1", "http://b:1"], &["error PLAN-ETCD-FILES etcd.external.endpoints.1"]),
    ];
    for (endpoints, expected) in cases {
        assert_eq!(said(&check(&external(endpoints))), *expected, "{endpoints:?}");
    }
}

#[test]
fn files() {
    let table: &[Case<ExternalEtcdDraft>] = &[
        ("fine", |_| (), &[]),
        (
            "no CA",
            |etcd| etcd.ca_file = Planned::Absent,
            &["error PLAN-ETCD-FILES etcd.external.ca_file"],
        ),
        (
            "only a CA",
            |etcd| {
                *etcd =
                    ExternalEtcdDraft { ca_file: "/etc/etcd/ca".into(), ..plain(&["https://a:1"]) }
            },
            &[
                "error PLAN-ETCD-FILES etcd.external.cert_file",
                "error PLAN-ETCD-FILES etcd.external.key_file",
            ],
        ),
        (
            "none over http",
            |etcd| *etcd = plain(&["http://a:1"]),
            &["warning PLAN-ETCD-PLAIN etcd.external.endpoints"],
        ),
        (
            "none over both",
            |etcd| *etcd = plain(&["http://a:1", "https://b:1"]),
            &[
                "error PLAN-ETCD-FILES etcd.external.ca_file",
                "error PLAN-ETCD-FILES etcd.external.cert_file",
                "error PLAN-ETCD-FILES etcd.external.key_file",
            ],
        ),
        (
            "a key over http",
            |etcd| {
                *etcd =
                    ExternalEtcdDraft { key_file: "/etc/etcd/key".into(), ..plain(&["http://a:1"]) }
            },
            &["error PLAN-ETCD-FILES etcd.external.endpoints.0"],
        ),
        (
            "relative",
            |etcd| etcd.key_file = "client.key".into(),
            &["error PLAN-PATH etcd.external.key_file"],
        ),
        ("empty", |etcd| etcd.key_file = "".into(), &["error PLAN-PATH etcd.external.key_file"]),
        (
            "upwards",
            |etcd| etcd.ca_file = "/etc/../ca".into(),
            &["error PLAN-PATH etcd.external.ca_file"],
        ),
        (
            "here",
            |etcd| etcd.ca_file = "/etc/./ca".into(),
            &["error PLAN-PATH etcd.external.ca_file"],
        ),
        (
            "doubled",
            |etcd| etcd.ca_file = "/etc//ca".into(),
            &["error PLAN-PATH etcd.external.ca_file"],
        ),
        (
            "directory",
            |etcd| etcd.ca_file = "/etc/etcd/".into(),
            &["error PLAN-PATH etcd.external.ca_file"],
        ),
        (
            "in the root",
            |etcd| etcd.cert_file = "/ca.crt".into(),
            &["error PLAN-PATH etcd.external.cert_file"],
        ),
    ];
    check_table(fine_external, check, table);
}

#[test]
fn what_is_unknown_is_not_judged() {
    let table: &[Case<ExternalEtcdDraft>] = &[
        ("endpoints", |etcd| etcd.endpoints = Planned::Unknown, &[]),
        ("an endpoint", |etcd| etcd.endpoints = Planned::Known(vec![Planned::Unknown]), &[]),
        ("a file", |etcd| etcd.key_file = Planned::Unknown, &[]),
        (
            "a file over http",
            |etcd| {
                *etcd = ExternalEtcdDraft { ca_file: Planned::Unknown, ..plain(&["http://a:1"]) }
            },
            &[],
        ),
        (
            "the file of one that is missing",
            |etcd| {
                etcd.ca_file = Planned::Unknown;
                etcd.key_file = Planned::Absent;
            },
            &["error PLAN-ETCD-FILES etcd.external.key_file"],
        ),
        (
            "nothing of what is left out",
            |etcd| etcd.endpoints = Planned::Absent,
            &["error PLAN-ETCD-ENDPOINT etcd.external.endpoints"],
        ),
        (
            "nothing of null",
            |etcd| etcd.endpoints = Planned::Known(vec![Planned::Absent]),
            &["error PLAN-ETCD-ENDPOINT etcd.external.endpoints.0"],
        ),
    ];
    check_table(fine_external, check, table);
}

#[test]
fn one_etcd_is_enough() {
    let mut draft = with(fine_external());
    draft.etcd.local = Some(LocalEtcd::default());
    assert_eq!(said(&check_cluster(&draft)), ["error PLAN-ETCD-BOTH etcd.external"]);
    draft.etcd.external = Planned::Unknown;
    assert_eq!(said(&check_cluster(&draft)), [""; 0]);
}

#[test]
fn hosts_are_no_votes() {
    let hosts: [(usize, &[&str]); 4] = [
        (0, &["error PLAN-NO-CONTROL-PLANE control_plane_nodes"]),
        (1, &["info PLAN-SINGLE-CP control_plane_nodes"]),
        (2, &[]),
        (4, &[]),
    ];
    for (count, expected) in hosts {
        for external in [Planned::Known(fine_external()), Planned::Unknown] {
            let mut draft = fine_cluster();
            draft.etcd.external = external;
            draft.control_plane_nodes = Planned::Known(nodes(count));
            assert_eq!(said(&check_cluster(&draft)), expected, "{count}");
        }
    }
}

#[test]
fn intents() {
    let intent = |draft: &ClusterDraft| cluster_intent(draft, "1").map(|cluster| cluster.etcd);
    let etcd = intent(&with(plain(&["http://a:1"]))).unwrap();
    let expected =
        ExternalEtcd { endpoints: vec!["http://a:1".to_owned()], ..ExternalEtcd::default() };
    assert_eq!(etcd.external(), Some(&expected));
    assert_eq!(etcd.local(), None);
    let etcd = intent(&fine_cluster()).unwrap();
    assert_eq!((etcd.local(), etcd.external()), (Some(&LocalEtcd::default()), None));
    let unknown: [fn(&mut EtcdDraft); 3] = [
        |etcd| etcd.external = Planned::Unknown,
        |etcd| etcd.external = Planned::Known(external(&[])),
        |etcd| {
            let key_file = Planned::Unknown;
            etcd.external = Planned::Known(ExternalEtcdDraft { key_file, ..fine_external() });
        },
    ];
    let codes = unknown.map(|change| {
        let mut draft = fine_cluster();
        change(&mut draft.etcd);
        said(&intent(&draft).unwrap_err())
    });
    let expected = [
        "error PLAN-UNKNOWN etcd",
        "error PLAN-ETCD-ENDPOINT etcd.external.endpoints",
        "error PLAN-UNKNOWN etcd.external.key_file",
    ];
    assert_eq!(codes.concat(), expected);
}

#[test]
fn a_cluster_keeps_its_etcd() {
    let local = cluster_intent(&fine_cluster(), "1").unwrap();
    let external = cluster_intent(&with(fine_external()), "1").unwrap();
    let mut moved = external.clone();
    moved.etcd = EtcdIntent::External(ExternalEtcd::default());
    let mut tuned = local.clone();
    tuned.etcd =
        EtcdIntent::Local(LocalEtcd { image_tag: Some("1".into()), ..LocalEtcd::default() });
    for (prior, next, expected) in [
        (&local, &external, &["error PLAN-IMMUTABLE etcd"][..]),
        (&external, &local, &["error PLAN-IMMUTABLE etcd"]),
        (&external, &external, &[]),
        // Settings within one kind are for the caller, as are all others that are not named here.
        (&external, &moved, &[]),
        (&local, &tuned, &[]),
    ] {
        assert_eq!(said(&changes(prior, next)), expected);
    }
}

#[test]
fn texts() {
    let mut both = with(external(&["http://a:1", "https://a:1/", "https://A:1"]));
    both.etcd.local = Some(LocalEtcd::default());
    let mut findings = check_cluster(&both);
    findings.extend(check(&plain(&[])));
    findings.extend(check(&plain(&["http://a:1"])));
    findings.extend(check(&ExternalEtcdDraft { ca_file: "ca".into(), ..plain(&["https://a:1"]) }));
    let local = cluster_intent(&fine_cluster(), "1").unwrap();
    findings.extend(changes(&local, &cluster_intent(&with(fine_external()), "1").unwrap()));
    insta::assert_snapshot!(gold::as_text(&findings));
}
