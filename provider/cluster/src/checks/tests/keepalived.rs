//! A virtual address with load balancers on the hosts.

use super::*;

fn fine() -> ClusterDraft {
    let mut draft = fine_cluster();
    draft.endpoint.kind = EndpointKindDraft::Keepalived(KeepalivedDraft {
        address: "10.77.0.100".into(),
        ..KeepalivedDraft::default()
    });
    draft
}

fn kind(draft: &mut ClusterDraft) -> &mut KeepalivedDraft {
    match &mut draft.endpoint.kind {
        EndpointKindDraft::Keepalived(kind) => kind,
        _ => panic!("it is one"),
    }
}

fn first(draft: &mut ClusterDraft) -> &mut NodeDraft {
    match &mut draft.control_plane_nodes {
        Planned::Known(nodes) => nodes.first_mut().unwrap(),
        _ => panic!("they are known"),
    }
}

#[test]
fn virtual_addresses() {
    let table: &[Case<ClusterDraft>] = &[
        ("fine", |_| {}, &[]),
        ("unknown", |draft| kind(draft).address = Planned::Unknown, &[]),
        (
            "a name leads nowhere by itself",
            |draft| kind(draft).address = Planned::Absent,
            &["error PLAN-ENDPOINT-ADDRESS endpoint.keepalived.address"],
        ),
        (
            "the endpoint's own address",
            |draft| {
                kind(draft).address = Planned::Absent;
                draft.endpoint.host = "10.77.0.100".into();
            },
            &["info PLAN-ENDPOINT-IP endpoint.host"],
        ),
        (
            "with a prefix",
            |draft| kind(draft).address = "10.77.0.100/24".into(),
            &["error PLAN-ENDPOINT-ADDRESS endpoint.keepalived.address"],
        ),
        (
            "a host's",
            |draft| kind(draft).address = "10.77.0.11".into(),
            &["error PLAN-ENDPOINT-ADDRESS endpoint.host"],
        ),
        (
            "of another family",
            |draft| kind(draft).address = "fd00::1".into(),
            &["error PLAN-ENDPOINT-ADDRESS endpoint.host"],
        ),
        (
            "the API servers' port",
            |draft| draft.endpoint.port = Planned::Known(6443),
            &["error PLAN-ENDPOINT-PORT endpoint.port"],
        ),
        ("another port", |draft| draft.endpoint.port = Planned::Known(9443), &[]),
        (
            "router id",
            |draft| kind(draft).router_id = Planned::Known(256),
            &["error PLAN-ENDPOINT-ADDRESS endpoint.keepalived.router_id"],
        ),
        (
            "interface",
            |draft| kind(draft).interface = "eth0 up".into(),
            &["error PLAN-ENDPOINT-ADDRESS endpoint.keepalived.interface"],
        ),
        (
            "hosts by name",
            |draft| first(draft).address = "cp1.example.org".into(),
            &["error PLAN-ENDPOINT-PEER endpoint.keepalived"],
        ),
        (
            "hosts by name, with addresses",
            |draft| {
                first(draft).address = "cp1.example.org".into();
                first(draft).node_ip = "10.77.0.11".into();
            },
            &[],
        ),
        (
            "two kinds",
            |draft| {
                draft.endpoint.kind = EndpointKindDraft::Several(vec!["external", "keepalived"]);
            },
            &["error PLAN-NO-ENDPOINT endpoint.keepalived"],
        ),
    ];
    check_table(fine, check_cluster, table);
}

#[test]
fn the_intent_has_the_defaults() {
    let endpoint = cluster_intent(&fine(), "id").unwrap().endpoint;
    let crate::intent::EndpointKind::Keepalived(kind) = endpoint.kind else { panic!("it is one") };
    assert_eq!((endpoint.port, kind.router_id), (8443, 51));
    assert_eq!(kind.health_gate, crate::intent::HealthGate::On);
}
