//! Addresses, routes and firewalls.

use crate::finding::Finding;
use crate::node::intent::NodeIntent;
use crate::observed::{Fact, Observed};
use std::collections::BTreeSet;

/// Firewalls that are known to close ports by default.
const FIREWALLS: [&str; 2] = ["firewalld.service", "ufw.service"];

pub(super) fn check(intent: &NodeIntent, observed: &Observed) -> Vec<Finding> {
    let checks = [
        node_ip(intent, observed),
        default_routes(intent, observed),
        firewall(observed),
        forwarding(observed),
        dump(observed),
    ];
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

/// As Docker leaves it.
fn forwarding(observed: &Observed) -> Option<Finding> {
    (observed.network.drops_forwarded == Fact::Known(true)).then(|| {
        Finding::warning("PW-FORWARD-DROP", "the host drops forwarded packets by default")
            .because("The policy of the chain FORWARD is DROP: pods are reached only where a rule lets packets pass.")
            .advise("see that the pod network brings such rules, as flannel does, or set the policy to ACCEPT")
    })
}

/// What was saved while a cluster ran comes back with the boot, whatever runs then.
fn dump(observed: &Observed) -> Option<Finding> {
    let files = observed.network.rule_dumps.known().filter(|files| !files.is_empty())?.join(", ");
    Some(
        Finding::warning("PW-IPTABLES-DUMP", format!("{files} has rules of Kubernetes"))
            .because("They were saved while a cluster ran, and every boot brings them back, with services and pods of that time.")
            .advise("take all lines with KUBE- out of it, or remove the file when nothing else needs it"),
    )
}
