use crate::finding::Finding;
use crate::intent::ExtraArguments;

/// An argument the user may not set, and what to do instead.
struct Refused {
    name: &'static str,
    reason: &'static str,
    advice: &'static str,
}

const fn refused(name: &'static str, reason: &'static str, advice: &'static str) -> Refused {
    Refused { name, reason, advice }
}

const PER_MEMBER: &str = "kubeadm derives it for each member from the member's own address; one value for all would \
     break the others.";
const RANGES: &str = "It must be the same in several components; kubeadm sets it in all of them.";
const CERTIFICATES: &str =
    "kubeadm makes etcd's certificates and names them to all who connect to it.";
const PROVIDER_SETS: &str =
    "The provider sets it itself; a second value would contradict the first.";
const GONE: &str = "Kubelets no longer know it, and do not start with it.";

const ETCD: [Refused; 17] = [
    refused("name", PER_MEMBER, "Remove it."),
    refused("initial-cluster", PER_MEMBER, "Remove it."),
    refused("initial-cluster-state", PER_MEMBER, "Remove it."),
    refused("initial-advertise-peer-urls", PER_MEMBER, "Remove it; see advertise_address."),
    refused("listen-peer-urls", PER_MEMBER, "Remove it; see advertise_address."),
    refused("listen-client-urls", PER_MEMBER, "Remove it; see advertise_address."),
    refused("advertise-client-urls", PER_MEMBER, "Remove it; see advertise_address."),
    refused("data-dir", PROVIDER_SETS, "Use etcd.local.data_dir."),
    refused(
        "force-new-cluster",
        "It would cut the other members off at every start.",
        "Remove it.",
    ),
    refused("cert-file", CERTIFICATES, "Remove it."),
    refused("key-file", CERTIFICATES, "Remove it."),
    refused("trusted-ca-file", CERTIFICATES, "Remove it."),
    refused("client-cert-auth", CERTIFICATES, "Remove it."),
    refused("peer-cert-file", CERTIFICATES, "Remove it."),
    refused("peer-key-file", CERTIFICATES, "Remove it."),
    refused("peer-trusted-ca-file", CERTIFICATES, "Remove it."),
    refused("peer-client-cert-auth", CERTIFICATES, "Remove it."),
];

const API_SERVER: [Refused; 4] = [
    refused("advertise-address", PER_MEMBER, "Use advertise_address of the member."),
    refused("secure-port", "Every host reaches the API server at 6443.", "Remove it."),
    refused("etcd-servers", PER_MEMBER, "Remove it."),
    refused("service-cluster-ip-range", RANGES, "Use networking.service_subnet."),
];

const CONTROLLER_MANAGER: [Refused; 6] = [
    refused("cluster-cidr", RANGES, "Use networking.pod_subnet."),
    refused("allocate-node-cidrs", RANGES, "Use networking.pod_subnet."),
    refused("service-cluster-ip-range", RANGES, "Use networking.service_subnet."),
    refused("node-cidr-mask-size", PROVIDER_SETS, "Use networking.node_mask."),
    refused("node-cidr-mask-size-ipv4", PROVIDER_SETS, "Use networking.node_mask."),
    refused("node-cidr-mask-size-ipv6", PROVIDER_SETS, "Use networking.node_mask."),
];

const KUBELET: [Refused; 11] = [
    refused("node-ip", PROVIDER_SETS, "Use node_ip of kubeadm_node."),
    refused("hostname-override", PROVIDER_SETS, "Use name of kubeadm_node."),
    refused("config", "kubeadm's own unit names the file.", "Use kubelet_configuration."),
    refused("kubeconfig", "kubeadm's own unit names the file.", "Remove it."),
    refused("bootstrap-kubeconfig", "kubeadm's own unit names the file.", "Remove it."),
    refused("container-runtime-endpoint", PROVIDER_SETS, "Remove it."),
    refused("register-with-taints", PROVIDER_SETS, "Use taints."),
    refused(
        "node-labels",
        "The kubelet sets them only once, and may not set all; drift would go unseen.",
        "Use labels.",
    ),
    refused("container-runtime", GONE, "Remove it."),
    refused(
        "pod-infra-container-image",
        GONE,
        "Use container_runtime.sandbox_image of kubeadm_node.",
    ),
    refused("network-plugin", GONE, "Remove it."),
];

pub(super) fn check_etcd(arguments: &ExtraArguments) -> Vec<Finding> {
    check("PLAN-ETCD-ARGS", arguments, &ETCD)
}

pub(super) fn check_api_server(arguments: &ExtraArguments) -> Vec<Finding> {
    check("PLAN-ARGS", arguments, &API_SERVER)
}

pub(super) fn check_controller_manager(arguments: &ExtraArguments) -> Vec<Finding> {
    check("PLAN-ARGS", arguments, &CONTROLLER_MANAGER)
}

pub(super) fn check_scheduler(arguments: &ExtraArguments) -> Vec<Finding> {
    check("PLAN-ARGS", arguments, &[])
}

pub(super) fn check_kubelet(arguments: &ExtraArguments) -> Vec<Finding> {
    let mut findings = check("PLAN-KUBELET-ARGS", arguments, &KUBELET);
    findings.extend(cloud_provider(arguments));
    findings.extend(arguments.pairs().filter_map(|(name, value)| divided(name, value)));
    findings
}

/// kubeadm hands them on in one line of a file that systemd splits at blanks.
fn divided(name: &str, value: &str) -> Option<Finding> {
    let divides = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '\\' | '$');
    if !value.contains(divides) {
        return None;
    }
    let summary = format!("the value {value:?} of argument {name} cannot reach the kubelet whole");
    let finding = Finding::error("PLAN-KUBELET-ARGS", summary).at([name]);
    Some(
        finding
            .because("Blanks, quotes, backslashes and dollar signs are read by systemd before it.")
            .advise("Set it in kubelet_configuration of kubeadm_cluster, where any text is kept."),
    )
}

/// Remarks on arguments; paths begin at the attribute that holds them.
fn check(code: &'static str, arguments: &ExtraArguments, table: &[Refused]) -> Vec<Finding> {
    let of_table = arguments.names().filter_map(|name| {
        let entry = table.iter().find(|entry| entry.name == name)?;
        let finding = Finding::error(code, format!("argument {name} must not be set"));
        Some(finding.at([name]).because(entry.reason).advise(entry.advice))
    });
    let misspelt = arguments.names().filter_map(misspelt);
    let empty = arguments.names().filter_map(|name| without_value(arguments, name));
    of_table.chain(misspelt).chain(empty).collect()
}

fn misspelt(name: &str) -> Option<Finding> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if !name.is_empty() && !name.starts_with('-') && name.chars().all(is_plain) {
        return None;
    }
    let bare = name.trim_start_matches('-');
    let bare = bare.split_once('=').map_or(bare, |(before, _)| before);
    let finding = Finding::error("PLAN-ARGS", format!("{name:?} is not the name of an argument"))
        .at([name])
        .because("Dashes in front and the equals sign are added by kubeadm.");
    Some(finding.advise(format!("Write {bare:?} = [\"value\"].")))
}

fn without_value(arguments: &ExtraArguments, name: &str) -> Option<Finding> {
    if !arguments.values(name).is_empty() {
        return None;
    }
    let finding = Finding::warning("PLAN-ARGS", format!("argument {name} has no value"))
        .at([name])
        .because("An empty list gives no argument at all.");
    Some(finding.advise("Write [\"true\"] for a switch, or remove the argument."))
}

fn cloud_provider(arguments: &ExtraArguments) -> Option<Finding> {
    let at = |finding: Finding| Some(finding.at(["cloud-provider"]));
    match arguments.last("cloud-provider")? {
        "external" => at(cloud_provider_waits()),
        "" => None,
        other => at(Finding::error(
            "PLAN-CLOUD-PROVIDER",
            format!("cloud-provider {other} is no longer part of Kubernetes"),
        )
        .because("Cloud providers inside the kubelet were removed in 1.31.")
        .advise("Use \"external\" and run the cloud's own controller manager, or remove it.")),
    }
}

fn cloud_provider_waits() -> Finding {
    Finding::warning("PLAN-CLOUD-PROVIDER", "nodes wait for a cloud controller manager")
        .because(
            "With cloud-provider=external a node keeps the taint \
             node.cloudprovider.kubernetes.io/uninitialized until that controller has seen it, and \
             a host the cloud does not know is never initialised, or is deleted.",
        )
        .advise("Set it only on hosts of that cloud, and deploy its controller manager.")
}
