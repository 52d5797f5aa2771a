use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::IpAddr;

/// Where the cluster's API is reached: kubeadm's `controlPlaneEndpoint`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// DNS name or address, without port and without brackets.
    pub host: String,
    /// TCP port; default 6443.
    pub port: u16,
    /// Who makes the endpoint reach the members.
    pub kind: EndpointKind,
}

/// Who makes the endpoint reach the members.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndpointKind {
    /// Nobody: it is the address of a control plane host itself, or a name of it.
    #[default]
    OwnAddress,
    /// A load balancer, virtual address or DNS record that is managed elsewhere.
    External,
    /// keepalived and haproxy on the control plane hosts.
    Keepalived(Keepalived),
    /// kube-vip as a static pod on the control plane hosts.
    KubeVip(KubeVip),
    /// An address on the loopback of the control plane hosts, as a route in their tailnet.
    Tailscale(Tailscale),
}

/// A virtual address that one control plane host at a time holds, and a load balancer behind it on
/// each of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keepalived {
    /// The virtual address.
    pub address: IpAddr,
    /// Interface of every host that carries it; none is the one with the host's own address.
    pub interface: Option<String>,
    /// VRRP's virtual router id: one for each virtual address in a network.
    pub router_id: u8,
    /// Whether a host whose API server is not ready leaves the address to others.
    pub health_gate: HealthGate,
}

/// A virtual address that the control plane host with a Lease of the cluster holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KubeVip {
    /// The virtual address.
    pub address: IpAddr,
    /// Interface of every host that carries it; none is the one with the host's own address.
    pub interface: Option<String>,
    /// kube-vip's image with its tag.
    pub image: Option<String>,
}

/// An address that each control plane host has on its loopback, and to which Tailscale leads: one of them
/// serves the route at a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tailscale {
    /// The address.
    pub address: IpAddr,
    /// Whether a host whose API server is not ready leaves the route to others.
    pub health_gate: HealthGate,
}

/// Whether a host whose API server is not ready leaves the endpoint to others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HealthGate {
    /// It does, for as long as it is not.
    #[default]
    On,
    /// Only the host's own life counts.
    Off,
}

impl EndpointKind {
    /// Whether the control plane hosts themselves serve the endpoint.
    #[must_use]
    pub fn is_attached(&self) -> bool {
        self.virtual_address().is_some()
    }

    /// The address that one of the control plane hosts serves.
    #[must_use]
    pub fn virtual_address(&self) -> Option<IpAddr> {
        match self {
            Self::OwnAddress | Self::External => None,
            Self::Keepalived(kind) => Some(kind.address),
            Self::KubeVip(kind) => Some(kind.address),
            Self::Tailscale(kind) => Some(kind.address),
        }
    }
}

impl KubeVip {
    /// kube-vip's image where none is given.
    pub const DEFAULT_IMAGE: &str = "ghcr.io/kube-vip/kube-vip:v1.0.0";

    /// kube-vip's image: the one given, or the default.
    #[must_use]
    pub fn image(&self) -> &str {
        self.image.as_deref().unwrap_or(Self::DEFAULT_IMAGE)
    }
}

impl Keepalived {
    /// Port of the load balancers where none is given.
    pub const DEFAULT_PORT: u16 = 8443;
    /// Virtual router id where none is given.
    pub const DEFAULT_ROUTER_ID: u8 = 51;
}

impl Endpoint {
    /// The port the API server itself listens on; the endpoint's default too.
    pub const DEFAULT_PORT: u16 = 6443;

    /// Whether the cluster is reached at the host of these addresses alone: it is the endpoint
    /// itself, and nobody else answers there.
    #[must_use]
    pub fn is_only(&self, addresses: &[String]) -> bool {
        let is_it = |text: &String| match self.address() {
            Some(address) => text.parse() == Ok(address),
            None => *text == self.host,
        };
        self.kind == EndpointKind::OwnAddress && addresses.iter().any(is_it)
    }

    /// The address, when `host` is one and not a name.
    #[must_use]
    pub fn address(&self) -> Option<IpAddr> {
        self.host.parse().ok()
    }
}

/// `host:port`, an IPv6 address in brackets: the form kubeadm takes.
impl fmt::Display for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.address() {
            Some(IpAddr::V6(address)) => write!(formatter, "[{address}]:{}", self.port),
            _ => write!(formatter, "{}:{}", self.host, self.port),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_the_endpoint_by_any_spelling_of_its_address() {
        let endpoint = |host: &str, kind| Endpoint { host: host.to_owned(), port: 6443, kind };
        let addresses = ["10.0.0.1", "fd00::1", "cp1.example"].map(str::to_owned);
        let own = |host| endpoint(host, EndpointKind::OwnAddress).is_only(&addresses);
        assert!(own("10.0.0.1") && own("fd00:0::1") && own("cp1.example"));
        assert!(!own("10.0.0.2") && !own("api.example"));
        assert!(!endpoint("10.0.0.1", EndpointKind::External).is_only(&addresses));
    }
}
