use super::draft::ClusterDraft;
use crate::documents::{
    ComponentConfigurationError, ConfiguredComponent, parse_component_configuration,
};
use crate::finding::Finding;
use crate::intent::{Addon, Networking};
use serde_json::{Map, Value};
use std::error::Error as _;

/// Remarks on the user's kubelet and kube-proxy configuration.
pub(super) fn check_component_configurations(draft: &ClusterDraft) -> Vec<Finding> {
    let mut findings = Vec::new();
    match kubelet(draft) {
        Ok(map) => findings.extend(check_kubelet(draft, &map)),
        Err(finding) => findings.push(finding),
    }
    match kube_proxy(draft) {
        Ok(map) => findings.extend(check_kube_proxy(draft, &map)),
        Err(finding) => findings.push(finding),
    }
    findings
}

/// The user's `KubeletConfiguration`; empty when none is given.
pub(super) fn kubelet(draft: &ClusterDraft) -> Result<Map<String, Value>, Finding> {
    let text = draft.kubelet_configuration.as_deref().unwrap_or_default();
    parse_component_configuration(ConfiguredComponent::Kubelet, text)
        .map_err(|error| unreadable("kubelet_configuration", &error))
}

/// The user's `KubeProxyConfiguration`; empty when none is given.
pub(super) fn kube_proxy(draft: &ClusterDraft) -> Result<Map<String, Value>, Finding> {
    let text = draft.kube_proxy_configuration.as_deref().unwrap_or_default();
    parse_component_configuration(ConfiguredComponent::KubeProxy, text)
        .map_err(|error| unreadable("kube_proxy_configuration", &error))
}

/// `maxPods` of the user's `KubeletConfiguration`.
pub(super) fn max_pods(draft: &ClusterDraft) -> Option<u64> {
    kubelet(draft).ok()?.get("maxPods")?.as_u64()
}

fn unreadable(attribute: &str, error: &ComponentConfigurationError) -> Finding {
    let mut causes = vec![error.to_string()];
    let mut source = error.source();
    while let Some(cause) = source {
        causes.push(cause.to_string());
        source = cause.source();
    }
    Finding::error("PLAN-COMPONENT-CONFIG", format!("{attribute} cannot be read"))
        .at([attribute])
        .because(causes.join(": "))
        .advise("Give a map in YAML or JSON, such as yamlencode({ maxPods = 200 }).")
}

/// Settings of the kubelet that must agree with something else, with the one value they may have.
fn check_kubelet(draft: &ClusterDraft, map: &Map<String, Value>) -> Vec<Finding> {
    let domain = draft.networking.dns_domain.text_or(Networking::DEFAULT_DNS_DOMAIN);
    let fixed = [
        ("cgroupDriver", Some("systemd"), "the container runtime is set up with it"),
        (
            "staticPodPath",
            Some("/etc/kubernetes/manifests"),
            "kubeadm puts the control plane there",
        ),
        ("clusterDomain", domain, "networking.dns_domain sets it for all components"),
    ];
    let mut findings: Vec<Finding> = fixed
        .into_iter()
        .filter_map(|(field, only, reason)| fixed_field(map, field, only?, reason))
        .collect();
    let swap = map.get("failSwapOn").and_then(Value::as_bool) == Some(false);
    findings.extend(swap.then(swap_allowed));
    findings
}

fn fixed_field(map: &Map<String, Value>, field: &str, only: &str, reason: &str) -> Option<Finding> {
    let found = map.get(field)?;
    if found.as_str() == Some(only) {
        return None;
    }
    let finding = Finding::error("PLAN-COMPONENT-CONFIG", format!("{field} cannot be {found}"))
        .at(["kubelet_configuration"])
        .because(format!("It must be {only:?}: {reason}."));
    Some(finding.advise(format!("Remove {field}.")))
}

fn swap_allowed() -> Finding {
    Finding::info("PLAN-COMPONENT-CONFIG", "kubelets start with swap on")
        .at(["kubelet_configuration"])
        .because("failSwapOn is false. By itself it lets no pod use swap; see memorySwap.")
        .advise("Set swap = \"ignore\" in kubeadm_node, or it turns swap off all the same.")
}

fn check_kube_proxy(draft: &ClusterDraft, map: &Map<String, Value>) -> Vec<Finding> {
    let mut findings = Vec::new();
    if draft.proxy == Addon::Disabled && !map.is_empty() {
        findings.push(proxy_disabled());
    }
    if map.get("mode").and_then(Value::as_str) == Some("ipvs") {
        findings.push(ipvs());
    }
    let cluster_cidr = map.get("clusterCIDR").and_then(Value::as_str);
    let pods = draft.networking.pod_subnet.text();
    let differs = cluster_cidr.zip(pods).filter(|(found, pods)| found != pods);
    findings.extend(differs.map(|(found, pods)| other_pods(found, pods)));
    findings
}

fn proxy_disabled() -> Finding {
    Finding::warning("PLAN-COMPONENT-CONFIG", "kube_proxy_configuration has no effect")
        .at(["kube_proxy_configuration"])
        .because("kube-proxy is not installed: proxy.disabled is true.")
        .advise("Remove one of the two.")
}

fn ipvs() -> Finding {
    Finding::warning("PLAN-COMPONENT-CONFIG", "kube-proxy's mode ipvs is deprecated")
        .at(["kube_proxy_configuration"])
        .because("Kubernetes deprecated it in 1.35.")
        .advise("Use \"nftables\", or leave mode out for iptables.")
}

fn other_pods(found: &str, pods: &str) -> Finding {
    let summary = format!("clusterCIDR {found} is not the pod subnet {pods}");
    Finding::error("PLAN-COMPONENT-CONFIG", summary)
        .at(["kube_proxy_configuration"])
        .because("kube-proxy tells traffic of pods by this range.")
        .advise("Remove clusterCIDR: kubeadm sets it.")
}
