//! By which interface a route leaves, and what keeps it there.

use super::intent::{RouteIntent, StaticRoute};
use crate::finding::Finding;
use crate::observed::{Fact, LiveRoute, Manager, Observed};
use std::net::IpAddr;

/// A route with its interface, and what keeps the interface's settings.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Placed {
    pub(super) route: LiveRoute,
    pub(super) manager: Option<Manager>,
}

/// All routes with their interfaces.
///
/// # Errors
/// For each route that leads nowhere from here.
pub(super) fn placed(
    intent: &RouteIntent,
    observed: &Observed,
) -> Result<Vec<Placed>, Vec<Finding>> {
    let mut placed = Vec::new();
    let mut findings = Vec::new();
    for (index, route) in intent.static_routes.iter().enumerate() {
        match place(route, observed) {
            Ok(one) => placed.push(one),
            Err(finding) => findings.push(finding.below(["static_routes", &index.to_string()])),
        }
    }
    if findings.is_empty() { Ok(placed) } else { Err(findings) }
}

fn place(route: &StaticRoute, observed: &Observed) -> Result<Placed, Finding> {
    if let Fact::Unreadable(reason) = &observed.routing.managers {
        return Err(silent_managers(reason));
    }
    let device = device(route, observed)?;
    let source = route.source.map(|source| own(source, observed)).transpose()?;
    let manager = observed.routing.manager(&device).cloned();
    if let Some(Manager::Networkd { file }) = &manager {
        alone(file, &device, observed)?;
    }
    let metric = route.metric.unwrap_or_else(|| LiveRoute::default_metric(&route.to));
    let table = route.table.unwrap_or(LiveRoute::MAIN);
    let (destination, gateway) = (route.to, route.via);
    Ok(Placed { route: LiveRoute { destination, gateway, device, source, metric, table }, manager })
}

fn device(route: &StaticRoute, observed: &Observed) -> Result<String, Finding> {
    let given = route.device.as_ref().map(|device| known(device, observed)).transpose()?;
    let Some(via) = route.via else {
        let nowhere =
            || Finding::error("PF-GATEWAY", format!("the route to {} leads nowhere", route.to));
        return given.ok_or_else(nowhere);
    };
    let near = neighbours(via, observed);
    match given {
        Some(device) if near.iter().any(|(name, _)| *name == device) => Ok(device),
        Some(device) => Err(off_link(via, &format!("interface {device} is not"), observed)),
        None => {
            let nearest = near.into_iter().max_by_key(|(_, length)| *length);
            let nearest = nearest.map(|(name, _)| name.to_owned());
            nearest.ok_or_else(|| off_link(via, "no interface is", observed))
        }
    }
}

/// Interfaces whose network an address is in, with the length of its prefix: by an address of the host, or by a
/// route without a next hop, as clouds have them.
fn neighbours(via: IpAddr, observed: &Observed) -> Vec<(&str, u8)> {
    let addresses = observed.network.addresses.known().into_iter().flatten();
    let addresses = addresses.map(|one| (one.address, one.interface.as_str()));
    let routes = observed.routing.routes.known().into_iter().flatten();
    let links = routes.filter(|route| route.gateway.is_none() && route.table == LiveRoute::MAIN);
    let links = links.map(|route| (route.destination, route.device.as_str()));
    let near = addresses.chain(links).filter(|(network, _)| network.contains(&via));
    near.map(|(network, interface)| (interface, network.prefix_len())).collect()
}

fn known(device: &str, observed: &Observed) -> Result<String, Finding> {
    if observed.network.links.known().is_none_or(|links| links.iter().any(|link| link == device)) {
        return Ok(device.to_owned());
    }
    let links = observed.network.links.known().cloned().unwrap_or_default();
    Err(Finding::error("PF-ROUTE-DEVICE", format!("the host has no interface {device}"))
        .at(["device"])
        .because(format!("Its interfaces are {}", links.join(", ")))
        .advise(
            "Name one of them, or leave device out: then it is the one that the next hop is on",
        ))
}

fn off_link(via: IpAddr, who: &str, observed: &Observed) -> Finding {
    let addresses = observed.network.addresses.known().into_iter().flatten();
    let own: Vec<String> =
        addresses.map(|one| format!("{} on {}", one.address, one.interface)).collect();
    Finding::error("PF-GATEWAY", format!("the next hop {via} is no neighbour of the host"))
        .at(["via"])
        .because(format!("{who} in its network: the host has {}", own.join(", ")))
        .advise(
            "Give a next hop in one of the host's own networks. A host of a libvirt network has its \
             bridge's address as next hop to everywhere else",
        )
}

fn own(source: IpAddr, observed: &Observed) -> Result<IpAddr, Finding> {
    if observed.network.has_address(source).known() == Some(&false) {
        return Err(Finding::error("PF-ROUTE-SOURCE", format!("the host has no address {source}"))
            .at(["source"])
            .because("Packets cannot be sent from an address that is not the host's")
            .advise("Give an address of the host, or leave source out"));
    }
    Ok(source)
}

/// What is written beside a file of networkd holds for every interface that the file is for.
fn alone(file: &str, device: &str, observed: &Observed) -> Result<(), Finding> {
    let all = observed.routing.managers.known().into_iter().flatten();
    let same = all.filter(
        |(_, manager)| matches!(manager, Manager::Networkd { file: other } if other == file),
    );
    let others: Vec<&str> =
        same.map(|(name, _)| name.as_str()).filter(|name| *name != device).collect();
    if others.is_empty() {
        return Ok(());
    }
    Err(Finding::error("PF-ROUTE-SHARED", format!("{device} has its settings together with {}", others.join(", ")))
        .because(format!("systemd-networkd takes those of all of them from {file}, where the route would hold for each"))
        .advise(format!("Give {device} a .network file of its own, which sorts before that one")))
}

/// Else a route would be written to another place than the one that keeps its interface.
fn silent_managers(reason: &str) -> Finding {
    Finding::error("PF-ROUTE-MANAGER", "the host does not tell what keeps its interfaces")
        .because(format!("networkctl or nmcli did not answer: {reason}"))
        .advise("See `journalctl -u systemd-networkd -u NetworkManager` there, then apply again")
}
