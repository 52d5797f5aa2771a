use super::draft::{ClusterDraft, EndpointKindDraft, NodeDraft};
use super::keepalived::{check_keepalived, keepalived};
use super::kube_vip::{check_kube_vip, kube_vip};
use super::names::is_host;
use super::parse::{required, unknown};
use super::tailscale::{check_tailscale, tailscale};
use crate::finding::Finding;
use crate::intent::{Endpoint, EndpointKind, Keepalived};
use std::net::IpAddr;

/// Remarks on the endpoint.
pub(super) fn check_endpoint(draft: &ClusterDraft) -> Vec<Finding> {
    let endpoint = &draft.endpoint;
    let mut findings: Vec<Finding> = endpoint_port(draft).err().into_iter().collect();
    findings.extend(own_port(draft));
    findings.extend(several_kinds(&endpoint.kind));
    if let Some(host) = endpoint.host.text() {
        findings.extend(endpoint_host(host).err());
        findings.extend(is_an_address(host));
        findings.extend(of_one_host(draft, host));
    }
    match &endpoint.kind {
        EndpointKindDraft::Keepalived(kind) => findings.extend(check_keepalived(draft, kind)),
        EndpointKindDraft::KubeVip(kind) => findings.extend(check_kube_vip(draft, kind)),
        EndpointKindDraft::Tailscale(kind) => findings.extend(check_tailscale(draft, kind)),
        _ => {}
    }
    findings.into_iter().map(|finding| finding.below(["endpoint"])).collect()
}

/// The endpoint, once all of it is known.
pub(super) fn endpoint(draft: &ClusterDraft) -> Result<Endpoint, Finding> {
    let host = required(&draft.endpoint.host, "endpoint")?;
    Ok(Endpoint {
        host: endpoint_host(host)?.to_owned(),
        port: endpoint_port(draft)?.ok_or_else(|| unknown("endpoint"))?,
        kind: kind(draft)?,
    })
}

fn kind(draft: &ClusterDraft) -> Result<EndpointKind, Finding> {
    match &draft.endpoint.kind {
        EndpointKindDraft::Unknown => Err(unknown("endpoint")),
        EndpointKindDraft::OwnAddress => Ok(EndpointKind::OwnAddress),
        EndpointKindDraft::External => Ok(EndpointKind::External),
        EndpointKindDraft::Keepalived(kind) => {
            Ok(EndpointKind::Keepalived(keepalived(draft, kind)?))
        }
        EndpointKindDraft::KubeVip(kind) => Ok(EndpointKind::KubeVip(kube_vip(draft, kind)?)),
        EndpointKindDraft::Tailscale(kind) => Ok(EndpointKind::Tailscale(tailscale(draft, kind)?)),
        EndpointKindDraft::Several(attributes) => Err(exclusive(attributes)),
    }
}

fn several_kinds(kind: &EndpointKindDraft) -> Option<Finding> {
    match kind {
        EndpointKindDraft::Several(attributes) => Some(exclusive(attributes)),
        _ => None,
    }
}

fn exclusive(attributes: &[&'static str]) -> Finding {
    let summary = format!("{} exclude each other", attributes.join(" and "));
    Finding::error("PLAN-NO-ENDPOINT", summary)
        .at([attributes.last().copied().unwrap_or_default()])
        .because("An endpoint is of one kind.")
        .advise("Keep one of them.")
}

/// The endpoint's host, checked.
pub(super) fn endpoint_host(host: &str) -> Result<&str, Finding> {
    let finding = |why: &str| {
        Finding::error("PLAN-NO-ENDPOINT", format!("{host:?} is not a host"))
            .at(["host"])
            .because(why)
            .advise("Give a DNS name or an address; the port is an attribute of its own.")
    };
    if !is_host(host) {
        return Err(finding("It is neither a DNS name nor an address."));
    }
    if host.bytes().any(|byte| byte.is_ascii_uppercase()) && !host.contains(':') {
        return Err(finding("kubeadm takes it in lower case only."));
    }
    match host.parse::<IpAddr>() {
        Ok(address) if address.is_loopback() || address.is_unspecified() => {
            Err(finding("Other hosts cannot reach this address."))
        }
        _ => Ok(host),
    }
}

/// The endpoint's port; `None` while it is unknown.
pub(super) fn endpoint_port(draft: &ClusterDraft) -> Result<Option<u16>, Finding> {
    let default = i64::from(match draft.endpoint.kind {
        EndpointKindDraft::Keepalived(_) => Keepalived::DEFAULT_PORT,
        _ => Endpoint::DEFAULT_PORT,
    });
    let Some(port) = draft.endpoint.port.or_default(&default) else {
        return Ok(None);
    };
    match u16::try_from(*port) {
        Ok(port) if port > 0 => Ok(Some(port)),
        _ => Err(Finding::error("PLAN-NO-ENDPOINT", format!("{port} is not a TCP port"))
            .at(["port"])
            .because("Ports are numbers from 1 to 65535.")
            .advise(format!("Leave port out for {default}."))),
    }
}

fn own_port(draft: &ClusterDraft) -> Option<Finding> {
    let port = endpoint_port(draft).ok().flatten()?;
    let own = draft.endpoint.kind == EndpointKindDraft::OwnAddress;
    if !own || port == Endpoint::DEFAULT_PORT {
        return None;
    }
    let finding =
        Finding::error("PLAN-NO-ENDPOINT", format!("nothing would answer at port {port}"))
            .at(["port"])
            .because("API servers listen at 6443, and nothing passes connections on to them.");
    Some(
        finding
            .advise("Leave port out, or declare external = {} if a load balancer listens there."),
    )
}

fn is_an_address(host: &str) -> Option<Finding> {
    host.parse::<IpAddr>().ok()?;
    let finding = Finding::info("PLAN-ENDPOINT-IP", format!("the endpoint is the address {host}"))
        .at(["host"])
        .because("Certificates and kubeconfigs name it, so that the endpoint can hardly be moved.");
    Some(finding.advise("A DNS name would let the endpoint move to another address."))
}

fn of_one_host(draft: &ClusterDraft, host: &str) -> Option<Finding> {
    let nodes = draft.control_plane_nodes.known()?;
    let address: IpAddr = host.parse().ok()?;
    if draft.endpoint.kind != EndpointKindDraft::OwnAddress {
        return None;
    }
    if nodes.iter().any(|node| has_address(node, address)) {
        return Some(single_host(host, nodes.len()));
    }
    let all_known = nodes.iter().all(|node| node.address.known().is_some() && has_known_ip(node));
    all_known.then(|| unserved(host))
}

fn single_host(host: &str, members: usize) -> Finding {
    let summary = format!("the endpoint {host} is the address of one control plane host");
    let finding = if members > 1 {
        Finding::warning("PLAN-NO-ENDPOINT", summary)
    } else {
        Finding::info("PLAN-NO-ENDPOINT", summary)
    };
    finding
        .at(["host"])
        .because(
            "While that host is down, workers and users reach no API server, however many there \
             are. The endpoint cannot be changed later.",
        )
        .advise(
            "Use keepalived = {} with an address that no host has, or external = {} with a load \
             balancer, a virtual address or a DNS name of your own.",
        )
}

fn unserved(host: &str) -> Finding {
    Finding::warning("PLAN-NO-ENDPOINT", format!("no control plane host has the address {host}"))
        .at(["host"])
        .because(
            "Without external = {} the endpoint is taken for a host's own address, and none of \
             control_plane_nodes has this one.",
        )
        .advise("Declare external = {} if a load balancer or a virtual address answers there.")
}

pub(super) fn has_address(node: &NodeDraft, address: IpAddr) -> bool {
    let is_it = |text: &str| text.parse() == Ok(address);
    node.address.text().is_some_and(is_it) || node.node_ip.text().is_some_and(is_it)
}

fn has_known_ip(node: &NodeDraft) -> bool {
    node.node_ip.known().is_some() || node.node_ip.is_absent()
}
