//! Who answers at the endpoint: nobody that a host about to join could reach, or a stranger.

use crate::finding::Finding;
use crate::intent::{Endpoint, EndpointKind};
use crate::membership::Role;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// Hardware address of whoever has an address in the host's network, by what `ip -json neighbour` prints
/// after somebody tried to reach it. What was known of an address before, and nobody confirmed since, is
/// nobody.
#[must_use]
pub fn neighbour(printed: &str) -> Option<String> {
    let entries: Vec<serde_json::Value> = serde_json::from_str(printed).ok()?;
    let answers = |entry: &serde_json::Value| {
        let mut states = entry.get("state")?.as_array()?.iter();
        let answered = states.any(|state| state == "REACHABLE");
        entry.get("lladdr")?.as_str().filter(|_| answered).map(str::to_owned)
    };
    entries.iter().find_map(answers)
}

/// Said before the cluster begins: two hosts with one address are reached at random.
#[must_use]
pub fn taken(address: IpAddr, host: &str, hardware: &str) -> Finding {
    Finding::error("PF-ENDPOINT-TAKEN", format!("somebody has the endpoint's address {address}"))
        .because(format!("{host} was answered by {hardware}, which is no control plane host"))
        .advise("Give an address that is free in the hosts' network, or take it off the other host; then apply again")
}

/// What to look at when nobody answers at an endpoint.
#[must_use]
pub fn advice(kind: &EndpointKind) -> &'static str {
    match kind {
        EndpointKind::KubeVip(_) => {
            "the log of the pods kube-vip-* in kube-system tells who holds the address; the address must be \
             free in the hosts' network, where addresses are found by ARP"
        }
        EndpointKind::Tailscale(_) => {
            "`journalctl -u kubeadm-endpoint-tailscale` on the control plane hosts tells what their services did, \
             and `tailscale status --json` under PrimaryRoutes who serves the address; the tailnet's policy must \
             let the hosts reach it"
        }
        EndpointKind::OwnAddress | EndpointKind::External => {
            "see that whatever has the endpoint's address or name leads to API servers that are ready, and that the \
             hosts may reach it"
        }
        EndpointKind::Keepalived(_) => {
            "`journalctl -u keepalived -u haproxy` on the control plane hosts tells who holds the address; \
             the hosts need VRRP (IP protocol 112) among each other, and the address must be free in their \
             network"
        }
    }
}

/// Of a host that is about to join, which goes by the endpoint; `is_own` where the endpoint's address is
/// one of its own already.
#[must_use]
pub fn unreached(
    endpoint: &Endpoint,
    host: &str,
    role: Role,
    is_own: bool,
    reason: &str,
) -> Finding {
    let summary = format!("{host} does not reach the cluster's API at the endpoint {endpoint}");
    let (code, advice) = match endpoint.kind {
        _ if is_own => (
            "PF-ENDPOINT-SELF",
            "The host has the endpoint's address itself, and no API server yet: take the address off its \
             interfaces, then apply again",
        ),
        EndpointKind::External => (
            "PF-LB",
            "See that the load balancer passes connections on to port 6443 of a member that serves, without \
             ending TLS, and that the host may reach it; then apply again",
        ),
        EndpointKind::Tailscale(_) if role == Role::ControlPlane => (
            "PF-ENDPOINT",
            "`tailscale status --json` there tells under PrimaryRoutes which host serves the endpoint: see that the \
             tailnet's policy lets this one reach it, and that its API server answers; then apply again",
        ),
        EndpointKind::Tailscale(_) => (
            "PF-ENDPOINT",
            "See that the host takes the routes of others, by kubeadm_endpoint_route with \
             tailscale = { accept_routes = true } before it, and that the tailnet's policy lets it reach the \
             endpoint; then apply again",
        ),
        _ => (
            "PF-ENDPOINT",
            "See that the host may reach the endpoint: routes, firewalls, and the name, where it is one; then \
             apply again",
        ),
    };
    Finding::error(code, summary).because(reason.to_owned()).advise(advice)
}

/// Said of a cluster whose API servers answer, and whose endpoint does not, from some of its hosts.
#[must_use]
pub fn black_hole(endpoint: &Endpoint, seen: &BTreeMap<String, Option<String>>) -> Option<Finding> {
    let missing = seen.iter().filter_map(|(host, said)| Some((host.as_str(), said.as_deref()?)));
    let (hosts, said): (Vec<&str>, Vec<&str>) = missing.unzip();
    let said = said.first()?;
    let summary = format!("the API does not answer at the endpoint {endpoint}");
    Some(
        Finding::warning("DR-ENDPOINT-BLACKHOLE", summary)
            .because(format!(
                "From {} it was said: {said}. An API server itself answers",
                hosts.join(", ")
            ))
            .advise(advice(&endpoint.kind)),
    )
}

/// What hosts see at an endpoint that is a route in their tailnet: each has the address on its own loopback, so
/// that clients see what the one sees that serves the route. `servers` are the names of those, or the addresses of
/// strangers.
#[must_use]
pub fn seen_by_clients(
    mut seen: BTreeMap<String, Option<String>>,
    servers: &BTreeSet<String>,
) -> BTreeMap<String, Option<String>> {
    let at = |server: &String| match seen.get(server) {
        None => Some(format!("{server} serves it, and is no control plane host that answers")),
        Some(said) => {
            said.as_ref().map(|said| format!("{server} serves it, and there it was said: {said}"))
        }
    };
    let said: Option<Vec<String>> = servers.iter().map(at).collect();
    let nobody = || "no host of the tailnet is seen to serve it".to_owned();
    // One server that answers is enough.
    if let Some(said) = said {
        let said = said.into_iter().next().unwrap_or_else(nobody);
        for own in seen.values_mut().filter(|own| own.is_none()) {
            *own = Some(said.clone());
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_see_what_the_host_sees_that_serves_the_route() {
        let seen = |cp2: Option<&str>| {
            BTreeMap::from([("cp1".to_owned(), None), ("cp2".to_owned(), cp2.map(str::to_owned))])
        };
        let by = |cp2, servers: &[&str]| {
            let servers = servers.iter().map(|it| (*it).to_owned()).collect();
            seen_by_clients(seen(cp2), &servers)["cp1"].clone()
        };
        assert_eq!(by(None, &["cp2"]), None);
        assert_eq!(by(Some("refused"), &["cp1"]), None, "nobody is led there");
        assert!(
            by(Some("refused"), &["cp2"])
                .unwrap()
                .contains("cp2 serves it, and there it was said: refused")
        );
        assert!(by(None, &[]).unwrap().contains("no host"));
        assert!(by(None, &["100.64.0.9"]).unwrap().contains("100.64.0.9"));
        assert_eq!(by(None, &["100.64.0.9", "cp2"]), None);
    }

    #[test]
    fn who_was_answered_is_told_from_who_was_not() {
        let entry = |state: &str, rest: &str| {
            format!(r#"[{{"dst":"10.0.0.100","dev":"eth0"{rest},"state":["{state}"]}}]"#)
        };
        let hardware = r#","lladdr":"02:77:00:00:00:05""#;
        assert_eq!(neighbour(&entry("REACHABLE", hardware)).as_deref(), Some("02:77:00:00:00:05"));
        assert_eq!(neighbour(&entry("FAILED", "")), None);
        assert_eq!(neighbour(&entry("STALE", hardware)), None);
        assert_eq!(neighbour("[]"), None);
        assert_eq!(neighbour(""), None);
    }

    #[test]
    fn who_is_to_be_looked_at_depends_on_who_serves_it() {
        let code = |kind, is_own| {
            let endpoint = Endpoint { host: "10.0.0.100".to_owned(), port: 6443, kind };
            unreached(&endpoint, "w1", Role::Worker, is_own, "connection refused").code
        };
        assert_eq!(code(EndpointKind::External, false), "PF-LB");
        assert_eq!(code(EndpointKind::OwnAddress, false), "PF-ENDPOINT");
        assert_eq!(code(EndpointKind::External, true), "PF-ENDPOINT-SELF");
    }

    #[test]
    fn an_endpoint_that_leads_nowhere_is_told_by_host() {
        let kind = EndpointKind::External;
        let endpoint = Endpoint { host: "10.0.0.100".to_owned(), port: 6443, kind };
        let seen = |cp2: Option<&str>| {
            BTreeMap::from([("cp1".to_owned(), None), ("cp2".to_owned(), cp2.map(str::to_owned))])
        };
        assert_eq!(black_hole(&endpoint, &seen(None)), None);
        let told = black_hole(&endpoint, &seen(Some("connection refused"))).unwrap();
        assert!(
            told.detail.starts_with("From cp2 it was said: connection refused"),
            "{}",
            told.detail
        );
    }
}
