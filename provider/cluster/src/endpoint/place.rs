//! Where on a host the endpoint's address goes.

use crate::finding::Finding;
use crate::intent::NodeReference;
use crate::observed::{Fact, Observed};
use std::net::IpAddr;

/// Where on a host the endpoint's address goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The interface.
    pub(super) interface: String,
    /// The host's own address, by which the others know it.
    pub(super) address: IpAddr,
}

/// The address by which other hosts of the cluster know a host, as far as the configuration tells.
pub(super) fn cluster_address(node: &NodeReference) -> Option<IpAddr> {
    node.node_ip.or_else(|| node.address.parse().ok())
}

impl Place {
    /// On the interface that is given, or the one that has the host's own address.
    pub(super) fn of(
        interface: Option<&str>,
        node: &NodeReference,
        observed: &Observed,
    ) -> Result<Self, Finding> {
        let all = match &observed.network.addresses {
            Fact::Known(all) => all.as_slice(),
            Fact::Absent => &[],
            Fact::Unreadable(reason) => return Err(unreadable(node, reason)),
        };
        let local: Vec<IpAddr> = all.iter().map(|one| one.address.addr()).collect();
        let address = node.announced(&local).ok_or_else(|| no_address(node))?;
        let own = all.iter().find(|one| one.address.addr() == address);
        let name = match interface {
            Some(name) if all.iter().any(|one| one.interface == name) => name,
            Some(name) => return Err(no_interface(node, name)),
            None => &own.ok_or_else(|| not_its_own(node, address))?.interface,
        };
        Ok(Self { interface: name.to_owned(), address })
    }
}

fn unreadable(node: &NodeReference, reason: &str) -> Finding {
    let summary = format!("the addresses of {} could not be read", node.name);
    Finding::error("PF-ENDPOINT-PLACE", summary)
        .because(reason.to_owned())
        .advise("See that the program ip works on the host, then apply again")
}

fn no_address(node: &NodeReference) -> Finding {
    let summary = format!("{} has no address of its own that is known", node.name);
    Finding::error("PF-ENDPOINT-PLACE", summary)
        .because(format!(
            "keepalived needs one, and {}, where SSH finds the host, is none of its own",
            node.address
        ))
        .advise("Give node_ip in its kubeadm_node, then apply again")
}

fn not_its_own(node: &NodeReference, address: IpAddr) -> Finding {
    let summary = format!("no interface of {} has the address {address}", node.name);
    Finding::error("PF-ENDPOINT-PLACE", summary)
        .because("the endpoint's address goes to the interface that has it")
        .advise("Correct node_ip in its kubeadm_node, or give endpoint.keepalived.interface")
}

fn no_interface(node: &NodeReference, name: &str) -> Finding {
    let summary = format!("{} has no interface {name} with an address", node.name);
    Finding::error("PF-ENDPOINT-PLACE", summary)
        .because("endpoint.keepalived.interface names it for all control plane hosts")
        .advise("Leave it out: each host then takes the interface with its own address")
}
