use super::super::tailscale::TAILNET;
use super::{RoutesDraft, static_route};
use crate::finding::Finding;
use ipnet::IpNet;
use std::net::IpAddr;

/// Remarks on the routes among all that the cluster has.
#[must_use]
pub fn check_routes_in_cluster(draft: &RoutesDraft) -> Vec<Finding> {
    let routes = draft.static_routes.iter().enumerate();
    let routes = routes.filter_map(|(index, route)| Some((index, static_route(route).ok()??.to)));
    let remark = |(index, to): (usize, IpNet)| {
        let finding = taken(&to, draft).or_else(|| unused(&to, draft))?;
        Some(finding.at(["static_routes", &index.to_string(), "to"]))
    };
    routes.filter_map(remark).chain(own_route(draft)).collect()
}

/// Its member turns that off: the host would go by another one's address instead of its own.
fn own_route(draft: &RoutesDraft) -> Option<Finding> {
    let both = [&draft.accept_routes, &draft.serves_endpoint];
    both.iter().all(|it| it.known() == Some(&true)).then(|| {
        Finding::error(
            "PLAN-ROUTE",
            "a control plane host takes no routes of others in the tailnet",
        )
        .at(["tailscale", "accept_routes"])
        .because(
            "It serves the route to the cluster's endpoint itself, and its member sees to that",
        )
        .advise("Leave tailscale out for control plane hosts.")
    })
}

/// A route into a range whose addresses are no hosts' takes their packets away.
fn taken(to: &IpNet, draft: &RoutesDraft) -> Option<Finding> {
    let ranges = [
        ("the cluster's pods", draft.pod_subnet.text()),
        ("the cluster's services", draft.service_subnet.text()),
        ("Tailscale's hosts", Some(TAILNET)),
    ];
    // Providers use the tailnet's range for hosts of their own, too.
    let may_be_hosts = |range: &IpNet| range.to_string() == TAILNET;
    let range = |(whose, text): (&'static str, Option<&str>)| {
        let range: IpNet = text?.parse().ok()?;
        (range.contains(to) || to.contains(&range) && to.prefix_len() > 0).then_some((whose, range))
    };
    let (whose, range) = ranges.into_iter().find_map(range)?;
    let summary = format!("the route to {to} overlaps {range}, the range of {whose}");
    let finding = if range.contains(to) && !may_be_hosts(&range) {
        Finding::error("PLAN-ROUTE-OVERLAP", summary)
    } else {
        Finding::warning("PLAN-ROUTE-OVERLAP", summary)
    };
    Some(
        finding
            .because("Packets for these addresses would leave by the route.")
            .advise("Route just the networks that hosts are in."),
    )
}

fn unused(to: &IpNet, draft: &RoutesDraft) -> Option<Finding> {
    let known = draft.destinations.known()?;
    let mut addresses = known.iter().filter_map(|text| text.parse::<IpAddr>().ok()).peekable();
    addresses.peek()?;
    if addresses.any(|address| to.contains(&address)) {
        return None;
    }
    Some(
        Finding::warning("PLAN-ROUTE-UNUSED", format!("the route to {to} leads to no known host"))
            .because(format!(
                "The hosts and the endpoint of the configuration are {}.",
                known.join(", ")
            ))
            .advise("Look for a slip in the network, or add the hosts it is for to peers."),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_serves_the_endpoint_takes_no_route_to_it() {
        let said = |accepts, serves| {
            let (accept_routes, serves_endpoint) = (Planned::Known(accepts), serves);
            let draft = RoutesDraft { accept_routes, serves_endpoint, ..RoutesDraft::default() };
            check_routes_in_cluster(&draft)
                .into_iter()
                .map(|it| it.path.join("."))
                .collect::<Vec<_>>()
        };
        assert_eq!(said(true, Planned::Known(true)), ["tailscale.accept_routes"]);
        assert!(said(false, Planned::Known(true)).is_empty());
        assert!(said(true, Planned::Known(false)).is_empty());
        assert!(said(true, Planned::Unknown).is_empty());
    }
    use crate::checks::{Planned, StaticRouteDraft};

    fn route(to: &str, via: &str) -> StaticRouteDraft {
        StaticRouteDraft { to: to.into(), via: via.into(), ..StaticRouteDraft::default() }
    }

    #[test]
    fn a_route_is_for_known_hosts_and_not_for_pods() {
        let draft = RoutesDraft {
            static_routes: [
                "10.10.10.0/24",
                "172.112.20.0/24",
                "10.244.3.0/24",
                "10.96.0.0/11",
                "100.64.7.0/24",
                "0.0.0.0/0",
            ]
            .map(|to| route(to, "192.0.2.1"))
            .into(),
            pod_subnet: "10.244.0.0/16".into(),
            service_subnet: "10.96.0.0/12".into(),
            destinations: Planned::Known(vec![
                "10.10.10.21".to_owned(),
                "host.example.org".to_owned(),
            ]),
            ..RoutesDraft::default()
        };
        let found = check_routes_in_cluster(&draft);
        let shown: Vec<_> =
            found.iter().map(|it| (it.path[1].as_str(), it.code, it.is_error())).collect();
        assert_eq!(
            shown,
            [
                ("1", "PLAN-ROUTE-UNUSED", false),
                ("2", "PLAN-ROUTE-OVERLAP", true),
                ("3", "PLAN-ROUTE-OVERLAP", false),
                ("4", "PLAN-ROUTE-OVERLAP", false),
            ]
        );
    }
}
