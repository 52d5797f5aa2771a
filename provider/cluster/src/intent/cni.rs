use super::{ClusterIntent, NodeReference};
use serde::{Deserialize, Serialize};

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
    /// UDP port of the overlay on every host; none without one.
    #[must_use]
    pub fn overlay_port(&self) -> Option<u16> {
        const DEFAULT: u16 = 8_472;
        (self.backend == FlannelBackend::Vxlan).then(|| self.port.unwrap_or(DEFAULT))
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
