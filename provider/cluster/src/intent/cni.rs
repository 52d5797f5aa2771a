use super::{ClusterIntent, NodeReference};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// The pod network of a cluster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CniIntent {
    /// The cluster it serves; the pod subnet comes from here.
    pub cluster: ClusterIntent,
    /// Members through which the cluster is reached.
    pub control_plane: Vec<NodeReference>,
    /// Settings of flannel.
    pub flannel: FlannelIntent,
}

/// Settings of flannel. All defaults: vxlan over each host's default interface.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlannelIntent {
    /// Image of flannel; default is the version this provider is tested with.
    pub image: Option<String>,
    /// Image that carries flannel's CNI plugin binary; default as for `image`.
    pub plugin_image: Option<String>,
    /// How packets travel between hosts.
    pub backend: FlannelBackend,
    /// Interface whose address other hosts send to: a name or an address.
    pub interface: Option<String>,
    /// Regular expression of that interface's name or address, where hosts differ.
    pub interface_regex: Option<String>,
    /// MTU of the pod network in bytes, as pods see it; default is the interface's less the 50
    /// bytes of the overlay's header.
    pub mtu: Option<u16>,
    /// UDP port of the vxlan overlay; flannel's default on Linux is 8472.
    pub port: Option<u16>,
    /// Identifier of the vxlan; flannel's default is 1.
    pub vni: Option<u32>,
}

impl FlannelIntent {
    /// UDP port of the overlay at an address of a host, given those of its interface with the default
    /// route; none without an overlay, or where it may be at another address of the host.
    #[must_use]
    pub fn overlay_port_at(&self, address: IpAddr, default: &[IpAddr]) -> Option<u16> {
        const DEFAULT: u16 = 8_472;
        let is_there = match (&self.interface, &self.interface_regex) {
            (None, None) => default.contains(&address),
            (Some(interface), None) => interface.parse() == Ok(address),
            _ => false,
        };
        let is_overlay = self.backend == FlannelBackend::Vxlan;
        (is_overlay && is_there).then(|| self.port.unwrap_or(DEFAULT))
    }
}

/// How flannel carries packets between hosts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FlannelBackend {
    /// An overlay over UDP: works wherever hosts reach each other.
    #[default]
    Vxlan,
    /// Plain routes: all hosts must be on one layer 2 network.
    HostGw,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_overlay_is_where_flannel_says() {
        let at = |flannel: &FlannelIntent| {
            let address: IpAddr = "10.10.10.11".parse().unwrap();
            flannel.overlay_port_at(address, &["192.0.2.1".parse().unwrap(), address])
        };
        let flannel = FlannelIntent::default();
        assert_eq!(at(&flannel), Some(8472));
        assert_eq!(flannel.overlay_port_at("10.0.0.1".parse().unwrap(), &[]), None);
        let by = |interface: &str| FlannelIntent {
            interface: Some(interface.to_owned()),
            port: Some(4789),
            ..FlannelIntent::default()
        };
        assert_eq!(at(&by("10.10.10.11")), Some(4789));
        assert_eq!(at(&by("eth1")), None, "which address that is, only the host knows");
        let routes = FlannelIntent { backend: FlannelBackend::HostGw, ..FlannelIntent::default() };
        assert_eq!(at(&routes), None);
    }
}
