use super::draft::{ClusterDraft, NetworkingDraft};
use super::names::is_dns_subdomain;
use crate::cidr::{self, CapacityError};
use crate::finding::Finding;
use crate::intent::Networking;
use ipnet::IpNet;

/// kubeadm demands room for the services it makes itself.
const FEWEST_SERVICE_ADDRESSES: u128 = 10;
/// kube-apiserver holds a bit for each address: at most 2^20 of them.
const MOST_SERVICE_ADDRESSES: u128 = 1 << 20;
/// kubeadm demands room for a few pods.
const FEWEST_POD_ADDRESSES: u128 = 14;
/// Pods a kubelet takes by default.
const DEFAULT_MAX_PODS: u128 = 110;

/// Remarks on the ranges themselves and how they are divided.
pub(super) fn check_networking(draft: &ClusterDraft, max_pods: Option<u64>) -> Vec<Finding> {
    let networking = &draft.networking;
    let mut findings = Vec::new();
    let pods = keep(pod_subnet(networking), &mut findings);
    let services = keep(service_subnet(networking), &mut findings);
    findings.extend(services.as_ref().and_then(service_size));
    findings.extend(same_family(pods.as_ref(), services.as_ref()));
    findings.extend(pods.as_ref().and_then(|pods| node_parts(draft, pods, max_pods)));
    findings.extend(pods.as_ref().and_then(few_pods));
    findings.extend(pod_subnet_required(networking));
    findings.extend(mask_without_range(networking));
    findings.extend(networking.dns_domain.text().and_then(dns_domain));
    findings.into_iter().map(|finding| finding.below(["networking"])).collect()
}

/// The pods' range; `None` when it is left out or unknown.
pub(super) fn pod_subnet(networking: &NetworkingDraft) -> Result<Option<IpNet>, Finding> {
    let text = networking.pod_subnet.text();
    text.map(|text| subnet("pod_subnet", text)).transpose()
}

/// The services' range; `None` when it is unknown.
pub(super) fn service_subnet(networking: &NetworkingDraft) -> Result<Option<IpNet>, Finding> {
    let default = Networking::DEFAULT_SERVICE_SUBNET;
    let text = networking.service_subnet.text_or(default);
    text.map(|text| subnet("service_subnet", text)).transpose()
}

/// The prefix length of a node's part.
pub(super) fn node_mask(networking: &NetworkingDraft) -> Result<Option<u8>, Finding> {
    let mask = networking.node_mask.known();
    mask.map(|mask| u8::try_from(*mask).map_err(|_| bad_mask(*mask))).transpose()
}

fn bad_mask(mask: i64) -> Finding {
    Finding::error("PLAN-PODCIDR-CAPACITY", format!("node_mask {mask} is not a prefix length"))
        .at(["node_mask"])
        .because("Each node gets a part of the pod subnet with this prefix length.")
        .advise("Leave node_mask out for 24 (IPv4) or 64 (IPv6).")
}

fn subnet(attribute: &str, text: &str) -> Result<IpNet, Finding> {
    if text.contains(',') {
        return Err(dual_stack(attribute, text));
    }
    let range: IpNet = text.trim().parse().map_err(|_| malformed(attribute, text))?;
    if range == range.trunc() {
        return Ok(range);
    }
    Err(Finding::error("PLAN-CIDR-FORMAT", format!("{text} names an address inside a range"))
        .at([attribute])
        .because("Bits after the prefix are set, so that it is not clear which range is meant.")
        .advise(format!("Write {} if that is the range.", range.trunc())))
}

fn malformed(attribute: &str, text: &str) -> Finding {
    Finding::error("PLAN-CIDR-FORMAT", format!("{text:?} is not an address range"))
        .at([attribute])
        .because("A range is an address and a prefix length.")
        .advise("Write it like 10.244.0.0/16.")
}

fn dual_stack(attribute: &str, text: &str) -> Finding {
    Finding::error("PLAN-DUAL-STACK", format!("{text:?} names several ranges"))
        .at([attribute])
        .because(
            "Dual-stack clusters are not supported by this release: nodes would need an address \
             of each family too.",
        )
        .advise("Give one range.")
}

fn service_size(services: &IpNet) -> Option<Finding> {
    let count = cidr::address_count(services);
    if (FEWEST_SERVICE_ADDRESSES..=MOST_SERVICE_ADDRESSES).contains(&count) {
        return None;
    }
    let smallest_prefix = services.max_prefix_len() - 20;
    let largest_prefix = services.max_prefix_len() - 4;
    let finding = Finding::error(
        "PLAN-SERVICE-SUBNET",
        format!("{services} is not of a usable size"),
    )
    .at(["service_subnet"])
    .because(format!(
        "kubeadm needs at least {FEWEST_SERVICE_ADDRESSES} addresses for services, and the API \
             server manages at most {MOST_SERVICE_ADDRESSES}."
    ));
    Some(
        finding
            .advise(format!("Use a prefix length from /{smallest_prefix} to /{largest_prefix}.")),
    )
}

fn same_family(pods: Option<&IpNet>, services: Option<&IpNet>) -> Option<Finding> {
    let (pods, services) = (pods?, services?);
    if pods.max_prefix_len() == services.max_prefix_len() {
        return None;
    }
    let summary = format!("{pods} and {services} are of different address families");
    let finding = Finding::error("PLAN-DUAL-STACK", summary)
        .at(["service_subnet"])
        .because("Services get addresses of the family their pods have.");
    Some(finding.advise("Give both ranges as IPv4 or both as IPv6."))
}

fn node_parts(draft: &ClusterDraft, pods: &IpNet, max_pods: Option<u64>) -> Option<Finding> {
    let default = i64::from(cidr::default_node_mask(pods));
    let mask = *draft.networking.node_mask.or_default(&default)?;
    let Ok(mask) = u8::try_from(mask) else {
        return Some(bad_mask(mask));
    };
    match cidr::node_capacity(pods, mask) {
        Err(error) => Some(indivisible(pods, error)),
        Ok(capacity) => {
            too_few(draft, pods, mask, capacity).or_else(|| too_small(mask, pods, max_pods))
        }
    }
}

fn indivisible(pods: &IpNet, error: CapacityError) -> Finding {
    let advice = match error {
        CapacityError::MaskTooShort { .. } => "Use a larger pod_subnet or a longer node_mask.",
        CapacityError::TooManyParts { .. } => "Use a smaller pod_subnet or a shorter node_mask.",
        CapacityError::MaskTooLong { .. } => "Use a shorter node_mask.",
    };
    let (code, summary) =
        ("PLAN-PODCIDR-CAPACITY", format!("{pods} cannot be divided among nodes"));
    Finding::error(code, summary).at(["pod_subnet"]).because(format!("{error}.")).advise(advice)
}

fn too_few(draft: &ClusterDraft, pods: &IpNet, mask: u8, capacity: u64) -> Option<Finding> {
    let nodes = draft.control_plane_nodes.known()?.len() as u64;
    if capacity > nodes {
        return None;
    }
    let summary = format!("{pods} is enough for {}", counted(capacity, "node"));
    let finding = if capacity < nodes {
        Finding::error("PLAN-PODCIDR-CAPACITY", summary)
    } else {
        Finding::warning("PLAN-PODCIDR-CAPACITY", summary)
    };
    let finding = finding.at(["pod_subnet"]).because(format!(
        "Each node takes a part with prefix /{mask}, and there are {} already. Nodes beyond the \
         range get no pod addresses and never become ready, and it cannot be changed later.",
        counted(nodes, "control plane host")
    ));
    Some(finding.advise("Use a larger pod_subnet, such as a /16, or a longer node_mask."))
}

fn few_pods(pods: &IpNet) -> Option<Finding> {
    let count = cidr::address_count(pods);
    let finding = Finding::error("PLAN-PODCIDR-CAPACITY", format!("{pods} is too small"))
        .at(["pod_subnet"])
        .because(format!("It holds {count} addresses; kubeadm demands {FEWEST_POD_ADDRESSES}."))
        .advise("Use a larger pod_subnet, such as a /16.");
    (count < FEWEST_POD_ADDRESSES).then_some(finding)
}

fn mask_without_range(networking: &NetworkingDraft) -> Option<Finding> {
    let useless = networking.node_mask.known().is_some() && networking.pod_subnet.is_absent();
    let finding = Finding::warning("PLAN-PODCIDR-CAPACITY", "node_mask has no effect")
        .at(["node_mask"])
        .because("It divides the pod subnet among nodes, and there is none.")
        .advise("Give a pod_subnet, or remove node_mask.");
    useless.then_some(finding)
}

fn counted(count: u64, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

fn too_small(mask: u8, pods: &IpNet, max_pods: Option<u64>) -> Option<Finding> {
    let part = IpNet::new(pods.network(), mask).ok()?;
    // Network, gateway and broadcast address.
    let usable = cidr::address_count(&part).saturating_sub(3);
    let wanted = max_pods.map_or(DEFAULT_MAX_PODS, u128::from);
    if usable >= wanted {
        return None;
    }
    let summary = format!("a node's part of /{mask} has room for {usable} pods");
    let finding = Finding::warning("PLAN-PODCIDR-CAPACITY", summary).at(["node_mask"]).because(
        format!("The kubelet takes up to {wanted} pods; those beyond the addresses do not start."),
    );
    Some(finding.advise("Use a shorter node_mask, or set maxPods in kubelet_configuration."))
}

fn pod_subnet_required(networking: &NetworkingDraft) -> Option<Finding> {
    let finding = Finding::warning("PLAN-POD-SUBNET-REQUIRED", "no pod_subnet is given")
        .at(["pod_subnet"])
        .because(
            "Nodes get no part of a pod range then. flannel needs it, and it cannot be added \
             later.",
        )
        .advise("Give a range such as 10.244.0.0/16, unless your CNI brings its own.");
    networking.pod_subnet.is_absent().then_some(finding)
}

fn dns_domain(domain: &str) -> Option<Finding> {
    if is_dns_subdomain(domain) {
        return None;
    }
    let finding = Finding::error("PLAN-DNS-DOMAIN", format!("{domain:?} is not a DNS domain"))
        .at(["dns_domain"])
        .because("Names of services end in it.");
    Some(finding.advise("Use lower-case letters, digits, dashes and dots, such as cluster.local."))
}

/// Takes a parsed value apart: the finding is kept, the value handed on.
fn keep<T>(parsed: Result<Option<T>, Finding>, findings: &mut Vec<Finding>) -> Option<T> {
    parsed.unwrap_or_else(|finding| {
        findings.push(finding);
        None
    })
}
