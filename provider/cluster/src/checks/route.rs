use super::Planned;
use crate::cidr::overlap;
use crate::finding::Finding;
use crate::route::StaticRoute;
use ipnet::IpNet;
use std::net::IpAddr;

/// The range of addresses that Tailscale gives to hosts.
const TAILNET: &str = "100.64.0.0/10";
/// The kernel's table of the host's own addresses.
const LOCAL_TABLE: i64 = 255;

/// What is known of a host's routes while planning.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoutesDraft {
    /// The routes.
    pub static_routes: Vec<StaticRouteDraft>,
    /// Networks that talk to each other through the host.
    pub between: Planned<Vec<Planned<String>>>,
    /// The cluster's pods.
    pub pod_subnet: Planned<String>,
    /// The cluster's services.
    pub service_subnet: Planned<String>,
    /// Addresses that the routes may be for: of hosts, and of the endpoint.
    pub destinations: Planned<Vec<String>>,
}

/// What is known of one route while planning.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StaticRouteDraft {
    /// Where to.
    pub to: Planned<String>,
    /// Next hop.
    pub via: Planned<String>,
    /// Interface.
    pub device: Planned<String>,
    /// Source address.
    pub source: Planned<String>,
    /// Preference.
    pub metric: Planned<i64>,
    /// Routing table.
    pub table: Planned<i64>,
}

/// Remarks on the routes by themselves.
#[must_use]
pub fn check_routes(draft: &RoutesDraft) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut entries: Vec<(usize, StaticRoute)> = Vec::new();
    for (index, route) in draft.static_routes.iter().enumerate() {
        let below = |finding: Finding| finding.below(["static_routes", &index.to_string()]);
        match static_route(route) {
            Ok(Some(route)) => entries.push((index, route)),
            Ok(None) => {}
            Err(finding) => findings.push(below(finding)),
        }
    }
    findings.extend(twice(&entries));
    findings.extend(networks(draft).err());
    findings
}

/// Remarks on the routes among all that the cluster has.
#[must_use]
pub fn check_routes_in_cluster(draft: &RoutesDraft) -> Vec<Finding> {
    let routes = draft.static_routes.iter().enumerate();
    let routes = routes.filter_map(|(index, route)| Some((index, static_route(route).ok()??.to)));
    let remark = |(index, to): (usize, IpNet)| {
        let finding = taken(&to, draft).or_else(|| unused(&to, draft))?;
        Some(finding.at(["static_routes", &index.to_string(), "to"]))
    };
    routes.filter_map(remark).collect()
}

/// One route, once all of it is known.
///
/// # Errors
/// What is wrong with it; the path begins at the route.
pub fn static_route(draft: &StaticRouteDraft) -> Result<Option<StaticRoute>, Finding> {
    let to = draft.to.text().map(network).transpose()?;
    let via = address(&draft.via, "via")?;
    let source = address(&draft.source, "source")?;
    let metric = number(&draft.metric, "metric")?;
    let table = number(&draft.table, "table")?;
    if draft.via.is_absent() && draft.device.is_absent() {
        return Err(Finding::error("PLAN-ROUTE", "the route has neither a next hop nor a device")
            .because("Packets must leave by something.")
            .advise("Give via, the address of the next hop, or device, the interface."));
    }
    let Some(to) = to else { return Ok(None) };
    for (given, name) in [(via, "via"), (source, "source")] {
        given.map_or(Ok(()), |given| same_family(&to, given, name))?;
    }
    if let Some(via) =
        via.filter(|via| draft.device.is_absent() && to.prefix_len() > 0 && to.contains(via))
    {
        return Err(Finding::error("PLAN-ROUTE", format!("the next hop {via} is itself in {to}"))
            .at(["via"])
            .because("The way to the next hop would lead by the next hop.")
            .advise("Give a next hop in one of the host's own networks."));
    }
    if draft.table == Planned::Known(LOCAL_TABLE) {
        return Err(Finding::error("PLAN-ROUTE", "table 255 is the kernel's own")
            .at(["table"])
            .advise("Leave table out for the main one, or give the number of one of yours."));
    }
    let parts = [&draft.via, &draft.device, &draft.source];
    let unknown = parts.into_iter().any(|part| *part == Planned::Unknown)
        || draft.metric == Planned::Unknown
        || draft.table == Planned::Unknown;
    let device = draft.device.known().cloned();
    Ok((!unknown).then_some(StaticRoute { to, via, device, source, metric, table }))
}

/// The networks that talk to each other, once all of them are known.
///
/// # Errors
/// What is wrong with them; the path begins at the resource.
pub fn networks(draft: &RoutesDraft) -> Result<Option<Vec<IpNet>>, Finding> {
    let Planned::Known(given) = &draft.between else {
        return Ok(draft.between.is_absent().then(Vec::new));
    };
    let mut networks: Vec<IpNet> = Vec::new();
    for text in given.iter().filter_map(Planned::text) {
        let network = network(text).map_err(|finding| finding.at(["forward", "between"]))?;
        if let Some(other) = networks.iter().find(|other| overlap(other, &network)) {
            return Err(Finding::error("PLAN-ROUTE", format!("{network} and {other} overlap"))
                .at(["forward", "between"])
                .because("What is in both would be on both sides of the host."));
        }
        networks.push(network);
    }
    if given.len() < 2 {
        return Err(Finding::error("PLAN-ROUTE", "a network has nobody to talk to")
            .at(["forward", "between"])
            .because("Packets are let pass from each of the networks to each other.")
            .advise("Give at least two networks."));
    }
    let known = given.iter().all(|text| text.known().is_some());
    Ok(known.then_some(networks))
}

fn network(text: &str) -> Result<IpNet, Finding> {
    let wrong = |because: String| {
        Finding::error("PLAN-ROUTE", format!("{text:?} is no network"))
            .at(["to"])
            .because(because)
            .advise("Write it as 10.10.10.0/24; 0.0.0.0/0 stands for everywhere.")
    };
    let network: IpNet = text
        .parse()
        .map_err(|_| wrong("A network is an address and the length of its prefix.".to_owned()))?;
    if network != network.trunc() {
        return Err(wrong(format!("The network of this length is {}.", network.trunc())));
    }
    Ok(network)
}

fn address(given: &Planned<String>, attribute: &str) -> Result<Option<IpAddr>, Finding> {
    let Some(text) = given.text() else { return Ok(None) };
    text.parse().map(Some).map_err(|_| {
        Finding::error("PLAN-ROUTE", format!("{text:?} is no address"))
            .at([attribute])
            .because("An address is four numbers with dots, or an IPv6 address.")
    })
}

fn number(given: &Planned<i64>, attribute: &str) -> Result<Option<u32>, Finding> {
    let Some(number) = given.known() else { return Ok(None) };
    u32::try_from(*number).map(Some).map_err(|_| {
        Finding::error("PLAN-ROUTE", format!("{attribute} cannot be {number}"))
            .at([attribute])
            .because("It is a number from 0 to 4294967295.")
    })
}

fn same_family(to: &IpNet, address: IpAddr, attribute: &str) -> Result<(), Finding> {
    if to.addr().is_ipv4() == address.is_ipv4() {
        return Ok(());
    }
    Err(Finding::error("PLAN-ROUTE", format!("{address} is of another address family than {to}"))
        .at([attribute])
        .because("IPv4 goes by IPv4, and IPv6 by IPv6."))
}

fn twice(routes: &[(usize, StaticRoute)]) -> Option<Finding> {
    let entry = |route: &StaticRoute| (route.to, route.table, route.metric);
    let second = routes.iter().enumerate().find_map(|(place, (index, route))| {
        let before = routes.iter().take(place);
        before.map(|(_, one)| one).any(|one| entry(one) == entry(route)).then_some((index, route))
    });
    let (index, route) = second?;
    Some(
        Finding::error("PLAN-ROUTE", format!("there are two routes to {}", route.to))
            .at(["static_routes", &index.to_string(), "to"])
            .because("The kernel has one route to a network for each table and metric.")
            .advise("Give them different metrics: the route with less is taken."),
    )
}

/// A route into a range whose addresses are no hosts' takes their packets away.
fn taken(to: &IpNet, draft: &RoutesDraft) -> Option<Finding> {
    let ranges = [
        ("the cluster's pods", draft.pod_subnet.text()),
        ("the cluster's services", draft.service_subnet.text()),
        ("Tailscale's hosts", Some(TAILNET)),
    ];
    let range = |(whose, text): (&'static str, Option<&str>)| {
        let range: IpNet = text?.parse().ok()?;
        (range.contains(to) || to.contains(&range) && to.prefix_len() > 0).then_some((whose, range))
    };
    let (whose, range) = ranges.into_iter().find_map(range)?;
    let summary = format!("the route to {to} overlaps {range}, the range of {whose}");
    let finding = if range.contains(to) {
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

    fn route(to: &str, via: &str) -> StaticRouteDraft {
        StaticRouteDraft { to: to.into(), via: via.into(), ..StaticRouteDraft::default() }
    }

    fn wrong(route: StaticRouteDraft) -> String {
        let draft = RoutesDraft { static_routes: vec![route], ..RoutesDraft::default() };
        let found = check_routes(&draft);
        let told = found.iter().map(|it| format!("{} {}", it.path.join("."), it.summary));
        told.collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn what_is_no_route_is_refused_at_its_attribute() {
        assert_eq!(wrong(route("10.10.10.0/24", "172.20.112.1")), "");
        let cases = [
            (
                route("10.10.10.7/24", "172.20.112.1"),
                "static_routes.0.to \"10.10.10.7/24\" is no network",
            ),
            (
                route("10.10.10.0", "172.20.112.1"),
                "static_routes.0.to \"10.10.10.0\" is no network",
            ),
            (route("10.10.10.0/24", "gateway"), "static_routes.0.via \"gateway\" is no address"),
            (
                route("10.10.10.0/24", "fd00::1"),
                "static_routes.0.via fd00::1 is of another address family than 10.10.10.0/24",
            ),
            (
                route("10.10.10.0/24", "10.10.10.1"),
                "static_routes.0.via the next hop 10.10.10.1 is itself in 10.10.10.0/24",
            ),
            (
                StaticRouteDraft { to: "10.1.0.0/16".into(), ..StaticRouteDraft::default() },
                "static_routes.0 the route has neither a next hop nor a device",
            ),
            (
                StaticRouteDraft { metric: Planned::Known(-1), ..route("10.1.0.0/16", "10.2.0.1") },
                "static_routes.0.metric metric cannot be -1",
            ),
            (
                StaticRouteDraft { table: Planned::Known(255), ..route("10.1.0.0/16", "10.2.0.1") },
                "static_routes.0.table table 255 is the kernel's own",
            ),
        ];
        for (route, said) in cases {
            assert_eq!(wrong(route), said);
        }
    }

    #[test]
    fn what_is_not_known_yet_is_not_judged() {
        let unknown = StaticRouteDraft { to: Planned::Unknown, ..route("", "172.20.112.1") };
        assert_eq!(static_route(&unknown), Ok(None));
        assert_eq!(wrong(unknown), "");
    }

    #[test]
    fn one_network_has_one_route_for_each_metric() {
        let first = route("10.10.10.0/24", "172.20.112.1");
        let other = StaticRouteDraft { metric: Planned::Known(5), ..first.clone() };
        let draft = |routes: [StaticRouteDraft; 2]| RoutesDraft {
            static_routes: routes.into(),
            ..RoutesDraft::default()
        };
        assert!(check_routes(&draft([first.clone(), other])).is_empty());
        let found = check_routes(&draft([first.clone(), first]));
        assert_eq!(found[0].path, ["static_routes", "1", "to"]);
    }

    #[test]
    fn networks_that_talk_are_two_and_apart() {
        let between = |texts: &[&str]| {
            let texts = texts.iter().map(|text| Planned::from(*text)).collect();
            networks(&RoutesDraft { between: Planned::Known(texts), ..RoutesDraft::default() })
        };
        assert_eq!(between(&["10.1.0.0/16", "10.2.0.0/16"]).unwrap().unwrap().len(), 2);
        assert!(between(&["10.1.0.0/16"]).is_err());
        assert!(between(&["10.1.0.0/16", "10.1.2.0/24"]).is_err());
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
                ("4", "PLAN-ROUTE-OVERLAP", true),
            ]
        );
    }
}
