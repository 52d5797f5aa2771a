//! Addresses, routes and firewalls.

use crate::finding::Finding;
use crate::node::intent::NodeIntent;
use crate::observed::{Fact, Observed};
use std::collections::BTreeSet;

/// Firewalls that are known to close ports by default.
const FIREWALLS: [&str; 2] = ["firewalld.service", "ufw.service"];

pub(super) fn check(intent: &NodeIntent, observed: &Observed) -> Vec<Finding> {
    let checks = [node_ip(intent, observed), default_routes(intent, observed), firewall(observed)];
    checks.into_iter().flatten().collect()
}

fn node_ip(intent: &NodeIntent, observed: &Observed) -> Option<Finding> {
    let address = intent.node.node_ip?;
    (observed.network.has_address(address) == Fact::Known(false)).then(|| {
        Finding::error("PF-NODE-IP", format!("the host does not have the address {address}"))
            .at(["node_ip"])
            .because("The kubelet announces only an address of its own host; floating addresses are not.")
            .advise("give an address that `ip addr` shows on the host")
    })
}

fn default_routes(intent: &NodeIntent, observed: &Observed) -> Option<Finding> {
    let routes = observed.network.routes.known()?;
    let interfaces: BTreeSet<&str> = routes
        .iter()
        .filter(|route| route.destination.is_none())
        .map(|route| route.interface.as_str())
        .collect();
    if interfaces.len() < 2 || intent.node.node_ip.is_some() {
        return None;
    }
    let names = interfaces.into_iter().collect::<Vec<_>>().join(" and ");
    Some(
        Finding::error("PF-MULTI-DEFAULT", format!("there are default routes by {names}"))
            .at(["node_ip"])
            .because("The kubelet and the pod network would each pick an address of their own.")
            .advise("set node_ip to the address that the other hosts reach"),
    )
}

fn firewall(observed: &Observed) -> Option<Finding> {
    let active = |name: &&&str| {
        observed.units.unit(name).known().is_some_and(crate::observed::UnitState::is_active)
    };
    let name = FIREWALLS.iter().find(active)?;
    Some(
        Finding::warning("PW-FIREWALL", format!("{name} is active"))
            .because("It may close ports that the cluster needs: 6443, 2379 to 2380 and 10250 of TCP, 8472 of UDP.")
            .advise("open these ports between the hosts, or turn it off"),
    )
}
