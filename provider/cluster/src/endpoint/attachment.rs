//! All that one control plane host has of the endpoint.

use super::place::{Place, cluster_address};
use super::{haproxy, keepalived, kube_vip, tailscale};
use crate::finding::Finding;
use crate::intent::{ClusterIntent, EndpointKind, Keepalived, NodeReference, Tailscale};
use crate::membership::Serving;
use crate::observed::{ManagedFile, Observed};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// All that one control plane host has of the endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// Packages that bring the services.
    pub packages: &'static [&'static str],
    /// Directories that the packages fill when they run, and leave behind.
    pub data: &'static [&'static str],
    /// What runs, in the order in which it starts.
    pub services: Vec<Service>,
    /// Manifests of static pods, by path: the kubelet reads them by itself.
    pub static_pods: BTreeMap<String, ManagedFile>,
    /// An address that the host has on its loopback, and to which it advertises a route.
    pub advertised: Option<IpAddr>,
    /// Who can hold the endpoint's address before the cluster begins.
    pub before_cluster: BeforeCluster,
}

/// Who can hold the endpoint's address before there is an API server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BeforeCluster {
    /// The host on which it is about to begin, with a load balancer.
    Held,
    /// Nobody who would answer there: it is agreed upon through the API, or leads to the API server itself.
    Free,
}

/// A service with the files that it reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Its unit.
    pub unit: &'static str,
    /// Its configuration, checked before it is put in force.
    pub configuration: Configuration,
    /// What else it reads, by path.
    pub others: BTreeMap<String, ManagedFile>,
}

/// A configuration file that a program checks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Configuration {
    /// Where it is.
    pub path: &'static str,
    /// What it is.
    pub file: ManagedFile,
    /// The program that checks it, and its arguments before the file's path.
    pub check: &'static [&'static str],
    /// The package that brings the service with a configuration of its own; none where both are ours.
    pub package: Option<&'static str>,
}

impl Attachment {
    /// Paths of all files.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        let static_pods = self.static_pods.keys().map(String::as_str);
        self.services.iter().flat_map(Service::paths).chain(static_pods)
    }
}

impl Service {
    /// Paths of all files that it reads.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        let others = self.others.keys().map(String::as_str);
        others.chain([self.configuration.path])
    }
}

/// What the host of `node` is to have of the cluster's endpoint; none where the hosts do not serve it.
///
/// # Errors
/// When the host has no address by which the others could reach it, or not the interface.
pub fn attachment(
    cluster: &ClusterIntent,
    node: &NodeReference,
    observed: &Observed,
    serving: Serving,
) -> Result<Option<Attachment>, Finding> {
    match &cluster.endpoint.kind {
        EndpointKind::OwnAddress | EndpointKind::External => Ok(None),
        EndpointKind::Keepalived(kind) => by_keepalived(cluster, kind, node, observed).map(Some),
        EndpointKind::KubeVip(kind) => {
            let place = Place::of(kind.interface.as_deref(), node, observed)?;
            let manifest = kube_vip::manifest(kind, cluster.endpoint.port, &place, serving);
            Ok(Some(Attachment {
                packages: &[],
                data: &[],
                services: Vec::new(),
                static_pods: [(kube_vip::FILE.to_owned(), manifest)].into(),
                advertised: None,
                before_cluster: BeforeCluster::Free,
            }))
        }
        EndpointKind::Tailscale(kind) => {
            tailscale::require_apart(kind.address, &node.name, observed)?;
            Ok(Some(by_tailscale(cluster, kind, serving)))
        }
    }
}

fn by_tailscale(cluster: &ClusterIntent, kind: &Tailscale, serving: Serving) -> Attachment {
    Attachment {
        packages: &tailscale::PACKAGES,
        data: &[],
        services: vec![tailscale::service(kind, cluster.control_plane_nodes.len(), serving)],
        static_pods: BTreeMap::new(),
        advertised: Some(kind.address),
        before_cluster: BeforeCluster::Free,
    }
}

fn by_keepalived(
    cluster: &ClusterIntent,
    kind: &Keepalived,
    node: &NodeReference,
    observed: &Observed,
) -> Result<Attachment, Finding> {
    let place = Place::of(kind.interface.as_deref(), node, observed)?;
    let others = cluster.control_plane_nodes.iter().filter(|other| other.name != node.name);
    let mut servers: BTreeMap<&str, IpAddr> =
        others.filter_map(|other| Some((other.name.as_str(), cluster_address(other)?))).collect();
    servers.insert(&node.name, place.address);
    let port = cluster.endpoint.port;
    Ok(Attachment {
        packages: &keepalived::PACKAGES,
        data: &[haproxy::DATA],
        services: vec![
            haproxy::service(port, kind.address, &servers),
            keepalived::service(kind, port, &node.name, &place),
        ],
        static_pods: BTreeMap::new(),
        advertised: None,
        before_cluster: BeforeCluster::Held,
    })
}
