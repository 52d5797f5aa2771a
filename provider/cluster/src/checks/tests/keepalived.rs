//! A virtual address with load balancers on the hosts.

use super::*;

fn fine() -> ClusterDraft {
    let mut draft = fine_cluster();
    draft.endpoint.kind = EndpointKindDraft::Keepalived(KeepalivedDraft {
        place: VirtualAddressDraft {
            address: "10.77.0.100".into(),
            ..VirtualAddressDraft::default()
        },
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
        ("unknown", |draft| kind(draft).place.address = Planned::Unknown, &[]),
        (
            "a name leads nowhere by itself",
            |draft| kind(draft).place.address = Planned::Absent,
            &["error PLAN-ENDPOINT-ADDRESS endpoint.keepalived.address"],
        ),
        (
            "the endpoint's own address",
            |draft| {
                kind(draft).place.address = Planned::Absent;
                draft.endpoint.host = "10.77.0.100".into();
            },
            &["info PLAN-ENDPOINT-IP endpoint.host"],
        ),
        (
            "with a prefix",
            |draft| kind(draft).place.address = "10.77.0.100/24".into(),
            &["error PLAN-ENDPOINT-ADDRESS endpoint.keepalived.address"],
        ),
        (
            "a host's",
            |draft| kind(draft).place.address = "10.77.0.11".into(),
            &["error PLAN-ENDPOINT-ADDRESS endpoint.host"],
        ),
        (
            "of another family",
            |draft| kind(draft).place.address = "fd00::1".into(),
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
            |draft| kind(draft).place.interface = "eth0 up".into(),
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

fn kube_vip(draft: &mut ClusterDraft) -> &mut KubeVipDraft {
    match &mut draft.endpoint.kind {
        EndpointKindDraft::KubeVip(kind) => kind,
        _ => panic!("it is one"),
    }
}

/// kube-vip holds the address and nothing else.
#[test]
fn an_address_without_load_balancers() {
    let fine = || {
        let mut draft = fine();
        draft.endpoint.kind = EndpointKindDraft::KubeVip(KubeVipDraft {
            place: kind(&mut draft).place.clone(),
            ..KubeVipDraft::default()
        });
        draft
    };
    let table: &[Case<ClusterDraft>] = &[
        ("fine", |_| {}, &[]),
        (
            "a load balancer's port",
            |draft| draft.endpoint.port = Planned::Known(8443),
            &["error PLAN-ENDPOINT-PORT endpoint.port"],
        ),
        (
            "no tag",
            |draft| kube_vip(draft).image = "registry.example.org:5000/kube-vip".into(),
            &["error PLAN-ENDPOINT-IMAGE endpoint.kube_vip.image"],
        ),
        ("another image", |draft| kube_vip(draft).image = "example.org/kube-vip:v1".into(), &[]),
        (
            "no address",
            |draft| kube_vip(draft).place.address = Planned::Absent,
            &["error PLAN-ENDPOINT-ADDRESS endpoint.kube_vip.address"],
        ),
        ("hosts by name", |draft| first(draft).address = "cp1.example.org".into(), &[]),
    ];
    check_table(fine, check_cluster, table);
    assert_eq!(cluster_intent(&fine(), "id").unwrap().endpoint.port, 6443);
}
