use crate::yaml::{self, YamlError};
use serde_json::{Map, Value};

/// Why a text is no configuration of a component.
#[derive(Debug, thiserror::Error)]
pub enum ComponentConfigurationError {
    /// Neither YAML nor JSON, or not a map.
    #[error("the text is not a map in YAML or JSON")]
    Text(#[source] YamlError),
    /// It says of itself that it is something else.
    #[error("{field} is {found}, but {expected} is meant here")]
    Type {
        /// `apiVersion` or `kind`.
        field: &'static str,
        /// What the text says.
        found: String,
        /// What it must say if it says anything.
        expected: &'static str,
    },
}

/// Type of a component's configuration.
#[derive(Clone, Copy, Debug)]
pub(super) struct ComponentType {
    pub(super) api_version: &'static str,
    pub(super) kind: &'static str,
}

pub(super) const KUBELET: ComponentType =
    ComponentType { api_version: "kubelet.config.k8s.io/v1beta1", kind: "KubeletConfiguration" };

pub(super) const KUBE_PROXY: ComponentType = ComponentType {
    api_version: "kubeproxy.config.k8s.io/v1alpha1",
    kind: "KubeProxyConfiguration",
};

/// Which component a configuration is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfiguredComponent {
    /// `KubeletConfiguration`.
    Kubelet,
    /// `KubeProxyConfiguration`.
    KubeProxy,
}

impl ConfiguredComponent {
    pub(super) fn of(self) -> ComponentType {
        match self {
            Self::Kubelet => KUBELET,
            Self::KubeProxy => KUBE_PROXY,
        }
    }
}

/// Reads the user's part of a component's configuration: a map in YAML or JSON. `apiVersion` and
/// `kind` may be given and are dropped, since the document gets its own.
///
/// # Errors
/// When the text is no map, or says that it is of another type.
pub fn parse_component_configuration(
    component: ConfiguredComponent,
    text: &str,
) -> Result<Map<String, Value>, ComponentConfigurationError> {
    let mut map = yaml::read_map(text).map_err(ComponentConfigurationError::Text)?;
    let expected = component.of();
    take_type(&mut map, "apiVersion", expected.api_version)?;
    take_type(&mut map, "kind", expected.kind)?;
    Ok(map)
}

fn take_type(
    map: &mut Map<String, Value>,
    field: &'static str,
    expected: &'static str,
) -> Result<(), ComponentConfigurationError> {
    // shift_remove keeps the order of the rest.
    match map.shift_remove(field) {
        None => Ok(()),
        Some(Value::String(found)) if found == expected => Ok(()),
        Some(found) => {
            Err(ComponentConfigurationError::Type { field, found: found.to_string(), expected })
        }
    }
}

/// Lays `user` over `defaults`: maps are merged key by key, everything else is replaced.
pub(crate) fn merged(
    mut defaults: Map<String, Value>,
    user: &Map<String, Value>,
) -> Map<String, Value> {
    for (key, value) in user {
        let value = match (defaults.shift_remove(key), value) {
            (Some(Value::Object(below)), Value::Object(over)) => Value::Object(merged(below, over)),
            (_, value) => value.clone(),
        };
        defaults.insert(key.clone(), value);
    }
    defaults
}
