//! What differs between families of distributions, as data: one file a family.

use super::debian;
use super::intent::NodeIntent;
use crate::observed::{ManagedFile, Observed};
use std::collections::BTreeMap;

/// A family of distributions that share a package manager and its names.
#[derive(Clone, Copy, Debug)]
pub struct Family {
    /// Its name in messages.
    pub name: &'static str,
    /// Packages that kubeadm and the kubelet need on any host.
    pub required: &'static [&'static str],
    /// Packages with a container runtime: the first is installed, any is accepted.
    pub runtimes: &'static [&'static str],
    /// Files that configure the package manager.
    pub(super) sources: fn(&NodeIntent, &Observed) -> BTreeMap<String, ManagedFile>,
}

/// Every family that is supported.
const FAMILIES: &[&Family] = &[&debian::FAMILY];

/// The family of a host; none when it is not supported, or unknown.
#[must_use]
pub fn family(observed: &Observed) -> Option<&'static Family> {
    let os = observed.system.os.known()?;
    FAMILIES.iter().find(|family| os.is_like(family.name)).copied()
}

/// All packages that are looked at, of all families and of Kubernetes.
#[must_use]
pub fn watched_packages() -> Vec<&'static str> {
    let families = FAMILIES.iter().flat_map(|family| family.required.iter().chain(family.runtimes));
    families.chain(KUBERNETES).chain(&crate::endpoint::PACKAGES).copied().collect()
}

/// Packages of Kubernetes itself.
pub(super) const KUBERNETES: &[&str] =
    &["cri-tools", "kubeadm", "kubectl", "kubelet", "kubernetes-cni", "runc"];
