//! flannel's overlay on one host.

use super::POD_MTU_OVERHEAD;
use crate::finding::Finding;
use crate::intent::{FlannelBackend, FlannelIntent};
use crate::observed::{Network, Observed};
use std::net::IpAddr;

/// Said of a host on whose interface the overlay's packets do not fit, such as Tailscale's with its 1280 bytes.
/// Without `mtu` flannel goes by the interface itself.
#[must_use]
pub fn too_large(flannel: &FlannelIntent, host: &str, observed: &Observed) -> Option<Finding> {
    let mtu = flannel.mtu.filter(|_| flannel.backend == FlannelBackend::Vxlan)?;
    let interface = interface(flannel, &observed.network)?;
    let own = *observed.network.mtus.get(interface)?;
    let largest = own.saturating_sub(POD_MTU_OVERHEAD.into());
    if u32::from(mtu) <= largest {
        return None;
    }
    let summary = format!("packets of pods with {mtu} bytes do not fit on {interface} of {host}");
    Some(
        Finding::error("PF-MTU", summary)
            .at(["flannel", "mtu"])
            .because(format!(
                "It carries {own} bytes, and the overlay adds {POD_MTU_OVERHEAD}: what is larger gets lost"
            ))
            .advise(format!("Leave mtu out, or give {largest} at most")),
    )
}

/// The interface that flannel takes; none where a pattern decides, or it is not there.
fn interface<'o>(flannel: &'o FlannelIntent, network: &'o Network) -> Option<&'o str> {
    let addresses = network.addresses.known()?;
    let with = |address: IpAddr| {
        addresses.iter().find(|one| one.address.addr() == address).map(|one| one.interface.as_str())
    };
    match (&flannel.interface, &flannel.interface_regex) {
        (Some(name), _) => match name.parse() {
            Ok(address) => with(address),
            Err(_) => Some(name.as_str()),
        },
        (None, Some(_)) => None,
        (None, None) => network.default_addresses().into_iter().find_map(with),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observed::{Fact, InterfaceAddress, Route};

    fn host() -> Observed {
        let mut host = Observed::default();
        let address = |interface: &str, address: &str| InterfaceAddress {
            interface: interface.to_owned(),
            address: address.parse().unwrap(),
            dynamic: false,
        };
        host.network.addresses = Fact::Known(vec![
            address("eth0", "10.0.0.11/24"),
            address("tailscale0", "100.64.0.1/32"),
        ]);
        let default = Route { destination: None, interface: "eth0".to_owned(), gateway: None };
        host.network.routes = Fact::Known(vec![default]);
        let mtus = [("eth0", 1500), ("tailscale0", 1280)];
        host.network.mtus = mtus.map(|(name, mtu)| (name.to_owned(), mtu)).into();
        host
    }

    #[test]
    fn what_does_not_fit_is_told_of_the_interface_that_is_taken() {
        let told = |interface: Option<&str>, mtu| {
            let interface = interface.map(str::to_owned);
            let flannel = FlannelIntent { interface, mtu, ..FlannelIntent::default() };
            too_large(&flannel, "cp1", &host()).map(|finding| finding.summary)
        };
        assert_eq!(told(None, Some(1450)), None);
        assert!(told(None, Some(1451)).unwrap().contains("eth0"));
        assert_eq!(told(Some("tailscale0"), Some(1230)), None);
        assert!(told(Some("tailscale0"), Some(1231)).unwrap().contains("tailscale0"));
        assert!(told(Some("100.64.0.1"), Some(1450)).is_some(), "by its address");
        assert_eq!(told(Some("tailscale0"), None), None, "flannel goes by the interface");
        assert_eq!(told(Some("eth7"), Some(9000)), None, "nobody knows");
    }
}
