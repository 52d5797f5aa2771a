use super::*;
use crate::intent::{ExtraArguments, FlannelIntent, TaintEffect};

fn of_nodes(change: fn(&mut Vec<NodeDraft>)) -> Vec<String> {
    let mut draft = fine_cluster();
    let mut list = nodes(3);
    change(&mut list);
    draft.control_plane_nodes = Planned::Known(list);
    said(&check_cluster(&draft))
}

#[test]
fn numbers_of_hosts() {
    let cases: [(usize, &[&str]); 6] = [
        (0, &["error PLAN-NO-CONTROL-PLANE control_plane_nodes"]),
        (1, &["info PLAN-SINGLE-CP control_plane_nodes"]),
        (2, &["warning PLAN-TWO-CP control_plane_nodes"]),
        (3, &[]),
        (4, &["warning PLAN-ETCD-EVEN control_plane_nodes"]),
        (5, &[]),
    ];
    for (count, expected) in cases {
        let mut draft = fine_cluster();
        draft.control_plane_nodes = Planned::Known(nodes(count));
        assert_eq!(said(&check_cluster(&draft)), expected, "{count}");
    }
}

#[test]
fn hosts_differ() {
    let same_name = of_nodes(|nodes| nodes[2].name = "cp1".into());
    let same_address = of_nodes(|nodes| nodes[1].address = "10.77.0.11".into());
    let other_port = of_nodes(|nodes| {
        nodes[1].address = "10.77.0.11".into();
        nodes[1].port = Planned::Known(2222);
    });
    let same_ip = of_nodes(|nodes| {
        nodes[0].node_ip = "fd77::1".into();
        nodes[1].node_ip = "fd77:0::1".into();
    });
    assert_eq!(same_name, ["error PLAN-NODE-UNIQUE control_plane_nodes.2.name"]);
    assert_eq!(same_address, ["error PLAN-NODE-UNIQUE control_plane_nodes.1.address"]);
    assert_eq!(other_port, [""; 0]);
    assert_eq!(same_ip, ["error PLAN-NODE-UNIQUE control_plane_nodes.1.node_ip"]);
}

#[test]
fn each_host() {
    let table: &[Case<NodeDraft>] = &[
        ("fine", |_| (), &[]),
        ("name", |node| node.name = "CP1".into(), &["error PLAN-NODE-NAME name"]),
        ("address", |node| node.address = "root@cp1".into(), &["error PLAN-NODE-ADDRESS address"]),
        ("name in capitals", |node| node.address = "Host.Example.org".into(), &[]),
        ("port", |node| node.port = Planned::Known(0), &["error PLAN-NODE-ADDRESS port"]),
        ("range", |node| node.node_ip = "10.0.0.1/24".into(), &["error PLAN-NODE-ADDRESS node_ip"]),
        ("any", |node| node.node_ip = "0.0.0.0".into(), &["error PLAN-NODE-ADDRESS node_ip"]),
    ];
    check_table(|| nodes(1).remove(0), check_node, table);
}

#[test]
fn members() {
    let table: &[Case<MemberDraft>] = &[
        ("fine", |_| (), &[]),
        ("stranger", |draft| draft.node.name = "cp9".into(), &["error PLAN-MEMBER node.name"]),
        (
            "own name",
            |draft| draft.node.name = "-".into(),
            &["error PLAN-NODE-NAME node.name", "error PLAN-MEMBER node.name"],
        ),
        (
            "loopback",
            |draft| draft.advertise_address = "127.0.0.1".into(),
            &["error PLAN-NODE-ADDRESS advertise_address"],
        ),
        (
            "policy",
            |draft| draft.drain.policy = Some("kill".into()),
            &["error PLAN-DRAIN drain.policy"],
        ),
        (
            "timeout",
            |draft| draft.drain.timeout = Some("5".into()),
            &["error PLAN-DRAIN drain.timeout"],
        ),
        (
            "address of a service",
            |draft| draft.advertise_address = "10.96.0.9".into(),
            &["error PLAN-CIDR-OVERLAP advertise_address"],
        ),
    ];
    check_table(fine_member, check_member, table);
}

#[test]
fn workers() {
    let table: &[Case<WorkerDraft>] = &[
        ("fine", |_| (), &[]),
        ("member", |draft| draft.node.name = "cp2".into(), &["error PLAN-MEMBER node.name"]),
        (
            "address of a member",
            |draft| draft.node.address = "10.77.0.12".into(),
            &["error PLAN-MEMBER node.address"],
        ),
        (
            "address of a pod",
            |draft| draft.node.node_ip = "10.50.3.4".into(),
            &["error PLAN-CIDR-OVERLAP node.node_ip"],
        ),
    ];
    check_table(fine_worker, check_worker, table);
}

fn label(draft: &mut WorkerDraft, key: &str, value: &str) {
    draft.registration.labels.insert(key.to_owned(), value.to_owned());
}

fn argument(draft: &mut WorkerDraft, name: &str, value: &str) {
    draft.registration.kubelet_extra_args = ExtraArguments::default().with(name, value);
}

#[test]
fn labels_and_arguments() {
    let table: &[Case<WorkerDraft>] = &[
        ("role", |draft| label(draft, "node-role.kubernetes.io/worker", ""), &[]),
        (
            "role of members",
            |draft| label(draft, "node-role.kubernetes.io/control-plane", ""),
            &["error PLAN-LABEL labels.node-role.kubernetes.io/control-plane"],
        ),
        ("key", |draft| label(draft, "a b", ""), &["error PLAN-LABEL labels.a b"]),
        ("value", |draft| label(draft, "a", "b/c"), &["error PLAN-LABEL labels.a"]),
        (
            "annotation",
            |draft| {
                let annotations = &mut draft.registration.annotations;
                annotations.insert("Example.org/Note".to_owned(), "any text: {}".to_owned());
            },
            &[],
        ),
        (
            "large annotation",
            |draft| {
                draft.registration.annotations.insert("a".to_owned(), "b".repeat(1 << 18));
            },
            &["error PLAN-LABEL annotations"],
        ),
        (
            "address",
            |draft| argument(draft, "node-ip", "10.0.0.1"),
            &["error PLAN-KUBELET-ARGS kubelet_extra_args.node-ip"],
        ),
        (
            "cloud",
            |draft| argument(draft, "cloud-provider", "external"),
            &["warning PLAN-CLOUD-PROVIDER kubelet_extra_args.cloud-provider"],
        ),
        (
            "old cloud",
            |draft| argument(draft, "cloud-provider", "aws"),
            &["error PLAN-CLOUD-PROVIDER kubelet_extra_args.cloud-provider"],
        ),
        ("free", |draft| argument(draft, "resolv-conf", "/etc/resolv.conf"), &[]),
    ];
    check_table(fine_worker, check_worker, table);
}

fn taint(key: &str, effect: &str) -> TaintDraft {
    TaintDraft { key: key.into(), value: Planned::Absent, effect: effect.into() }
}

#[test]
fn taints() {
    let mut draft = fine_worker();
    draft.registration.taints = Planned::Known(vec![
        taint("a", "NoSchedule"),
        taint("a", "NoExecute"),
        taint("a", "NoSchedule"),
        taint("-", "noschedule"),
    ]);
    let expected = [
        "error PLAN-TAINT taints.2.key",
        "error PLAN-TAINT taints.3.key",
        "error PLAN-TAINT taints.3.effect",
    ];
    assert_eq!(said(&check_worker(&draft)), expected);
}

#[test]
fn no_taints_are_kept_apart_from_the_default() {
    let mut draft = fine_member().registration;
    assert_eq!(registration(&draft).unwrap().taints, None);
    draft.taints = Planned::Known(Vec::new());
    assert_eq!(registration(&draft).unwrap().taints, Some(Vec::new()));
    draft.taints = Planned::Known(vec![taint("a", "NoExecute")]);
    let taints = registration(&draft).unwrap().taints.unwrap();
    assert_eq!(taints[0].effect, TaintEffect::NoExecute);
    draft.taints = Planned::Unknown;
    assert!(registration(&draft).is_err());
}

#[test]
fn networks_of_pods() {
    let mut networking = fine_cluster().networking;
    let flannel = FlannelIntent::default();
    assert_eq!(check_cni(&networking, &flannel), []);
    networking.pod_subnet = Planned::Absent;
    let findings = check_cni(&networking, &flannel);
    assert_eq!(said(&findings), ["error PLAN-POD-SUBNET-REQUIRED flannel"]);
    networking.pod_subnet = Planned::Unknown;
    assert_eq!(check_cni(&networking, &flannel), []);
}

#[test]
fn found_networks_of_pods() {
    let subnet = "10.50.0.0/16".parse().unwrap();
    assert_eq!(check_pod_subnet_found(&subnet, "10.50.0.0/16"), None);
    for found in ["10.244.0.0/16", "10.50.0.0/24", ""] {
        let finding = check_pod_subnet_found(&subnet, found).unwrap();
        assert_eq!(brief(&finding), "error PLAN-POD-SUBNET-CNI ");
    }
}

#[test]
fn credentials() {
    let hash = format!("sha256:{}", "0a".repeat(32));
    assert_eq!(check_token("abcdef.0123456789abcdef"), None);
    assert_eq!(check_ca_hash(&hash), None);
    let token = check_token("ssakq.03psdfgs4eq31omogi").unwrap();
    let hash = check_ca_hash("sha256:1234").unwrap();
    assert_eq!((token.code, hash.code), ("PLAN-TOKEN-FORMAT", "PLAN-HASH-FORMAT"));
    assert!(!format!("{token:?}").contains("03psdfgs4eq31omogi"));
}
