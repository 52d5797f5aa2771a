use super::access::labels;
use super::{
    ACCOUNT, CONFIG_MAP, CONFIGURATION_ANNOTATION, DAEMON_SET, DEFAULT_IMAGE, DEFAULT_PLUGIN_IMAGE,
    NAMESPACE,
};
use crate::intent::FlannelIntent;
use k8s_openapi::api::apps::v1::{DaemonSet, DaemonSetSpec};
use k8s_openapi::api::core::v1::{
    Affinity, Capabilities, ConfigMapVolumeSource, Container, EnvVar, EnvVarSource,
    HostPathVolumeSource, NodeAffinity, NodeSelector, NodeSelectorRequirement, NodeSelectorTerm,
    ObjectFieldSelector, PodSpec, PodTemplateSpec, ResourceRequirements, SecurityContext,
    Toleration, Volume, VolumeMount,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};

/// flannel on every Linux node, also on nodes that no other pod may use yet: it is what makes
/// them usable.
///
/// It has no readiness probe, as flannel's image promises nothing a probe could ask; the node's
/// condition `NetworkUnavailable` tells.
pub(super) fn daemon_set(flannel: &FlannelIntent, configuration_hash: &str) -> DaemonSet {
    DaemonSet {
        metadata: ObjectMeta {
            name: Some(DAEMON_SET.to_owned()),
            namespace: Some(NAMESPACE.to_owned()),
            labels: Some(labels([("app", "flannel"), ("tier", "node")])),
            ..ObjectMeta::default()
        },
        spec: Some(DaemonSetSpec {
            selector: LabelSelector {
                match_labels: Some(pairs([("app", "flannel")])),
                ..LabelSelector::default()
            },
            template: pod_template(flannel, configuration_hash),
            ..DaemonSetSpec::default()
        }),
        ..DaemonSet::default()
    }
}

fn pod_template(flannel: &FlannelIntent, configuration_hash: &str) -> PodTemplateSpec {
    let hash = (CONFIGURATION_ANNOTATION, configuration_hash);
    PodTemplateSpec {
        metadata: Some(ObjectMeta {
            labels: Some(pairs([("app", "flannel"), ("tier", "node")])),
            annotations: Some(pairs([hash])),
            ..ObjectMeta::default()
        }),
        spec: Some(pod(flannel)),
    }
}

fn pod(flannel: &FlannelIntent) -> PodSpec {
    PodSpec {
        affinity: Some(linux_only()),
        containers: vec![flanneld(flannel)],
        host_network: Some(true),
        init_containers: Some(vec![install_plugin(flannel), install_configuration(flannel)]),
        priority_class_name: Some("system-node-critical".to_owned()),
        service_account_name: Some(ACCOUNT.to_owned()),
        tolerations: Some(vec![tolerate("NoSchedule"), tolerate("NoExecute")]),
        volumes: Some(volumes()),
        ..PodSpec::default()
    }
}

fn flanneld(flannel: &FlannelIntent) -> Container {
    Container {
        name: "kube-flannel".to_owned(),
        image: Some(image(flannel)),
        command: Some(texts(["/opt/bin/flanneld"])),
        args: Some(arguments(flannel)),
        env: Some(environment()),
        resources: Some(requests()),
        security_context: Some(network_administration()),
        volume_mounts: Some(vec![
            mount("run", "/run/flannel"),
            mount("flannel-cfg", "/etc/kube-flannel/"),
            mount("xtables-lock", "/run/xtables.lock"),
        ]),
        ..Container::default()
    }
}

fn arguments(flannel: &FlannelIntent) -> Vec<String> {
    let mut arguments = texts(["--ip-masq", "--kube-subnet-mgr"]);
    let interface = flannel.interface.as_ref();
    let regex = flannel.interface_regex.as_ref();
    arguments.extend(interface.map(|name| format!("--iface={name}")));
    arguments.extend(regex.map(|pattern| format!("--iface-regex={pattern}")));
    arguments
}

fn environment() -> Vec<EnvVar> {
    vec![
        from_field("POD_NAME", "metadata.name"),
        from_field("POD_NAMESPACE", "metadata.namespace"),
        variable("EVENT_QUEUE_DEPTH", "5000"),
        variable("CONT_WHEN_CACHE_NOT_READY", "false"),
    ]
}

/// Puts flannel's CNI plugin among those of the host.
fn install_plugin(flannel: &FlannelIntent) -> Container {
    let image = flannel.plugin_image.as_deref();
    Container {
        name: "install-cni-plugin".to_owned(),
        image: Some(image.unwrap_or(DEFAULT_PLUGIN_IMAGE).to_owned()),
        command: Some(texts(["cp"])),
        args: Some(texts(["-f", "/flannel", "/opt/cni/bin/flannel"])),
        volume_mounts: Some(vec![mount("cni-plugin", "/opt/cni/bin")]),
        ..Container::default()
    }
}

/// Puts the CNI configuration on the host; the node becomes ready by it.
fn install_configuration(flannel: &FlannelIntent) -> Container {
    let from = "/etc/kube-flannel/cni-conf.json";
    let to = "/etc/cni/net.d/10-flannel.conflist";
    Container {
        name: "install-cni".to_owned(),
        image: Some(image(flannel)),
        command: Some(texts(["cp"])),
        args: Some(texts(["-f", from, to])),
        volume_mounts: Some(vec![
            mount("cni", "/etc/cni/net.d"),
            mount("flannel-cfg", "/etc/kube-flannel/"),
        ]),
        ..Container::default()
    }
}

fn volumes() -> Vec<Volume> {
    let configuration = Volume {
        name: "flannel-cfg".to_owned(),
        config_map: Some(ConfigMapVolumeSource {
            name: CONFIG_MAP.to_owned(),
            ..ConfigMapVolumeSource::default()
        }),
        ..Volume::default()
    };
    vec![
        host_path("run", "/run/flannel", None),
        host_path("cni-plugin", "/opt/cni/bin", None),
        host_path("cni", "/etc/cni/net.d", None),
        configuration,
        host_path("xtables-lock", "/run/xtables.lock", Some("FileOrCreate")),
    ]
}

fn host_path(name: &str, path: &str, kind: Option<&str>) -> Volume {
    Volume {
        name: name.to_owned(),
        host_path: Some(HostPathVolumeSource {
            path: path.to_owned(),
            type_: kind.map(str::to_owned),
        }),
        ..Volume::default()
    }
}

fn network_administration() -> SecurityContext {
    SecurityContext {
        privileged: Some(false),
        capabilities: Some(Capabilities {
            add: Some(texts(["NET_ADMIN", "NET_RAW"])),
            ..Capabilities::default()
        }),
        ..SecurityContext::default()
    }
}

fn linux_only() -> Affinity {
    let linux = NodeSelectorRequirement {
        key: "kubernetes.io/os".to_owned(),
        operator: "In".to_owned(),
        values: Some(texts(["linux"])),
    };
    let term =
        NodeSelectorTerm { match_expressions: Some(vec![linux]), ..NodeSelectorTerm::default() };
    Affinity {
        node_affinity: Some(NodeAffinity {
            required_during_scheduling_ignored_during_execution: Some(NodeSelector {
                node_selector_terms: vec![term],
            }),
            ..NodeAffinity::default()
        }),
        ..Affinity::default()
    }
}

fn requests() -> ResourceRequirements {
    let wanted = [("cpu", "100m"), ("memory", "50Mi")];
    let wanted = wanted.map(|(name, size)| (name.to_owned(), Quantity(size.to_owned())));
    ResourceRequirements { requests: Some(wanted.into()), ..ResourceRequirements::default() }
}

fn tolerate(effect: &str) -> Toleration {
    Toleration {
        operator: Some("Exists".to_owned()),
        effect: Some(effect.to_owned()),
        ..Toleration::default()
    }
}

fn from_field(name: &str, path: &str) -> EnvVar {
    EnvVar {
        name: name.to_owned(),
        value_from: Some(EnvVarSource {
            field_ref: Some(ObjectFieldSelector {
                field_path: path.to_owned(),
                ..ObjectFieldSelector::default()
            }),
            ..EnvVarSource::default()
        }),
        ..EnvVar::default()
    }
}

fn variable(name: &str, value: &str) -> EnvVar {
    EnvVar { name: name.to_owned(), value: Some(value.to_owned()), ..EnvVar::default() }
}

fn mount(name: &str, path: &str) -> VolumeMount {
    VolumeMount { name: name.to_owned(), mount_path: path.to_owned(), ..VolumeMount::default() }
}

fn image(flannel: &FlannelIntent) -> String {
    let image = flannel.image.as_deref();
    image.unwrap_or(DEFAULT_IMAGE).to_owned()
}

fn texts<const N: usize>(texts: [&str; N]) -> Vec<String> {
    texts.map(str::to_owned).into()
}

fn pairs<const N: usize>(pairs: [(&str, &str); N]) -> std::collections::BTreeMap<String, String> {
    pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).into()
}
