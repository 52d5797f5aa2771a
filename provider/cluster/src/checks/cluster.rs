use super::addresses::check_address_overlap;
use super::arguments::{check_api_server, check_controller_manager, check_etcd, check_scheduler};
use super::component_configuration::{check_component_configurations, max_pods};
use super::draft::ClusterDraft;
use super::endpoint::check_endpoint;
use super::etcd::check_external_etcd;
use super::lease::check_lease;
use super::network::check_networking;
use super::nodes::check_control_plane_nodes;
use super::paths::check_paths;
use super::settings::check_settings;
use super::version::{feature_gate, parse_kubernetes_version};
use crate::finding::Finding;
use crate::version::KubernetesVersion;

/// Everything that can be said about a cluster from its configuration alone, in the order of the
/// attributes; paths begin at the resource.
#[must_use]
pub fn check_cluster(draft: &ClusterDraft) -> Vec<Finding> {
    let mut findings = Vec::new();
    let version = draft.kubernetes_version.text().map(parse_kubernetes_version);
    let version = version.and_then(|parsed| match parsed {
        Ok(version) => Some(version),
        Err(finding) => {
            findings.push(finding.at(["kubernetes_version"]));
            None
        }
    });
    findings.extend(check_endpoint(draft));
    findings.extend(check_networking(draft, max_pods(draft)));
    findings.extend(check_address_overlap(draft));
    findings.extend(check_control_plane_nodes(draft));
    findings.extend(check_external_etcd(draft));
    findings.extend(check_arguments(draft));
    findings.extend(check_paths(draft));
    findings.extend(check_gates(draft, version.as_ref()));
    findings.extend(check_settings(draft, version.as_ref()));
    findings.extend(check_component_configurations(draft));
    findings
}

fn check_arguments(draft: &ClusterDraft) -> Vec<Finding> {
    let below = |findings: Vec<Finding>, path: &[&'static str]| {
        let path = path.to_vec();
        let findings = findings.into_iter();
        findings.map(move |finding| finding.below(path.clone()))
    };
    let etcd = draft.etcd.local.as_ref();
    let etcd = etcd.map(|local| check_etcd(&local.extra_args)).unwrap_or_default();
    let api_server = check_api_server(&draft.api_server.component.extra_args);
    let mut managers = check_controller_manager(&draft.controller_manager.extra_args);
    managers.extend(check_lease(&draft.controller_manager.extra_args));
    let mut scheduler = check_scheduler(&draft.scheduler.extra_args);
    scheduler.extend(check_lease(&draft.scheduler.extra_args));
    below(etcd, &["etcd", "local", "extra_args"])
        .chain(below(api_server, &["api_server", "extra_args"]))
        .chain(below(managers, &["controller_manager", "extra_args"]))
        .chain(below(scheduler, &["scheduler", "extra_args"]))
        .collect()
}

fn check_gates(draft: &ClusterDraft, version: Option<&KubernetesVersion>) -> Vec<Finding> {
    let gates = version.into_iter().flat_map(|version| {
        let gates = draft.feature_gates.iter();
        gates.filter_map(move |(gate, is_on)| feature_gate(version, gate, *is_on))
    });
    gates.collect()
}
