use super::addresses::{check_advertised, check_node_addresses};
use super::draft::{
    ClusterDraft, DrainDraft, MemberDraft, NodeDraft, RegistrationDraft, WorkerDraft,
};
use super::nodes::{address_key, check_node};
use super::parse::{advertise_address, certificate_transfer, drain};
use super::registration::check_registration;
use crate::finding::Finding;

/// Remarks on a control plane member; its cluster is checked where it is declared.
#[must_use]
pub fn check_member(draft: &MemberDraft) -> Vec<Finding> {
    let mut findings = check_host(&draft.node, &draft.registration, &draft.drain);
    findings.extend(advertise_address(draft).err());
    findings.extend(certificate_transfer(draft).err());
    findings.extend(check_advertised(&draft.cluster, draft.advertise_address.text()));
    findings.extend(unlisted(&draft.cluster, &draft.node));
    findings
}

/// Remarks on a worker; its cluster is checked where it is declared.
#[must_use]
pub fn check_worker(draft: &WorkerDraft) -> Vec<Finding> {
    let mut findings = check_host(&draft.node, &draft.registration, &draft.drain);
    let addresses = check_node_addresses(&draft.cluster, &draft.node).into_iter();
    findings.extend(addresses.map(|finding| finding.below(["node"])));
    findings.extend(listed(&draft.cluster, &draft.node));
    findings
}

fn check_host(
    node: &NodeDraft,
    registration: &RegistrationDraft,
    draining: &DrainDraft,
) -> Vec<Finding> {
    let node = check_node(node).into_iter();
    let mut findings: Vec<Finding> = node.map(|finding| finding.below(["node"])).collect();
    findings.extend(check_registration(registration));
    findings.extend(drain(draining).err());
    findings
}

/// A member must be among the hosts the cluster names, or others would not find it.
fn unlisted(cluster: &ClusterDraft, node: &NodeDraft) -> Option<Finding> {
    let name = node.name.text()?;
    let nodes = cluster.control_plane_nodes.known()?;
    let mut names = nodes.iter().map(|node| node.name.text());
    if names.any(|other| other.is_none() || other == Some(name)) {
        return None;
    }
    let summary = format!("{name} is not among the cluster's control_plane_nodes");
    let finding = Finding::error("PLAN-MEMBER", summary)
        .at(["node", "name"])
        .because("Members and workers reach the cluster through the hosts of that list.");
    Some(finding.advise("Add the host to control_plane_nodes of kubeadm_cluster."))
}

/// A host is either a member or a worker.
fn listed(cluster: &ClusterDraft, node: &NodeDraft) -> Option<Finding> {
    let nodes = cluster.control_plane_nodes.known()?;
    let same_name = |other: &&NodeDraft| node.name.text().is_some() && other.name == node.name;
    let address = address_key(node);
    let same_address = |other: &&NodeDraft| address.is_some() && address_key(other) == address;
    let (attribute, value) = if nodes.iter().any(|other| same_name(&other)) {
        ("name", node.name.text()?)
    } else if nodes.iter().any(|other| same_address(&other)) {
        ("address", node.address.text()?)
    } else {
        return None;
    };
    let finding = Finding::error("PLAN-MEMBER", format!("{value} is a control plane host"))
        .at(["node", attribute])
        .because("It is among the cluster's control_plane_nodes, and a host joins only once.");
    Some(finding.advise("Give the worker a host of its own."))
}
