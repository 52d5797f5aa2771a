//! What operations make of hosts and clusters in memory.

use std::collections::{BTreeMap, BTreeSet};

use cluster::documents::kubelet_configuration;
use cluster::endpoint::Served;
use cluster::etcd::{Alarm, EtcdMember, EtcdState, Health, MemberId, MemberStatus, Vote};
use cluster::intent::{ClusterIntent, MembershipIntent, NodeReference};
use cluster::leaves::leaves;
use cluster::membership::Role;
use cluster::node::{NodeIntent, RuntimeSettings, Settings};
use cluster::observed::{Fact, KubernetesFiles};
use cluster::reach::{Outcome, Protocol, Way};
use cluster::route::{RouteIntent, StaticRoute};
use cluster::shared::SharedObject;
use cluster::static_pod::{Component, StaticPod};
use operate::membership::{
    HostCertificates, KubeletFound, MembershipFound, NodeFound, PackagesFound, SharedFound,
};
use operate::{Reached, RoutesFound, Trial};

pub(super) fn joined(intent: &MembershipIntent) -> MembershipFound {
    let (node, registration) = (intent.node(), intent.registration());
    let is_member = intent.role() == Role::ControlPlane;
    let version = Some("1.35.4-1.1".to_owned());
    MembershipFound {
        ca_hash: Some("sha256:00".to_owned()),
        marked: true,
        packages: PackagesFound {
            kubeadm: version.clone(),
            kubelet: version.clone(),
            kubectl: version,
            held: true,
        },
        kubelet: KubeletFound { enabled: true, active: true, current: true },
        kubelet_extra_args: registration.kubelet_extra_args.clone(),
        node: Some(NodeFound {
            uid: Some(format!("uid-{}", node.name)),
            reports: true,
            kubelet_version: Some("1.35.4".to_owned()),
            labels: registration.labels.clone(),
            annotations: registration.annotations.clone(),
            taints: registration.taints.clone(),
            remarks: Vec::new(),
        }),
        api_silent: None,
        rejoins: None,
        remarks: Vec::new(),
        static_pods: Some(if is_member { rendered(intent.cluster()) } else { BTreeMap::new() }),
        certificates_due: BTreeSet::new(),
        restarts_due: BTreeSet::new(),
        endpoint: served(intent.cluster()).filter(|_| is_member),
        certificate_names: is_member.then(|| intent.cluster().api_server.cert_sans.clone()),
        kubelet_configuration: Some(leaves(&kubelet_configuration(intent.cluster()))),
    }
}

/// A file that tells of the hosts, where these serve the endpoint.
fn served(cluster: &ClusterIntent) -> Option<Served> {
    let names: Vec<&str> = cluster.control_plane_nodes.iter().map(|node| &*node.name).collect();
    let file = ("/etc/haproxy/haproxy.cfg".to_owned(), names.join(","));
    let service = ("haproxy.service".to_owned(), "running".to_owned());
    let served =
        Served { files: [file].into(), services: [service].into(), revision: Served::REVISION };
    cluster.endpoint.kind.is_attached().then_some(served)
}

/// Static pods with the intent's arguments and nothing else.
fn rendered(cluster: &ClusterIntent) -> BTreeMap<Component, StaticPod> {
    let pod = |component| {
        let arguments = match component {
            Component::Etcd => cluster.etcd.local().map(|etcd| etcd.extra_args.clone())?,
            Component::KubeApiserver => cluster.api_server.component.extra_args.clone(),
            Component::KubeControllerManager => cluster.controller_manager.extra_args.clone(),
            Component::KubeScheduler => cluster.scheduler.extra_args.clone(),
        };
        Some((component, StaticPod { arguments, ..StaticPod::default() }))
    };
    Component::ALL.into_iter().filter_map(pod).collect()
}

/// What a preparation leaves: what the intent wants, and what only the host decides.
pub(super) fn prepared(node: &NodeIntent, mut digest: NodeIntent) -> Settings {
    digest.declaration = None;
    digest.node.clone_from(&node.node);
    let runtime = RuntimeSettings {
        package: Some("containerd".to_owned()),
        version: Some("1.6.20".to_owned()),
        cgroup_driver: Some("systemd".to_owned()),
        cri_enabled: true,
        sandbox_image: node.container_runtime.sandbox_image.clone(),
        configuration_sha256: Some(format!("{:?}", node.container_runtime)),
        ..RuntimeSettings::default()
    };
    let files = (&digest.sysctls, &digest.kernel_modules, &digest.proxy, &digest.packages);
    let mirrors = &digest.container_runtime.registry_mirrors;
    let base = Settings {
        packages: BTreeSet::from(["conntrack".to_owned()]),
        container_runtime: runtime,
        files: BTreeMap::from([("/all".to_owned(), format!("{files:?}{mirrors:?}"))]),
        ..Settings::default()
    };
    Settings::wanted(node, &base, &base)
}

/// What kubeadm makes of a cluster's intent.
pub(super) fn uploaded(cluster: &ClusterIntent) -> SharedFound {
    let wanted = SharedObject::ALL.map(|object| (object, object.wanted(cluster).unwrap()));
    let objects = wanted.into_iter().filter(|(_, wanted)| !wanted.is_empty()).collect();
    SharedFound { objects, ..SharedFound::default() }
}

/// Routes as they are wanted; a route without an interface leaves by the first.
pub(super) fn routed(intent: &RouteIntent) -> RoutesFound {
    let way = |route: &StaticRoute| {
        let device = route.device.as_deref().unwrap_or("eth0");
        format!("via {} dev {device}", route.via.unwrap_or(route.to.addr()))
    };
    let setting = |route: &StaticRoute| (format!("route {}", route.to), way(route));
    RoutesFound {
        settings: intent.static_routes.iter().map(setting).collect(),
        declaration: intent.declaration.clone(),
        ..RoutesFound::default()
    }
}

/// Connections are made, datagrams are lost.
pub(super) fn tried(trial: &Trial) -> Reached {
    let way = Way {
        from: trial.from.name.clone(),
        to: trial.to.name.clone(),
        address: trial.address.clone(),
        port: trial.port,
        protocol: trial.protocol,
    };
    let outcome = match trial.protocol {
        Protocol::Tcp => Outcome::Open,
        Protocol::Udp => Outcome::Timeout,
    };
    Reached { way, outcome, cause: None }
}

/// The first host has two certificates, of which one cannot be read; the others are silent.
pub(super) fn certified(hosts: &[NodeReference]) -> Vec<HostCertificates> {
    let ends = |index| match index {
        0 => Ok(BTreeMap::from([
            ("/etc/kubernetes/admin.conf".to_owned(), Fact::Unreadable("odd".to_owned())),
            (KubernetesFiles::CA.to_owned(), Fact::Known("1970-01-01T00:00:00Z".parse().unwrap())),
        ])),
        _ => Err("connection refused".to_owned()),
    };
    let of = |(index, host): (usize, &NodeReference)| HostCertificates {
        host: host.name.clone(),
        ends: ends(index),
    };
    hosts.iter().enumerate().map(of).collect()
}

/// The first host has the leader, which complains of its disk; the second does not answer.
pub(super) fn voting(hosts: &[NodeReference]) -> EtcdState {
    let member = |(index, node): (usize, &NodeReference)| EtcdMember {
        id: if index == 0 { MemberId(1) } else { MemberId(u64::MAX) },
        name: Some(node.name.clone()).filter(|_| index == 0),
        peer_urls: vec![format!("https://{}:2380", node.address)],
        client_urls: vec![format!("https://{}:2379", node.address)],
        vote: Vote::Voter,
        health: match index {
            0 => Health::Healthy,
            _ => Health::Unhealthy("connection refused".to_owned()),
        },
        status: (index == 0)
            .then(|| MemberStatus { leader: Some(MemberId(1)), ..MemberStatus::default() }),
    };
    EtcdState {
        members: hosts.iter().enumerate().map(member).collect(),
        alarms: vec![Alarm { member: MemberId(1), kind: "NOSPACE".to_owned() }],
    }
}
