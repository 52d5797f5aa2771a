//! What operations make of hosts and clusters in memory.

use std::collections::{BTreeMap, BTreeSet};

use cluster::documents::kubelet_configuration;
use cluster::endpoint::Served;
use cluster::intent::{ClusterIntent, MembershipIntent};
use cluster::leaves::leaves;
use cluster::membership::Role;
use cluster::node::{NodeIntent, RuntimeSettings, Settings};
use cluster::shared::SharedObject;
use cluster::static_pod::{Component, StaticPod};
use operate::membership::{KubeletFound, MembershipFound, NodeFound, PackagesFound, SharedFound};

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
