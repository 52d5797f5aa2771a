use super::draft::{ClusterDraft, EtcdDraft, NodeDraft};
use super::names::{is_host, node_name_error};
use super::parse::{node_ip, node_port};
use crate::finding::Finding;
use std::collections::BTreeMap;

/// Remarks on the control plane hosts: each by itself, all together, and their number.
pub(super) fn check_control_plane_nodes(draft: &ClusterDraft) -> Vec<Finding> {
    let Some(nodes) = draft.control_plane_nodes.known() else {
        return Vec::new();
    };
    let each = nodes.iter().enumerate().flat_map(|(index, node)| {
        let index = index.to_string();
        let findings = check_node(node).into_iter();
        findings.map(move |finding| finding.below([index.clone()]))
    });
    let mut findings: Vec<Finding> = each.collect();
    findings.extend(duplicates(nodes, "name", name_key));
    findings.extend(duplicates(nodes, "address", address_key));
    findings.extend(duplicates(nodes, "node_ip", node_ip_key));
    findings.extend(member_count(nodes.len(), &draft.etcd));
    findings.into_iter().map(|finding| finding.below(["control_plane_nodes"])).collect()
}

/// Remarks on one host; paths begin at the node reference.
#[must_use]
pub fn check_node(node: &NodeDraft) -> Vec<Finding> {
    let name = node.name.text().and_then(bad_name);
    let address = node.address.text().and_then(bad_address);
    let port = node_port(node).err();
    let ip = node_ip(node).err();
    [name, address, port, ip].into_iter().flatten().collect()
}

fn bad_name(name: &str) -> Option<Finding> {
    let reason = node_name_error(name)?;
    let finding =
        Finding::error("PLAN-NODE-NAME", format!("{name:?} cannot be the name of a node"))
            .at(["name"])
            .because(format!("For a node's name, {reason}."));
    Some(finding.advise("Choose a short lower-case name; it need not be the host's own."))
}

fn bad_address(address: &str) -> Option<Finding> {
    if is_host(address) {
        return None;
    }
    let finding = Finding::error("PLAN-NODE-ADDRESS", format!("{address:?} is not a host"))
        .at(["address"])
        .because("It is neither a DNS name nor an address.");
    Some(finding.advise("Give just the host; port and user are attributes of their own."))
}

fn name_key(node: &NodeDraft) -> Option<String> {
    node.name.text().map(str::to_owned)
}

/// Hosts behind one address differ by their SSH ports.
pub(super) fn address_key(node: &NodeDraft) -> Option<String> {
    let port = node_port(node).ok().flatten()?;
    Some(format!("{} port {port}", node.address.text()?))
}

fn node_ip_key(node: &NodeDraft) -> Option<String> {
    node_ip(node).ok().flatten().map(|address| address.to_string())
}

fn duplicates(
    nodes: &[NodeDraft],
    attribute: &str,
    key_of: impl Fn(&NodeDraft) -> Option<String>,
) -> Vec<Finding> {
    let mut first_of = BTreeMap::new();
    let mut findings = Vec::new();
    for (index, node) in nodes.iter().enumerate() {
        let Some(key) = key_of(node) else { continue };
        match first_of.get(&key) {
            Some(first) => findings.push(duplicate(attribute, &key, *first, index)),
            None => drop(first_of.insert(key, index)),
        }
    }
    findings
}

fn duplicate(attribute: &str, key: &str, first: usize, second: usize) -> Finding {
    let summary = format!("{attribute} {key} is given to two control plane hosts");
    Finding::error("PLAN-NODE-UNIQUE", summary)
        .at([second.to_string().as_str(), attribute])
        .because(format!("Elements {first} and {second} of the list have the same."))
        .advise("Give each host its own, or name each host once.")
}

/// With an etcd of its own the number of hosts is no number of votes.
fn member_count(count: usize, etcd: &EtcdDraft) -> Option<Finding> {
    match count {
        0 => Some(no_member()),
        1 => Some(single_member()),
        _ if !etcd.external.is_absent() => None,
        2 => Some(two_members()),
        count if count % 2 == 0 => Some(even_members(count)),
        _ => None,
    }
}

fn no_member() -> Finding {
    Finding::error("PLAN-NO-CONTROL-PLANE", "there is no control plane host")
        .because("The cluster is reached and made through these hosts.")
        .advise("List at least one kubeadm_node.")
}

fn single_member() -> Finding {
    Finding::info("PLAN-SINGLE-CP", "there is one control plane host")
        .because("While it is down, workloads run on, but nothing is rescheduled or changed.")
        .advise("Three hosts survive the loss of one.")
}

fn two_members() -> Finding {
    Finding::warning("PLAN-TWO-CP", "two control plane hosts survive no failure")
        .because("etcd needs a majority: of two members that is both, so two are worse than one.")
        .advise("Use one or three hosts.")
}

fn even_members(count: usize) -> Finding {
    let tolerated = (count - 1) / 2;
    Finding::warning(
        "PLAN-ETCD-EVEN",
        format!("{count} control plane hosts are no safer than {}", count - 1),
    )
    .because(format!("etcd needs a majority; either number survives the loss of {tolerated}."))
    .advise("Use an odd number of hosts.")
}
