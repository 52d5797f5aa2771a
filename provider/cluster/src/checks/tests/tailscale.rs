//! A route in the tailnet of the hosts.

use super::*;

fn fine() -> ClusterDraft {
    let mut draft = fine_cluster();
    draft.endpoint.host = "api.example".into();
    draft.endpoint.kind = EndpointKindDraft::Tailscale(TailscaleDraft {
        place: VirtualAddressDraft {
            address: "10.200.0.1".into(),
            ..VirtualAddressDraft::default()
        },
        ..TailscaleDraft::default()
    });
    draft
}

fn kind(draft: &mut ClusterDraft) -> &mut TailscaleDraft {
    match &mut draft.endpoint.kind {
        EndpointKindDraft::Tailscale(kind) => kind,
        _ => panic!("it is one"),
    }
}

#[test]
fn routes_in_a_tailnet() {
    let table: &[Case<ClusterDraft>] = &[
        ("fine", |_| {}, &[]),
        ("unknown", |draft| kind(draft).place.address = Planned::Unknown, &[]),
        ("a gate that is not known yet", |draft| kind(draft).health_gate = Planned::Unknown, &[]),
        (
            "a name leads nowhere by itself",
            |draft| kind(draft).place.address = Planned::Absent,
            &["error PLAN-ENDPOINT-ADDRESS endpoint.tailscale.address"],
        ),
        (
            "one of the tailnet's own",
            |draft| kind(draft).place.address = "100.64.0.9".into(),
            &["error PLAN-ENDPOINT-ADDRESS endpoint.tailscale"],
        ),
        (
            "a host's",
            |draft| kind(draft).place.address = "10.77.0.11".into(),
            &["error PLAN-ENDPOINT-ADDRESS endpoint.host"],
        ),
        (
            "another than the endpoint's",
            |draft| draft.endpoint.host = "10.200.0.2".into(),
            &[
                "info PLAN-ENDPOINT-IP endpoint.host",
                "error PLAN-ENDPOINT-ADDRESS endpoint.tailscale.address",
            ],
        ),
        (
            "a service's",
            |draft| kind(draft).place.address = "10.96.0.5".into(),
            &["error PLAN-CIDR-OVERLAP endpoint.tailscale.address"],
        ),
        (
            "another port",
            |draft| draft.endpoint.port = Planned::Known(8443),
            &["error PLAN-ENDPOINT-PORT endpoint.port"],
        ),
        (
            "pods in the tailnet's range",
            |draft| draft.networking.pod_subnet = "100.96.0.0/12".into(),
            &["error PLAN-CIDR-OVERLAP endpoint.tailscale"],
        ),
    ];
    check_table(fine, check_cluster, table);
}

#[test]
fn the_intent_is_read() {
    let intent = cluster_intent(&fine(), "id").unwrap();
    assert_eq!(intent.endpoint.port, 6443);
    let crate::intent::EndpointKind::Tailscale(kind) = intent.endpoint.kind else {
        panic!("it is one")
    };
    assert_eq!(
        (kind.address.to_string().as_str(), kind.health_gate),
        ("10.200.0.1", crate::intent::HealthGate::On)
    );
}
