use super::*;
#[test]
fn ranges() {
    let table: &[Case<ClusterDraft>] = &[
        ("fine", |_| (), &[]),
        (
            "no pods",
            |draft| draft.networking.pod_subnet = Planned::Absent,
            &["warning PLAN-POD-SUBNET-REQUIRED networking.pod_subnet"],
        ),
        (
            "no range",
            |draft| draft.networking.pod_subnet = "10.50.0.0".into(),
            &["error PLAN-CIDR-FORMAT networking.pod_subnet"],
        ),
        (
            "inner address",
            |draft| draft.networking.pod_subnet = "10.50.1.0/16".into(),
            &["error PLAN-CIDR-FORMAT networking.pod_subnet"],
        ),
        (
            "two",
            |draft| draft.networking.pod_subnet = "10.50.0.0/16,fd00::/56".into(),
            &["error PLAN-DUAL-STACK networking.pod_subnet"],
        ),
        (
            "mixed",
            |draft| draft.networking.pod_subnet = "fd00::/56".into(),
            &["error PLAN-DUAL-STACK networking.service_subnet"],
        ),
        (
            "meet",
            |draft| draft.networking.pod_subnet = "10.0.0.0/8".into(),
            &[
                "error PLAN-CIDR-OVERLAP networking.pod_subnet",
                "error PLAN-CIDR-OVERLAP control_plane_nodes.0.address",
                "error PLAN-CIDR-OVERLAP control_plane_nodes.1.address",
                "error PLAN-CIDR-OVERLAP control_plane_nodes.2.address",
            ],
        ),
        (
            "endpoint inside",
            |draft| draft.endpoint.host = "10.96.0.7".into(),
            &["info PLAN-ENDPOINT-IP endpoint.host", "error PLAN-CIDR-OVERLAP endpoint.host"],
        ),
        (
            "services too small",
            |draft| draft.networking.service_subnet = "10.96.0.0/29".into(),
            &["error PLAN-SERVICE-SUBNET networking.service_subnet"],
        ),
        ("services just so", |draft| draft.networking.service_subnet = "10.96.0.0/28".into(), &[]),
        (
            "services too large",
            |draft| draft.networking.service_subnet = "10.96.0.0/11".into(),
            &["error PLAN-SERVICE-SUBNET networking.service_subnet"],
        ),
        (
            "domain",
            |draft| draft.networking.dns_domain = "Cluster_local".into(),
            &["error PLAN-DNS-DOMAIN networking.dns_domain"],
        ),
    ];
    check_table(fine_cluster, check_cluster, table);
}

#[test]
fn capacity() {
    let table: &[Case<ClusterDraft>] = &[
        (
            "one node",
            |draft| draft.networking.pod_subnet = "10.50.0.0/24".into(),
            &["error PLAN-PODCIDR-CAPACITY networking.pod_subnet"],
        ),
        ("four nodes", |draft| draft.networking.pod_subnet = "10.50.0.0/22".into(), &[]),
        (
            "as many as there are",
            |draft| {
                draft.networking.pod_subnet = "10.50.0.0/23".into();
                draft.control_plane_nodes = Planned::Known(nodes(2));
            },
            &[
                "warning PLAN-PODCIDR-CAPACITY networking.pod_subnet",
                "warning PLAN-TWO-CP control_plane_nodes",
            ],
        ),
        (
            "mask above the range",
            |draft| draft.networking.node_mask = Planned::Known(15),
            &["error PLAN-PODCIDR-CAPACITY networking.pod_subnet"],
        ),
        (
            "mask of another family",
            |draft| draft.networking.node_mask = Planned::Known(64),
            &["error PLAN-PODCIDR-CAPACITY networking.pod_subnet"],
        ),
        (
            "hardly any pods",
            |draft| {
                draft.networking.pod_subnet = "10.50.0.0/29".into();
                draft.networking.node_mask = Planned::Known(32);
            },
            &[
                "warning PLAN-PODCIDR-CAPACITY networking.node_mask",
                "error PLAN-PODCIDR-CAPACITY networking.pod_subnet",
            ],
        ),
        (
            "mask of no range",
            |draft| {
                draft.networking.pod_subnet = Planned::Absent;
                draft.networking.node_mask = Planned::Known(25);
            },
            &[
                "warning PLAN-POD-SUBNET-REQUIRED networking.pod_subnet",
                "warning PLAN-PODCIDR-CAPACITY networking.node_mask",
            ],
        ),
        (
            "no mask at all",
            |draft| draft.networking.node_mask = Planned::Known(-1),
            &["error PLAN-PODCIDR-CAPACITY networking.node_mask"],
        ),
        (
            "too many parts",
            |draft| {
                draft.networking.pod_subnet = "172.0.0.0/8".into();
                draft.networking.node_mask = Planned::Known(25);
            },
            &["error PLAN-PODCIDR-CAPACITY networking.pod_subnet"],
        ),
        (
            "few pods",
            |draft| draft.networking.node_mask = Planned::Known(26),
            &["warning PLAN-PODCIDR-CAPACITY networking.node_mask"],
        ),
        (
            "few pods, meant",
            |draft| {
                draft.networking.node_mask = Planned::Known(26);
                draft.kubelet_configuration = Some("maxPods: 61".to_owned());
            },
            &[],
        ),
    ];
    check_table(fine_cluster, check_cluster, table);
}

#[test]
fn endpoints() {
    let table: &[Case<ClusterDraft>] = &[
        (
            "address",
            |draft| draft.endpoint.host = "10.200.0.1".into(),
            &["info PLAN-ENDPOINT-IP endpoint.host"],
        ),
        (
            "own address of one",
            |draft| {
                draft.endpoint.host = "10.77.0.11".into();
                draft.endpoint.kind = EndpointKindDraft::OwnAddress;
                draft.control_plane_nodes = Planned::Known(nodes(1));
            },
            &[
                "info PLAN-ENDPOINT-IP endpoint.host",
                "info PLAN-NO-ENDPOINT endpoint.host",
                "info PLAN-SINGLE-CP control_plane_nodes",
            ],
        ),
        (
            "own address of three",
            |draft| {
                draft.endpoint.host = "10.77.0.11".into();
                draft.endpoint.kind = EndpointKindDraft::OwnAddress;
            },
            &["info PLAN-ENDPOINT-IP endpoint.host", "warning PLAN-NO-ENDPOINT endpoint.host"],
        ),
        (
            "address of nobody",
            |draft| {
                draft.endpoint.host = "10.200.0.1".into();
                draft.endpoint.kind = EndpointKindDraft::OwnAddress;
            },
            &["info PLAN-ENDPOINT-IP endpoint.host", "warning PLAN-NO-ENDPOINT endpoint.host"],
        ),
        (
            "with port",
            |draft| draft.endpoint.host = "api.example.org:6443".into(),
            &["error PLAN-NO-ENDPOINT endpoint.host"],
        ),
        (
            "empty",
            |draft| draft.endpoint.host = "".into(),
            &["error PLAN-NO-ENDPOINT endpoint.host"],
        ),
        (
            "misspelt address",
            |draft| draft.endpoint.host = "10.200.0.256".into(),
            &["error PLAN-NO-ENDPOINT endpoint.host"],
        ),
        (
            "capitals",
            |draft| draft.endpoint.host = "API.example.org".into(),
            &["error PLAN-NO-ENDPOINT endpoint.host"],
        ),
        (
            "loopback",
            |draft| draft.endpoint.host = "127.0.0.1".into(),
            &["error PLAN-NO-ENDPOINT endpoint.host", "info PLAN-ENDPOINT-IP endpoint.host"],
        ),
        ("port of a load balancer", |draft| draft.endpoint.port = Planned::Known(8443), &[]),
        (
            "no port",
            |draft| draft.endpoint.port = Planned::Known(65_536),
            &["error PLAN-NO-ENDPOINT endpoint.port"],
        ),
        (
            "port of nobody",
            |draft| {
                draft.endpoint.port = Planned::Known(8443);
                draft.endpoint.kind = EndpointKindDraft::OwnAddress;
            },
            &["error PLAN-NO-ENDPOINT endpoint.port"],
        ),
    ];
    check_table(fine_cluster, check_cluster, table);
}
