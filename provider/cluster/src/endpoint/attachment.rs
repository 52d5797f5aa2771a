//! All that one control plane host has of the endpoint.

use super::place::{Place, cluster_address};
use super::{haproxy, keepalived};
use crate::finding::Finding;
use crate::intent::{ClusterIntent, EndpointKind, Keepalived, NodeReference};
use crate::observed::{ManagedFile, Observed};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// All that one control plane host has of the endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// Packages that bring the services.
    pub packages: &'static [&'static str],
    /// What runs, in the order in which it starts.
    pub services: Vec<Service>,
    /// The address that a host may have to hold before the cluster begins on it.
    pub address: IpAddr,
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
    /// The package that brings a configuration of its own.
    pub package: &'static str,
}

impl Attachment {
    /// Paths of all files.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.services.iter().flat_map(Service::paths)
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
) -> Result<Option<Attachment>, Finding> {
    match &cluster.endpoint.kind {
        EndpointKind::OwnAddress | EndpointKind::External => Ok(None),
        EndpointKind::Keepalived(kind) => by_keepalived(cluster, kind, node, observed).map(Some),
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
    let peers: BTreeMap<&str, IpAddr> =
        others.filter_map(|other| Some((other.name.as_str(), cluster_address(other)?))).collect();
    let mut servers = peers.clone();
    servers.insert(&node.name, place.address);
    let port = cluster.endpoint.port;
    Ok(Attachment {
        packages: &keepalived::PACKAGES,
        services: vec![
            haproxy::service(port, kind.address, &servers),
            keepalived::service(kind, port, &node.name, &place, peers.into_values()),
        ],
        address: kind.address,
    })
}
