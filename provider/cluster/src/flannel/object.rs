use super::FlannelError;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use k8s_openapi::{Metadata, Resource};
use serde::Serialize;
use serde_json::Value;

/// An object to be applied to the cluster.
#[derive(Clone, Debug, PartialEq)]
pub struct Object {
    /// Group and version, such as `apps/v1`.
    pub api_version: &'static str,
    /// Kind, such as `DaemonSet`.
    pub kind: &'static str,
    /// Name of the kind in addresses, such as `daemonsets`.
    pub plural: &'static str,
    /// Namespace; `None` for objects of the whole cluster.
    pub namespace: Option<String>,
    /// Name.
    pub name: String,
    /// The whole object, `apiVersion` and `kind` included.
    pub body: Value,
}

impl Object {
    /// Name of the object among those of the cluster: `Kind/namespace/name`, or `Kind/name` for
    /// objects of the whole cluster.
    #[must_use]
    pub fn key(&self) -> String {
        match &self.namespace {
            Some(namespace) => format!("{}/{namespace}/{}", self.kind, self.name),
            None => format!("{}/{}", self.kind, self.name),
        }
    }

    pub(super) fn new<K>(object: &K) -> Result<Self, FlannelError>
    where
        K: Resource + Metadata<Ty = ObjectMeta> + Serialize,
    {
        let metadata = object.metadata();
        Ok(Self {
            api_version: K::API_VERSION,
            kind: K::KIND,
            plural: K::URL_PATH_SEGMENT,
            namespace: metadata.namespace.clone(),
            name: metadata.name.clone().unwrap_or_default(),
            body: serde_json::to_value(object).map_err(FlannelError::Encode)?,
        })
    }
}
