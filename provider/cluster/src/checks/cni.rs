use super::draft::NetworkingDraft;
use super::network::pod_subnet;
use crate::finding::Finding;
use crate::flannel::check_flannel;
use crate::intent::FlannelIntent;
use ipnet::IpNet;

/// Remarks on flannel for a cluster with these ranges; paths begin at the CNI's resource.
///
/// Settings of flannel that are unknown are passed as left out.
#[must_use]
pub fn check_cni(networking: &NetworkingDraft, flannel: &FlannelIntent) -> Vec<Finding> {
    // A malformed range is reported by the cluster.
    let subnet = pod_subnet(networking).ok().flatten();
    let mut findings = check_flannel(flannel, subnet.as_ref());
    if networking.pod_subnet.is_absent() {
        findings.push(no_pod_subnet());
    }
    findings
}

/// Compares the range that a CNI found in the cluster hands out with the cluster's pod subnet;
/// a finding without path if they differ.
#[must_use]
pub fn check_pod_subnet_found(pod_subnet: &IpNet, found: &str) -> Option<Finding> {
    if found.trim().parse().is_ok_and(|found: IpNet| found.trunc() == pod_subnet.trunc()) {
        return None;
    }
    let summary = format!("the pod network uses {found}, the cluster {pod_subnet}");
    let finding = Finding::error("PLAN-POD-SUBNET-CNI", summary).because(
        "Nodes get parts of the cluster's range; a network that serves another one does not carry \
         their packets.",
    );
    Some(finding.advise("Set up the network with the cluster's networking.pod_subnet."))
}

fn no_pod_subnet() -> Finding {
    Finding::error("PLAN-POD-SUBNET-REQUIRED", "flannel needs the cluster's pod_subnet")
        .at(["flannel"])
        .because("flannel serves the part of the pod range that each node gets, and there is none.")
        .advise("Set networking.pod_subnet of kubeadm_cluster before the cluster is made.")
}
