mod networks;
mod place;

pub use networks::networks;
pub use place::check_routes_in_cluster;

use super::Planned;
use crate::finding::Finding;
use crate::route::StaticRoute;
use ipnet::IpNet;
use networks::network;
use std::net::IpAddr;

/// The kernel's table of the host's own addresses.
const LOCAL_TABLE: u32 = 255;

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
    /// Whether the host is a prepared node, and no hypervisor or the like.
    pub is_node: bool,
    /// Whether packets of others are passed on.
    pub ip_forward: Planned<bool>,
    /// Whether the routes of others in the tailnet are taken.
    pub accept_routes: Planned<bool>,
    /// Whether the host serves the cluster's endpoint in the tailnet.
    pub serves_endpoint: Planned<bool>,
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
    findings.extend(no_forwarding(draft));
    findings.extend(networks(draft).err());
    findings
}

/// The two resources would undo each other for ever.
fn no_forwarding(draft: &RoutesDraft) -> Option<Finding> {
    (draft.is_node && draft.ip_forward.known() == Some(&false)).then(|| {
        Finding::error("PLAN-ROUTE", "a node passes packets of its pods on")
            .at(["ip_forward"])
            .because("Its kubeadm_node sees to that, and kubeadm refuses a host that does not")
            .advise("Leave ip_forward out.")
    })
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
    if draft.device.is_absent() && via.is_some_and(is_link_local) {
        return Err(Finding::error("PLAN-ROUTE", "a link-local next hop is on every interface")
            .at(["device"])
            .because("Each interface has a network of these addresses.")
            .advise("Give device, the interface by which the next hop is reached."));
    }
    if to.addr().is_ipv6() && metric == Some(0) {
        return Err(Finding::error("PLAN-ROUTE", "metric 0 stands for 1024 with IPv6")
            .at(["metric"])
            .advise("Leave metric out, or give another number."));
    }
    if [Some(0), Some(LOCAL_TABLE)].contains(&table) {
        return Err(Finding::error(
            "PLAN-ROUTE",
            format!("table {} is the kernel's own", table.unwrap_or_default()),
        )
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

fn is_link_local(address: IpAddr) -> bool {
    matches!(address, IpAddr::V6(address) if address.is_unicast_link_local())
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
    fn a_node_forwards() {
        let found = |is_node, forwards| {
            let ip_forward = Planned::Known(forwards);
            check_routes(&RoutesDraft { is_node, ip_forward, ..RoutesDraft::default() })
        };
        assert_eq!(found(true, false)[0].path, ["ip_forward"]);
        assert!(found(true, true).is_empty() && found(false, false).is_empty());
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
    fn what_the_kernel_takes_for_something_else_is_refused() {
        let six = |via: &str, metric| StaticRouteDraft {
            metric: Planned::Known(metric),
            ..route("fd00:1::/64", via)
        };
        assert_eq!(wrong(six("fd00::1", 5)), "");
        assert_eq!(
            wrong(six("fd00::1", 0)),
            "static_routes.0.metric metric 0 stands for 1024 with IPv6"
        );
        let said = "static_routes.0.device a link-local next hop is on every interface";
        assert_eq!(wrong(six("fe80::1", 5)), said);
        let table =
            StaticRouteDraft { table: Planned::Known(0), ..route("10.1.0.0/16", "10.2.0.1") };
        assert_eq!(wrong(table), "static_routes.0.table table 0 is the kernel's own");
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
}
