use super::draft::{ClusterDraft, NodeDraft, VirtualAddressDraft};
use super::endpoint::has_address;
use super::parse::unknown;
use crate::finding::Finding;
use std::net::IpAddr;

/// Longest name of an interface: the kernel's `IFNAMSIZ` without the end.
const LONGEST_INTERFACE: usize = 15;

/// Remarks on an address that moves among the control plane hosts, given below the attribute `kind`;
/// paths begin at the endpoint.
pub(super) fn check_virtual_address(
    draft: &ClusterDraft,
    kind: &'static str,
    given: &VirtualAddressDraft,
) -> Vec<Finding> {
    let address = own_address(draft, given);
    let own = [address.as_ref().err().cloned(), interface(given).err()];
    let own = own.into_iter().flatten().map(|finding| finding.below([kind]));
    let mut findings: Vec<Finding> = own.collect();
    if let Ok(Some(address)) = address {
        findings.extend(of_a_host(draft, address));
        findings.extend(unlike_hosts(draft, address));
    }
    findings
}

/// The address and its interface, once both are known.
pub(super) fn virtual_address(
    draft: &ClusterDraft,
    given: &VirtualAddressDraft,
) -> Result<(IpAddr, Option<String>), Finding> {
    let address = own_address(draft, given)?.ok_or_else(|| unknown("endpoint"))?;
    Ok((address, interface(given)?))
}

/// The virtual address; `None` while it is unknown.
pub(super) fn own_address(
    draft: &ClusterDraft,
    given: &VirtualAddressDraft,
) -> Result<Option<IpAddr>, Finding> {
    let host = &draft.endpoint.host;
    let text = if given.address.is_absent() { host.text() } else { given.address.text() };
    let Some(text) = text else { return Ok(None) };
    let usable = |address: &IpAddr| !address.is_loopback() && !address.is_unspecified();
    let finding = || {
        Finding::error("PLAN-ENDPOINT-ADDRESS", format!("{text:?} is not a virtual address"))
            .at(["address"])
            .because("One control plane host at a time serves it.")
            .advise("Give the address that the endpoint's name leads to, without prefix length.")
    };
    text.parse().ok().filter(usable).map(Some).ok_or_else(finding)
}

/// The interface; `None` when it is left out or unknown.
fn interface(given: &VirtualAddressDraft) -> Result<Option<String>, Finding> {
    let Some(name) = given.interface.text() else { return Ok(None) };
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

pub(super) fn of_a_host(draft: &ClusterDraft, address: IpAddr) -> Option<Finding> {
    let nodes = draft.control_plane_nodes.known()?;
    nodes.iter().find(|node| has_address(node, address))?;
    let summary = format!("{address} is the address of a control plane host");
    let finding = Finding::error("PLAN-ENDPOINT-ADDRESS", summary)
        .at(["host"])
        .because("The virtual address moves from host to host.");
    Some(finding.advise("Take an address that no host has."))
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
        .because("It goes beside the hosts' own addresses.");
    Some(finding.advise("Take an address of the hosts' own network."))
}
