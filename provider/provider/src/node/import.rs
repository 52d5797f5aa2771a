//! Import of a node by its id or identity.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tfplugin::attribute::required;
use tfplugin::{Diagnostic, Diagnostics, Import, Tf};

use super::{NodeModel, NodeResource};

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
        Import::Id(id) => parse(&id).ok_or_else(|| refusal(&id).into()),
        Import::Identity(identity) => Ok(NodeModel {
            name: identity.name,
            address: identity.address,
            port: identity.port,
            ..NodeModel::default()
        }),
    }
}

fn refusal(id: &str) -> Diagnostic {
    Diagnostic::error(format!("{id:?} does not name a node")).detail(
        "An id has the form NAME@ADDRESS[:PORT][?ssh_profile=PROFILE], \
         such as \"cp1@192.0.2.11\" or \"w1@[2001:db8::21]:2222?ssh_profile=rocky\".",
    )
}

/// `NAME@ADDRESS[:PORT][?ssh_profile=PROFILE]`.
fn parse(id: &str) -> Option<NodeModel> {
    let (place, profile) = match id.split_once('?') {
        Some((place, query)) => (place, Some(query.strip_prefix("ssh_profile=")?)),
        None => (id, None),
    };
    let (name, endpoint) = place.split_once('@')?;
    let (address, port) = endpoint_parts(endpoint)?;
    let whole = !(name.is_empty() || address.is_empty() || profile == Some(""));
    whole.then(|| NodeModel {
        name: name.into(),
        address: address.into(),
        port: port.into(),
        ssh_profile: profile.map(str::to_owned).into(),
        ..NodeModel::default()
    })
}

/// An IPv6 address stands in brackets where a port follows.
fn endpoint_parts(endpoint: &str) -> Option<(&str, Option<i64>)> {
    if let Some(rest) = endpoint.strip_prefix('[') {
        let (address, rest) = rest.split_once(']')?;
        return match rest.strip_prefix(':') {
            Some(port) => Some((address, Some(port.parse().ok()?))),
            None => rest.is_empty().then_some((address, None)),
        };
    }
    match endpoint.split_once(':') {
        Some((_, rest)) if rest.contains(':') => Some((endpoint, None)),
        Some((address, port)) => Some((address, Some(port.parse().ok()?))),
        None => Some((endpoint, None)),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_taken_apart() {
        let parts = |id: &str| {
            let node = parse(id)?;
            let text = |text: Tf<String>| text.into_known().unwrap_or_default();
            let port = node.port.into_known().unwrap_or_default();
            Some((text(node.name), text(node.address), port, text(node.ssh_profile)))
        };
        let whole = |name: &str, address: &str, port: i64, profile: &str| {
            Some((name.to_owned(), address.to_owned(), port, profile.to_owned()))
        };
        assert_eq!(parts("cp1@192.0.2.11"), whole("cp1", "192.0.2.11", 0, ""));
        assert_eq!(parts("cp1@h:2222?ssh_profile=r"), whole("cp1", "h", 2222, "r"));
        assert_eq!(parts("w@2001:db8::1"), whole("w", "2001:db8::1", 0, ""));
        assert_eq!(parts("w@[2001:db8::1]:23"), whole("w", "2001:db8::1", 23, ""));
        for id in ["", "cp1", "@a", "n@", "n@a:x", "n@[::1", "n@a?profile=x", "n@a?ssh_profile="] {
            assert_eq!(parts(id), None, "{id}");
        }
    }
}
