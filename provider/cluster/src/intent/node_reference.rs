use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// A host as other resources refer to it: its name and how it is reached, nothing secret.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct NodeReference {
    /// Name of the node in the cluster; need not be the host's own name.
    pub name: String,
    /// DNS name or address SSH connects to.
    pub address: String,
    /// TCP port of SSH; default 22.
    pub port: u16,
    /// Address the kubelet announces; default is the host's choice.
    pub node_ip: Option<IpAddr>,
    /// Name of the provider's SSH profile; default is the provider's `ssh`.
    pub ssh_profile: Option<String>,
    /// Pinned SSH host key, `ALGORITHM BASE64`.
    pub host_key: Option<String>,
    /// Content of `/etc/machine-id`: another one is another machine.
    pub machine_id: Option<String>,
}

impl NodeReference {
    /// Port of SSH when none is given.
    pub const DEFAULT_PORT: u16 = 22;

    /// Address the node announces on a host with `local_addresses`: `node_ip`, or else the address
    /// of SSH where the host itself has it. That is not so behind a floating address or a jump
    /// host's name; then `None` leaves the choice to the kubelet.
    #[must_use]
    pub fn announced(&self, local_addresses: &[IpAddr]) -> Option<IpAddr> {
        let own = |address: &IpAddr| !address.is_loopback() && local_addresses.contains(address);
        self.node_ip.or_else(|| self.address.parse().ok().filter(own))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_host_are_announced() {
        let local = ["127.0.0.1", "10.0.0.1"].map(|text| text.parse().unwrap());
        let cases = [
            ("10.0.0.1", None, Some("10.0.0.1")),
            ("203.0.113.9", None, None),
            ("203.0.113.9", Some("10.0.0.7"), Some("10.0.0.7")),
            ("127.0.0.1", None, None),
            ("host.example", None, None),
        ];
        for (address, node_ip, expected) in cases {
            let node = NodeReference {
                name: "n1".to_owned(),
                address: address.to_owned(),
                port: 22,
                node_ip: node_ip.map(|text| text.parse().unwrap()),
                ssh_profile: None,
                host_key: None,
                machine_id: None,
            };
            let expected = expected.map(|text| text.parse::<IpAddr>().unwrap());
            assert_eq!(node.announced(&local), expected, "{address}");
        }
    }
}
