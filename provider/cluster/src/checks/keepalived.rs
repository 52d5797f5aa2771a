use super::draft::{ClusterDraft, KeepalivedDraft, NodeDraft};
use super::endpoint::endpoint_port;
use super::parse::unknown;
use super::virtual_address::{check_virtual_address, virtual_address};
use crate::finding::Finding;
use crate::intent::{Endpoint, HealthGate, Keepalived};
use std::net::IpAddr;

/// Remarks on a virtual address with load balancers behind it; paths begin at the endpoint.
pub(super) fn check_keepalived(draft: &ClusterDraft, kind: &KeepalivedDraft) -> Vec<Finding> {
    let mut findings = check_virtual_address(draft, "keepalived", &kind.place);
    findings.extend(router_id(kind).err().map(|finding| finding.below(["keepalived"])));
    findings.extend(own_port(draft));
    findings.extend(hosts_without_address(draft));
    findings
}

/// The intent, once all of it is known.
pub(super) fn keepalived(
    draft: &ClusterDraft,
    kind: &KeepalivedDraft,
) -> Result<Keepalived, Finding> {
    let on = *kind.health_gate.or_default(&true).ok_or_else(|| unknown("endpoint"))?;
    let (address, interface) = virtual_address(draft, &kind.place)?;
    Ok(Keepalived {
        address,
        interface,
        router_id: router_id(kind)?.ok_or_else(|| unknown("endpoint"))?,
        health_gate: if on { HealthGate::On } else { HealthGate::Off },
    })
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

/// Hosts that others cannot be told of.
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
