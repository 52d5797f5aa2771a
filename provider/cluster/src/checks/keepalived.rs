use super::draft::{ClusterDraft, KeepalivedDraft, NodeDraft};
use super::endpoint::{endpoint_port, has_address};
use super::parse::unknown;
use crate::finding::Finding;
use crate::intent::{Endpoint, HealthGate, Keepalived};
use std::net::IpAddr;

/// Longest name of an interface: the kernel's `IFNAMSIZ` without the end.
const LONGEST_INTERFACE: usize = 15;

/// Remarks on a virtual address with load balancers behind it; paths begin at the endpoint.
pub(super) fn check_keepalived(draft: &ClusterDraft, kind: &KeepalivedDraft) -> Vec<Finding> {
    let address = address(draft, kind);
    let mut findings: Vec<Finding> = Vec::new();
    findings.extend(address.as_ref().err().cloned());
    findings.extend(router_id(kind).err());
    findings.extend(interface(kind).err());
    findings = findings.into_iter().map(|finding| finding.below(["keepalived"])).collect();
    findings.extend(own_port(draft));
    if let Ok(Some(address)) = address {
        findings.extend(of_a_host(draft, address));
        findings.extend(unlike_hosts(draft, address));
    }
    findings.extend(hosts_without_address(draft));
    findings
}

/// The intent, once all of it is known.
pub(super) fn keepalived(
    draft: &ClusterDraft,
    kind: &KeepalivedDraft,
) -> Result<Keepalived, Finding> {
    let on = *kind.health_gate.or_default(&true).ok_or_else(|| unknown("endpoint"))?;
    Ok(Keepalived {
        address: address(draft, kind)?.ok_or_else(|| unknown("endpoint"))?,
        interface: interface(kind)?,
        router_id: router_id(kind)?.ok_or_else(|| unknown("endpoint"))?,
        health_gate: if on { HealthGate::On } else { HealthGate::Off },
    })
}

/// The virtual address; `None` while it is unknown.
fn address(draft: &ClusterDraft, kind: &KeepalivedDraft) -> Result<Option<IpAddr>, Finding> {
    let host = &draft.endpoint.host;
    let text = if kind.address.is_absent() { host.text() } else { kind.address.text() };
    let Some(text) = text else { return Ok(None) };
    let usable = |address: &IpAddr| !address.is_loopback() && !address.is_unspecified();
    let finding = || {
        Finding::error("PLAN-ENDPOINT-ADDRESS", format!("{text:?} is not a virtual address"))
            .at(["address"])
            .because("One control plane host at a time puts it on its interface.")
            .advise(
                "Give the address that the endpoint's name leads to, without prefix length, as \
                 keepalived.address.",
            )
    };
    text.parse().ok().filter(usable).map(Some).ok_or_else(finding)
}

/// VRRP's virtual router id; `None` while it is unknown.
fn router_id(kind: &KeepalivedDraft) -> Result<Option<u8>, Finding> {
    let default = i64::from(Keepalived::DEFAULT_ROUTER_ID);
    let Some(id) = kind.router_id.or_default(&default) else { return Ok(None) };
    match u8::try_from(*id) {
        Ok(id) if id > 0 => Ok(Some(id)),
        _ => Err(Finding::error("PLAN-ENDPOINT-ADDRESS", format!("{id} is no virtual router id"))
            .at(["router_id"])
            .because("VRRP numbers the virtual addresses of a network from 1 to 255.")
            .advise(format!("Leave router_id out for {default}, or give a free one."))),
    }
}

/// The interface; `None` when it is left out or unknown.
fn interface(kind: &KeepalivedDraft) -> Result<Option<String>, Finding> {
    let Some(name) = kind.interface.text() else { return Ok(None) };
    let is_name = |name: &str| {
        let fits = (1..=LONGEST_INTERFACE).contains(&name.len()) && ![".", ".."].contains(&name);
        fits && name.bytes().all(|byte| byte.is_ascii_graphic() && !b"/\"{}#!".contains(&byte))
    };
    if is_name(name) {
        return Ok(Some(name.to_owned()));
    }
    Err(Finding::error("PLAN-ENDPOINT-ADDRESS", format!("{name:?} is no name of an interface"))
        .at(["interface"])
        .because(format!("Interfaces have names of up to {LONGEST_INTERFACE} characters."))
        .advise("Leave interface out for the one with the host's own address."))
}

/// The load balancers run beside the API servers.
fn own_port(draft: &ClusterDraft) -> Option<Finding> {
    let port = endpoint_port(draft).ok().flatten()?;
    let finding =
        Finding::error("PLAN-ENDPOINT-PORT", format!("port {port} is that of the API servers"))
            .at(["port"])
            .because("The load balancers listen on the same hosts, and a port has one listener.")
            .advise(format!("Leave port out for {}.", Keepalived::DEFAULT_PORT));
    (port == Endpoint::DEFAULT_PORT).then_some(finding)
}

fn of_a_host(draft: &ClusterDraft, address: IpAddr) -> Option<Finding> {
    let nodes = draft.control_plane_nodes.known()?;
    nodes.iter().find(|node| has_address(node, address))?;
    let summary = format!("{address} is the address of a control plane host");
    let finding = Finding::error("PLAN-ENDPOINT-ADDRESS", summary)
        .at(["host"])
        .because("The virtual address moves from host to host.");
    Some(finding.advise("Take a free address of the hosts' network."))
}

/// Remarks on hosts that others cannot be told of, at paths beside the endpoint.
fn hosts_without_address(draft: &ClusterDraft) -> Option<Finding> {
    let nodes = draft.control_plane_nodes.known()?;
    let lacks = |node: &&NodeDraft| {
        let named = node.address.text().is_some_and(|text| text.parse::<IpAddr>().is_err());
        node.node_ip.is_absent() && named
    };
    let node = nodes.iter().find(lacks)?;
    let name = node.name.text().unwrap_or("of a control plane host");
    let finding =
        Finding::error("PLAN-ENDPOINT-PEER", format!("the address of node {name} is not given"))
            .at(["keepalived"])
            .because("keepalived and haproxy reach the control plane hosts by their addresses.");
    Some(finding.advise("Give node_ip in its kubeadm_node."))
}

fn unlike_hosts(draft: &ClusterDraft, address: IpAddr) -> Option<Finding> {
    let nodes = draft.control_plane_nodes.known()?;
    let ip = |node: &NodeDraft| {
        let text = if node.node_ip.is_absent() { node.address.text() } else { node.node_ip.text() };
        text?.parse::<IpAddr>().ok()
    };
    let other = nodes.iter().filter_map(ip).find(|it| it.is_ipv4() != address.is_ipv4())?;
    let summary = format!("{address} and the host address {other} are of different families");
    let finding = Finding::error("PLAN-ENDPOINT-ADDRESS", summary)
        .at(["host"])
        .because("The hosts agree on who holds it by their own addresses.");
    Some(finding.advise("Take an address of the hosts' own network."))
}
