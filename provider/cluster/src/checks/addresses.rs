use super::draft::{ClusterDraft, EndpointKindDraft, NodeDraft};
use super::network::{pod_subnet, service_subnet};
use crate::cidr;
use crate::finding::Finding;
use ipnet::IpNet;
use std::net::IpAddr;

/// A range of the cluster, by the attribute that sets it.
struct Range {
    attribute: &'static str,
    subnet: IpNet,
    of: &'static str,
}

/// Remarks on ranges and addresses that meet: the pods' and the services' range, the endpoint's
/// address, the hosts' addresses.
#[must_use]
pub fn check_address_overlap(draft: &ClusterDraft) -> Vec<Finding> {
    let ranges = ranges(draft);
    let mut findings: Vec<Finding> = ranges_meet(&ranges).into_iter().collect();
    for range in &ranges {
        findings.extend(endpoint_inside(draft, range));
        findings.extend(nodes_inside(draft, range));
    }
    findings
}

fn ranges(draft: &ClusterDraft) -> Vec<Range> {
    let pods = pod_subnet(&draft.networking).ok().flatten();
    let services = service_subnet(&draft.networking).ok().flatten();
    let pods = pods.map(|subnet| Range { attribute: "pod_subnet", subnet, of: "pods" });
    let services =
        services.map(|subnet| Range { attribute: "service_subnet", subnet, of: "services" });
    pods.into_iter().chain(services).collect()
}

fn ranges_meet(ranges: &[Range]) -> Option<Finding> {
    let [pods, services] = ranges else {
        return None;
    };
    if !cidr::overlap(&pods.subnet, &services.subnet) {
        return None;
    }
    let summary =
        format!("the ranges of pods, {}, and services, {}, overlap", pods.subnet, services.subnet);
    let finding = Finding::error("PLAN-CIDR-OVERLAP", summary)
        .at(["networking", pods.attribute])
        .because("A packet to an address of both ranges would reach one of them at random.");
    Some(finding.advise("Choose disjoint ranges; neither can be changed later."))
}

fn endpoint_inside(draft: &ClusterDraft, range: &Range) -> Option<Finding> {
    if let Some(finding) = inside(draft.endpoint.host.text(), range, "endpoint") {
        return Some(finding.at(["endpoint", "host"]));
    }
    let (kind, place) = match &draft.endpoint.kind {
        EndpointKindDraft::Keepalived(kind) => ("keepalived", &kind.place),
        EndpointKindDraft::KubeVip(kind) => ("kube_vip", &kind.place),
        EndpointKindDraft::Tailscale(kind) => ("tailscale", &kind.place),
        _ => return None,
    };
    Some(inside(place.address.text(), range, "endpoint")?.at(["endpoint", kind, "address"]))
}

fn nodes_inside(draft: &ClusterDraft, range: &Range) -> Vec<Finding> {
    let nodes = draft.control_plane_nodes.known();
    let nodes = nodes.into_iter().flatten().enumerate();
    nodes
        .flat_map(|(index, node)| {
            let path = ["control_plane_nodes".to_owned(), index.to_string()];
            let findings = node_inside(node, range).into_iter();
            findings.map(move |finding| finding.below(path.clone()))
        })
        .collect()
}

/// Remarks on a host whose addresses meet the cluster's ranges; paths begin at the reference.
pub(super) fn check_node_addresses(cluster: &ClusterDraft, node: &NodeDraft) -> Vec<Finding> {
    let ranges = ranges(cluster);
    ranges.iter().flat_map(|range| node_inside(node, range)).collect()
}

/// Remarks on an announced address that meets the cluster's ranges; paths begin at the resource.
pub(super) fn check_advertised(cluster: &ClusterDraft, advertised: Option<&str>) -> Vec<Finding> {
    let ranges = ranges(cluster);
    let findings = ranges.iter().filter_map(|range| inside(advertised, range, "address"));
    findings.map(|finding| finding.at(["advertise_address"])).collect()
}

fn node_inside(node: &NodeDraft, range: &Range) -> Vec<Finding> {
    let addresses = [("address", &node.address), ("node_ip", &node.node_ip)];
    let addresses = addresses.into_iter();
    addresses
        .filter_map(|(attribute, text)| {
            Some(inside(text.text(), range, "host address")?.at([attribute]))
        })
        .collect()
}

fn inside(text: Option<&str>, range: &Range, what: &str) -> Option<Finding> {
    let address: IpAddr = text?.parse().ok()?;
    if !range.subnet.contains(&address) {
        return None;
    }
    let summary = format!("{what} {address} lies in the range of {}, {}", range.of, range.subnet);
    let finding = Finding::error("PLAN-CIDR-OVERLAP", summary).because(format!(
        "Nodes take packets to it for packets to {}, and it is never reached.",
        range.of
    ));
    Some(finding.advise(format!("Choose another networking.{}.", range.attribute)))
}
