use ipnet::IpNet;
use serde::{Deserialize, Serialize};

/// Address ranges and DNS domain of a cluster; fixed once the cluster exists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Networking {
    /// Range from which pods get addresses; flannel needs it.
    pub pod_subnet: Option<IpNet>,
    /// Range from which services get addresses; default `10.96.0.0/12`.
    pub service_subnet: IpNet,
    /// DNS domain of services; default `cluster.local`.
    pub dns_domain: String,
    /// Prefix length of the part of the pod range that each node gets; Kubernetes' default is 24
    /// for IPv4 and 64 for IPv6.
    pub node_mask: Option<u8>,
}

impl Networking {
    /// kubeadm's default range of services.
    pub const DEFAULT_SERVICE_SUBNET: &str = "10.96.0.0/12";
    /// kubeadm's default DNS domain.
    pub const DEFAULT_DNS_DOMAIN: &str = "cluster.local";

    /// Prefix length of a node's part of the pod range: the one given, or Kubernetes' default.
    #[must_use]
    pub fn mask(&self) -> u8 {
        self.node_mask.unwrap_or(match self.pod_subnet {
            Some(IpNet::V6(_)) => 64,
            Some(IpNet::V4(_)) | None => 24,
        })
    }
}
