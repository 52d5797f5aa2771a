//! Ports of a cluster that the internet may reach.

use crate::finding::Finding;
use crate::membership::Role;
use crate::observed::Observed;
use std::net::IpAddr;

/// A warning where the host has an address that the internet routes.
pub(super) fn exposed(role: Role, observed: &Observed) -> Option<Finding> {
    let addresses = observed.network.addresses.known()?;
    let public = addresses.iter().map(|one| one.address.addr()).find(|one| is_public(*one))?;
    let ports = match role {
        Role::ControlPlane => "6443, 2379, 2380 and 10250",
        Role::Worker => "10250",
    };
    Some(
        Finding::warning("PW-PUBLIC-API", format!("the host has the public address {public}"))
            .because(format!(
                "Its ports {ports} listen on all addresses: who steals a certificate needs no way in."
            ))
            .advise(
                "Let a firewall before the host admit the cluster's hosts and administrators alone, or name PW-PUBLIC-API in ignore_preflight_errors",
            ),
    )
}

/// Neither private (RFC 1918, RFC 4193), shared (RFC 6598), link-local nor of the host itself.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let [first, second, ..] = address.octets();
            let is_shared = first == 100 && (64..128).contains(&second);
            let is_local = address.is_private() || address.is_link_local() || is_shared;
            let is_special = address.is_loopback()
                || address.is_unspecified()
                || address.is_documentation()
                || address.is_multicast();
            !is_local && !is_special
        }
        IpAddr::V6(address) => address.segments()[0] & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_internet_routes_is_public() {
        for (address, public) in [
            ("10.0.0.5", false),
            ("172.16.0.1", false),
            ("192.168.1.1", false),
            ("100.100.1.1", false),
            ("100.128.1.1", true),
            ("169.254.1.1", false),
            ("127.0.0.1", false),
            ("8.8.4.4", true),
            ("fd00::1", false),
            ("fe80::1", false),
            ("::1", false),
            ("2a01::1", true),
        ] {
            assert_eq!(is_public(address.parse().unwrap()), public, "{address}");
        }
    }
}
