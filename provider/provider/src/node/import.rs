//! Import of a node by its id or identity.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tfplugin::attribute::required;
use tfplugin::{Context, Diagnostics, Import, Tf};

use super::{LIMITS, NodeModel, NodePrivate, NodeResource, outcome};
use crate::clients::Clients;
use crate::explain::explain;
use crate::model::NodeObject;
use crate::provider::Kubeadm;
use crate::within::within;

/// What tells a node apart.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq, Default)]
pub(crate) struct NodeIdentity {
    /// Name of the node.
    #[schemars(extend("x-tf" = required()))]
    pub name: Tf<String>,
    /// DNS name or address that SSH connects to.
    #[schemars(extend("x-tf" = required()))]
    pub address: Tf<String>,
    /// TCP port of SSH.
    pub port: Tf<i64>,
}

impl NodeIdentity {
    /// The identity of a state; `None` while it is not known.
    pub(super) fn of(state: &NodeModel) -> Option<Self> {
        let known = state.name.is_known() && state.address.is_known();
        known.then(|| Self {
            name: state.name.clone(),
            address: state.address.clone(),
            port: state.port,
        })
    }
}

/// A state that holds what read needs to find the host.
pub(super) fn import(import: Import<NodeResource>) -> Result<NodeModel, Diagnostics> {
    match import {
        Import::Id(id) => Ok(at(NodeObject::from_id(&id)?)),
        Import::Identity(identity) => Ok(NodeModel {
            name: identity.name,
            address: identity.address,
            port: identity.port,
            ..NodeModel::default()
        }),
    }
}

/// The host with what tells its machine apart, and the address that it announces where it was
/// prepared by this provider.
pub(crate) async fn identified(
    context: &Context<Kubeadm>,
    clients: &Clients,
    host: NodeObject,
) -> Result<NodeObject, Diagnostics> {
    let state = at(host);
    let intent = outcome::intent(clients, &state)?;
    let work = |stop| async move { clients.operations().read_node(&intent, &stop).await };
    let report = within(context, LIMITS.read, work).await.map_err(|error| explain(&error))?;
    let found = outcome::found(context, clients, state, NodePrivate::default(), report).await?;
    Ok(found.state.object())
}

fn at(host: NodeObject) -> NodeModel {
    NodeModel {
        name: host.name,
        address: host.address,
        port: host.port,
        ssh_profile: host.ssh_profile,
        ..NodeModel::default()
    }
}

/// The arguments a host was prepared with, as far as the import itself does not give them.
pub(super) fn adopt(state: &mut NodeModel, declaration: Value) {
    let Ok(declared) = serde_json::from_value::<NodeModel>(declaration) else { return };
    let place = std::mem::replace(state, declared);
    state.name = place.name;
    state.address = place.address;
    state.port = or(place.port, state.port);
    state.ssh_profile = or(place.ssh_profile, state.ssh_profile.clone());
    state.id = Tf::Null;
}

fn or<T>(given: Tf<T>, declared: Tf<T>) -> Tf<T> {
    if given.is_null() { declared } else { given }
}
