//! flannel as typed Kubernetes objects.
//!
//! Names, labels and paths are those of flannel's own manifest, so that a cluster that was set up
//! with it is taken over in place. What differs is decided here: the network comes from the
//! cluster's pod subnet, and the pods are rolled when their configuration changes.

mod access;
mod check;
mod configuration;
mod daemon_set;
mod found;
mod host;
mod object;
#[cfg(test)]
mod tests;

pub use check::check_flannel;
pub use configuration::POD_MTU_OVERHEAD;
pub use found::flannel_found;
pub use host::too_large;
pub use object::Object;

use crate::intent::CniIntent;

/// Namespace of everything of flannel's that has one.
pub const NAMESPACE: &str = "kube-flannel";
/// Name of the `DaemonSet`.
pub const DAEMON_SET: &str = "kube-flannel-ds";
/// Image of flannel when none is given.
pub const DEFAULT_IMAGE: &str = "ghcr.io/flannel-io/flannel:v0.28.4";
/// Image of flannel's CNI plugin when none is given.
pub const DEFAULT_PLUGIN_IMAGE: &str = "ghcr.io/flannel-io/flannel-cni-plugin:v1.9.1-flannel1";
/// Reason of a node's condition `NetworkUnavailable=False` once flannel serves the node: set after
/// the node's subnet is known and written, so it says more than a running pod.
pub const NETWORK_UP_REASON: &str = "FlannelIsUp";
/// Annotation of the pods: hash of the configuration they read when they start.
pub const CONFIGURATION_ANNOTATION: &str = "terraform-provider-kubeadm/configuration-sha256";

/// Name of the `ConfigMap` with its settings.
pub const CONFIG_MAP: &str = "kube-flannel-cfg";
const ACCOUNT: &str = "flannel";

/// Why flannel's objects cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum FlannelError {
    /// flannel gives each node its part of the pod subnet, and there is none.
    #[error("flannel needs the cluster's pod subnet, and the cluster has none")]
    NoPodSubnet,
    /// A typed object has no form in JSON.
    #[error("an object of flannel's cannot be written as JSON")]
    Encode(#[source] serde_json::Error),
}

/// Everything flannel needs in the cluster, in the order in which it is applied; it is deleted in
/// reverse.
///
/// # Errors
/// When the cluster has no pod subnet.
pub fn flannel_objects(intent: &CniIntent) -> Result<Vec<Object>, FlannelError> {
    let subnet = intent.cluster.networking.pod_subnet;
    let subnet = subnet.ok_or(FlannelError::NoPodSubnet)?;
    let configuration = configuration::config_map(&subnet, &intent.flannel)?;
    let hash = configuration::hash(&configuration);
    Ok(vec![
        Object::new(&access::namespace())?,
        Object::new(&access::service_account())?,
        Object::new(&access::cluster_role())?,
        Object::new(&access::cluster_role_binding())?,
        Object::new(&configuration)?,
        Object::new(&daemon_set::daemon_set(&intent.flannel, &hash))?,
    ])
}
