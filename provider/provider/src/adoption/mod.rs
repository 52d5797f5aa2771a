//! Imports of what belongs to a cluster: hosts lead there, and the cluster tells the rest.

#[cfg(test)]
mod tests;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tfplugin::attribute::required;
use tfplugin::{Context, Diagnostic, Diagnostics, Tf};

use crate::clients::Clients;
use crate::explain::{diagnostics, explain};
use crate::membership::LIMITS;
use crate::model::{ClusterObject, NodeObject, strings};
use crate::node::identified;
use crate::provider::Kubeadm;
use crate::within::within;

/// What tells a membership apart.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq, Default)]
pub(crate) struct MembershipIdentity {
    /// Name of the node.
    #[schemars(extend("x-tf" = required()))]
    pub(crate) name: Tf<String>,
    /// DNS name or address that SSH connects to.
    #[schemars(extend("x-tf" = required()))]
    pub(crate) address: Tf<String>,
    /// TCP port of SSH.
    pub(crate) port: Tf<i64>,
    /// Name of one of the provider's `ssh_profiles`.
    pub(crate) ssh_profile: Tf<String>,
    /// For an import: control plane hosts, each as `NAME@ADDRESS[:PORT][?ssh_profile=PROFILE]`. A
    /// worker needs one at least; of a member they are its peers.
    pub(crate) control_plane: Tf<Vec<Tf<String>>>,
}

/// What tells a cluster apart.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq, Default)]
pub(crate) struct ClusterIdentity {
    /// Identity of the cluster; not needed for an import.
    pub(crate) id: Tf<String>,
    /// For an import: control plane hosts, each as `NAME@ADDRESS[:PORT][?ssh_profile=PROFILE]`.
    pub(crate) control_plane: Tf<Vec<Tf<String>>>,
}

impl MembershipIdentity {
    /// The identity of a state's host; `None` while it is not known.
    pub(crate) fn of(node: &Tf<NodeObject>) -> Option<Self> {
        let node = node.known().filter(|node| node.name.is_known() && node.address.is_known())?;
        Some(Self {
            name: node.name.clone(),
            address: node.address.clone(),
            port: node.port,
            ssh_profile: node.ssh_profile.clone(),
            control_plane: Tf::Null,
        })
    }

    /// The host, and the hosts of its control plane.
    pub(crate) fn hosts(self) -> Result<(NodeObject, Vec<NodeObject>), Diagnostic> {
        let others = hosts(&self.control_plane)?;
        let host = NodeObject {
            name: self.name,
            address: self.address,
            port: self.port,
            ssh_profile: self.ssh_profile,
            ..NodeObject::default()
        };
        Ok((host, others))
    }
}

impl ClusterIdentity {
    /// The identity of the cluster `id`.
    pub(crate) fn of(id: &Tf<String>) -> Self {
        let id = if id.is_known() { id.clone() } else { Tf::Null };
        Self { id, control_plane: Tf::Null }
    }

    /// The hosts of its control plane.
    pub(crate) fn hosts(self) -> Result<Vec<NodeObject>, Diagnostic> {
        match hosts(&self.control_plane)? {
            none if none.is_empty() => Err(no_way(
                "Give control_plane: hosts of the cluster's control plane, such as \
                 [\"cp1@192.0.2.11\"].",
            )),
            hosts => Ok(hosts),
        }
    }
}

/// An import that does not say how the cluster is reached.
pub(crate) fn no_way(advice: &str) -> Diagnostic {
    Diagnostic::error("the import names no control plane host")
        .detail(format!("A cluster is found through the hosts of its control plane.\n\n{advice}"))
}

fn hosts(written: &Tf<Vec<Tf<String>>>) -> Result<Vec<NodeObject>, Diagnostic> {
    let written = strings(written.known().into_iter().flatten());
    written.map(|host| NodeObject::from_id(&host)).collect()
}

/// A cluster as it was found.
pub(crate) struct Found {
    /// The cluster, with the hosts through which it was found.
    pub(crate) cluster: ClusterObject,
    /// Those hosts, with what tells their machines apart.
    pub(crate) hosts: Vec<NodeObject>,
    /// Hash of its CA.
    pub(crate) ca_hash: String,
}

/// The cluster whose control plane `hosts` are in.
pub(crate) async fn find(
    context: &Context<Kubeadm>,
    clients: &Clients,
    hosts: Vec<NodeObject>,
) -> Result<Found, Diagnostics> {
    let mut identities = Vec::new();
    for host in hosts {
        identities.push(identified(context, clients, host).await?);
    }
    let references: Result<Vec<_>, _> = identities
        .iter()
        .map(|host| cluster::checks::node_reference(&host.draft(clients.ports())))
        .collect();
    let references = references.map_err(|finding| diagnostics(&[finding]))?;
    let work = |stop| async move { clients.operations().find_cluster(&references, &stop).await };
    let found = within(context, LIMITS.read, work).await.map_err(|error| explain(&error))?;
    Ok(Found {
        cluster: ClusterObject::found(&found.intent, identities.clone()),
        hosts: identities,
        ca_hash: found.ca_hash,
    })
}
