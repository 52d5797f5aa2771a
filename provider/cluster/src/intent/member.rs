use super::{ClusterIntent, DrainPolicy, NodeReference, Registration};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// One host's membership in the control plane.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MemberIntent {
    /// The cluster it belongs to.
    pub cluster: ClusterIntent,
    /// The host.
    pub node: NodeReference,
    /// Address the API server and etcd announce to peers; default is the node's own address.
    pub advertise_address: Option<IpAddr>,
    /// Labels, annotations, taints, kubelet arguments.
    pub registration: Registration,
    /// How pods leave the host before it is removed.
    pub drain: DrainPolicy,
    /// How the cluster's certificates come to the host when it joins.
    pub certificate_transfer: CertificateTransfer,
    /// Hash of the cluster's CA, where the state has it: the user vouches for hosts that carry it.
    pub ca_hash: Option<String>,
}

/// How the cluster's CAs and keys come to a host that joins the control plane.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CertificateTransfer {
    /// Through a Secret in the cluster, encrypted with a key that lives as long as the join.
    #[default]
    UploadCerts,
    /// From a member straight to the host, through the SSH connections of the provider.
    Ssh,
}

impl MemberIntent {
    /// The other hosts of the control plane.
    pub fn peers(&self) -> impl Iterator<Item = &NodeReference> {
        self.cluster.control_plane_nodes.iter().filter(|node| node.name != self.node.name)
    }

    /// Address the API server and etcd announce on a host with `local_addresses`: the one given,
    /// or else the node's own. `None` leaves the choice to kubeadm, which takes the interface of
    /// the default route.
    #[must_use]
    pub fn advertised(&self, local_addresses: &[IpAddr]) -> Option<IpAddr> {
        self.advertise_address.or_else(|| self.node.announced(local_addresses))
    }
}
