//! A host as other resources refer to it.

use cluster::checks::{NodeDraft, Planned};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tfplugin::Tf;
use tfplugin::attribute::required;

use super::read::planned;
use super::whole;
use crate::clients::Ports;

/// A host: pass the whole `kubeadm_node` object.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq, Eq, Default)]
pub(crate) struct NodeObject {
    /// Name of the node in the cluster.
    #[schemars(extend("x-tf" = required()))]
    pub(crate) name: Tf<String>,
    /// DNS name or address that SSH connects to.
    #[schemars(extend("x-tf" = required()))]
    pub(crate) address: Tf<String>,
    /// TCP port of SSH.
    pub(crate) port: Tf<i64>,
    /// Address that the kubelet announces.
    pub(crate) node_ip: Tf<String>,
    /// Name of the provider's SSH profile.
    pub(crate) ssh_profile: Tf<String>,
    /// Pinned SSH host key.
    pub(crate) host_key: Tf<String>,
    /// Content of `/etc/machine-id`: another one is another machine.
    pub(crate) machine_id: Tf<String>,
}

impl NodeObject {
    /// A host of which nothing is known yet.
    pub(crate) fn unknown() -> Self {
        Self {
            name: Tf::Unknown,
            address: Tf::Unknown,
            port: Tf::Unknown,
            node_ip: Tf::Unknown,
            ssh_profile: Tf::Unknown,
            host_key: Tf::Unknown,
            machine_id: Tf::Unknown,
        }
    }

    /// The draft: what is known of the host.
    pub(crate) fn draft(&self, ports: &Ports) -> NodeDraft {
        NodeDraft {
            name: planned(&self.name),
            address: planned(&self.address),
            port: self.port_of(ports),
            node_ip: planned(&self.node_ip),
            ssh_profile: self.ssh_profile.known().cloned(),
            host_key: self.host_key.known().cloned(),
            machine_id: self.machine_id.known().cloned(),
        }
    }

    fn port_of(&self, ports: &Ports) -> Planned<i64> {
        match (self.port, &self.ssh_profile) {
            (Tf::Null, Tf::Unknown) => Planned::Unknown,
            (Tf::Null, profile) => {
                Planned::Known(ports.of(profile.known().map(String::as_str)).into())
            }
            (port, _) => planned(&port),
        }
    }

    /// Whether both are written alike: same name, same way.
    pub(crate) fn is_same_place(&self, other: &Self) -> bool {
        (&self.name, &self.address, self.port) == (&other.name, &other.address, other.port)
    }

    /// Whether both are the same host as far as that is known: one way in. A rebuilt one, whose host
    /// key is another, is none any more.
    pub(crate) fn is_same_way_in(&self, other: &Self) -> bool {
        self.address.is_known()
            && self.address == other.address
            && self.port == other.port
            && self.host_key == other.host_key
    }
}

whole! {
    NodeObject { name, address, port, node_ip, ssh_profile, host_key, machine_id }
}
