use super::draft::{ClusterDraft, TailscaleDraft};
use super::endpoint::endpoint_port;
use super::network::{pod_subnet, service_subnet};
use super::parse::unknown;
use super::virtual_address::{of_a_host, own_address, virtual_address};
use crate::cidr;
use crate::finding::Finding;
use crate::intent::{Endpoint, HealthGate, Tailscale};
use ipnet::IpNet;
use std::net::IpAddr;

/// IPv4 addresses that Tailscale gives to hosts (its package net/tsaddr).
pub(super) const TAILNET: &str = "100.64.0.0/10";
/// All that it gives: no other host may serve one of them.
const RANGES: [&str; 2] = [TAILNET, "fd7a:115c:a1e0::/48"];

/// Remarks on an address that is a route in a tailnet; paths begin at the endpoint.
pub(super) fn check_tailscale(draft: &ClusterDraft, kind: &TailscaleDraft) -> Vec<Finding> {
    let mut findings = Vec::new();
    match own_address(draft, &kind.place) {
        Err(finding) => findings.push(finding.below(["tailscale"])),
        Ok(None) => {}
        Ok(Some(address)) => {
            findings.extend(of_a_host(draft, address));
            findings.extend(of_the_tailnet(address));
            findings.extend(elsewhere(draft, address));
        }
    }
    findings.extend(other_port(draft));
    findings.extend(taken_range(draft));
    findings
}

/// The intent, once all of it is known.
pub(super) fn tailscale(draft: &ClusterDraft, kind: &TailscaleDraft) -> Result<Tailscale, Finding> {
    let on = *kind.health_gate.or_default(&true).ok_or_else(|| unknown("endpoint"))?;
    let (address, _) = virtual_address(draft, &kind.place)?;
    Ok(Tailscale { address, health_gate: if on { HealthGate::On } else { HealthGate::Off } })
}

/// No address is translated into another on the way.
fn elsewhere(draft: &ClusterDraft, address: IpAddr) -> Option<Finding> {
    let host: IpAddr = draft.endpoint.host.text()?.parse().ok()?;
    let summary = format!("the endpoint is {host}, and {address} would be served");
    let finding = Finding::error("PLAN-ENDPOINT-ADDRESS", summary)
        .at(["tailscale", "address"])
        .because("Nobody would answer at the endpoint.")
        .advise("Leave address out where the endpoint's host is the address itself.");
    (host != address).then_some(finding)
}

fn of_the_tailnet(address: IpAddr) -> Option<Finding> {
    let range = ranges().find(|range| range.contains(&address))?;
    let summary = format!("{address} lies in Tailscale's own range {range}");
    let finding = Finding::error("PLAN-ENDPOINT-ADDRESS", summary)
        .at(["tailscale"])
        .because("The control server gives its addresses to hosts, and no host can advertise a route to one.");
    Some(finding.advise("Take a free private address elsewhere, such as 10.200.0.1."))
}

/// The hosts have the address themselves, and nothing passes connections on.
fn other_port(draft: &ClusterDraft) -> Option<Finding> {
    let port = endpoint_port(draft).ok().flatten()?;
    let own = Endpoint::DEFAULT_PORT;
    let finding = Finding::error("PLAN-ENDPOINT-PORT", format!("nothing answers at port {port}"))
        .at(["port"])
        .because(format!("API servers listen at {own}, and a route passes no connections on."))
        .advise("Leave port out.");
    (port != own).then_some(finding)
}

/// The cluster's ranges must leave the hosts' addresses in the tailnet alone.
fn taken_range(draft: &ClusterDraft) -> Option<Finding> {
    let pods = pod_subnet(&draft.networking).ok().flatten();
    let services = service_subnet(&draft.networking).ok().flatten();
    let all = [pods.map(|it| ("pods", it)), services.map(|it| ("services", it))];
    let meets = |(of, subnet): (&'static str, IpNet)| {
        let range = ranges().find(|range| cidr::overlap(range, &subnet))?;
        Some((of, subnet, range))
    };
    let (of, subnet, range) = all.into_iter().flatten().find_map(meets)?;
    let summary = format!("the range of {of}, {subnet}, overlaps Tailscale's own, {range}");
    let finding = Finding::error("PLAN-CIDR-OVERLAP", summary).at(["tailscale"]).because(
        "A packet to another host of the tailnet would be taken for one of the cluster's.",
    );
    Some(finding.advise("Choose another range in networking; it cannot be changed later."))
}

fn ranges() -> impl Iterator<Item = IpNet> {
    RANGES.into_iter().filter_map(|range| range.parse().ok())
}
