use super::values::{NamedValue, TaintValue, arguments};
use crate::intent::{NodeReference, Registration};
use serde::Serialize;
use std::collections::BTreeSet;
use std::net::IpAddr;

/// containerd's socket, written as kubeadm itself writes its default.
pub const CONTAINERD_SOCKET: &str = "unix:///var/run/containerd/containerd.sock";

/// What documents need to know of the host they are for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostContext {
    /// Socket of the container runtime, such as [`CONTAINERD_SOCKET`]. Always named: kubeadm
    /// refuses to choose when it finds several.
    pub cri_socket: String,
    /// Addresses found on the host's interfaces.
    pub local_addresses: Vec<IpAddr>,
}

/// `nodeRegistration` of init and join.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NodeRegistration<'a> {
    name: &'a str,
    cri_socket: &'a str,
    // Absent is kubeadm's default taint, an empty list is no taint: never left out when empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    taints: Option<Vec<TaintValue<'a>>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    kubelet_extra_args: Vec<NamedValue<'a>>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    ignore_preflight_errors: BTreeSet<&'a str>,
    image_pull_policy: &'static str,
}

impl<'a> NodeRegistration<'a> {
    pub(super) fn new(
        node: &'a NodeReference,
        registration: &'a Registration,
        node_ip: Option<IpAddr>,
        ignored: BTreeSet<&'a str>,
        host: &'a HostContext,
    ) -> Self {
        let taints = registration.taints.as_ref();
        Self {
            name: &node.name,
            cri_socket: &host.cri_socket,
            taints: taints.map(|taints| taints.iter().map(TaintValue::from).collect()),
            kubelet_extra_args: with_node_ip(registration, node_ip),
            ignore_preflight_errors: ignored,
            // Images may have been put on the host beforehand; then no registry is needed.
            image_pull_policy: "IfNotPresent",
        }
    }
}

/// Arguments that a host's kubelet is given through kubeadm, in order: the provider's own
/// `node-ip` first, then the user's sorted by name.
///
/// `node_ip` is the address the node announces, when that is not left to the kubelet.
#[must_use]
pub fn kubelet_arguments(
    registration: &Registration,
    node_ip: Option<IpAddr>,
) -> Vec<(String, String)> {
    let own = node_ip.map(|address| ("node-ip".to_owned(), address.to_string()));
    let user = registration.kubelet_extra_args.pairs();
    let user = user.map(|(name, value)| (name.to_owned(), value.to_owned()));
    own.into_iter().chain(user).collect()
}

fn with_node_ip(registration: &Registration, node_ip: Option<IpAddr>) -> Vec<NamedValue<'_>> {
    let own = node_ip.map(|address| NamedValue::new("node-ip", address.to_string()));
    let user = arguments(&registration.kubelet_extra_args);
    own.into_iter().chain(user).collect()
}
