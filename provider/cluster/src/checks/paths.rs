use super::draft::ClusterDraft;
use super::names::is_dns_label;
use crate::finding::Finding;
use crate::intent::ExtraVolume;
use std::collections::BTreeSet;

/// Remarks on paths of hosts and volumes.
pub(super) fn check_paths(draft: &ClusterDraft) -> Vec<Finding> {
    let certificates = draft.certificates_dir.as_deref();
    let data = draft.etcd.local.as_ref().and_then(|local| local.data_dir.as_deref());
    let components = [
        ("api_server", &draft.api_server.component),
        ("controller_manager", &draft.controller_manager),
        ("scheduler", &draft.scheduler),
    ];
    let volumes = components.into_iter().flat_map(|(name, component)| {
        let findings = check_volumes(&component.extra_volumes).into_iter();
        findings.map(move |finding| finding.below([name, "extra_volumes"]))
    });
    let certificates = certificates.and_then(|path| absolute(&["certificates_dir"], path));
    let data = data.and_then(|path| absolute(&["etcd", "local", "data_dir"], path));
    certificates.into_iter().chain(data).chain(volumes).collect()
}

fn absolute(attribute: &[&str], path: &str) -> Option<Finding> {
    if path.starts_with('/') && path != "/" && !path.split('/').any(|part| part == "..") {
        return None;
    }
    let finding = Finding::error("PLAN-PATH", format!("{path:?} is not an absolute path"))
        .at(attribute.iter().copied())
        .because("Components run in containers, where a relative path leads elsewhere.");
    Some(finding.advise("Write the whole path from / on, without \"..\"."))
}

/// kubeadm mounts the directory that holds such a file into the API server, at the same path.
pub(super) fn bad_etcd_file(attribute: &str, path: &str) -> Option<Finding> {
    let mut parts = path.split('/');
    let is_absolute = parts.next() == Some("");
    let names: Vec<&str> = parts.collect();
    let is_clean = names.iter().all(|name| !matches!(*name, "" | "." | ".."));
    if is_absolute && is_clean && names.len() > 1 {
        return None;
    }
    let finding = Finding::error("PLAN-PATH", format!("{path:?} is not the path of a file"))
        .at([attribute])
        .because("kubeadm mounts the directory that holds it into the API server.");
    Some(finding.advise(
        "Write the whole path of a file below a directory, such as /etc/etcd/ca.crt, without \".\", \
         \"..\" or doubled slashes.",
    ))
}

fn check_volumes(volumes: &[ExtraVolume]) -> Vec<Finding> {
    let mut names = BTreeSet::new();
    let mut mounts = BTreeSet::new();
    let mut findings = Vec::new();
    for (index, volume) in volumes.iter().enumerate() {
        let mut of_volume = check_volume(volume);
        if !names.insert(volume.name.as_str()) {
            of_volume.push(given_twice("name", &volume.name));
        }
        if !mounts.insert(volume.mount_path.as_str()) {
            of_volume.push(given_twice("mount_path", &volume.mount_path));
        }
        let below = |finding: Finding| finding.below([index.to_string()]);
        findings.extend(of_volume.into_iter().map(below));
    }
    findings
}

fn check_volume(volume: &ExtraVolume) -> Vec<Finding> {
    let name = (!is_dns_label(&volume.name)).then(|| bad_name(&volume.name));
    let host = absolute(&["host_path"], &volume.host_path);
    let mount = absolute(&["mount_path"], &volume.mount_path);
    [name, host, mount].into_iter().flatten().collect()
}

fn bad_name(name: &str) -> Finding {
    Finding::error("PLAN-VOLUME", format!("{name:?} cannot be the name of a volume"))
        .at(["name"])
        .because("Names of volumes are DNS labels.")
        .advise("Use at most 63 lower-case letters, digits and dashes.")
}

fn given_twice(attribute: &str, value: &str) -> Finding {
    Finding::error("PLAN-VOLUME", format!("{attribute} {value} is given twice"))
        .at([attribute])
        .because("The component's pod would be refused, and the control plane would stay down.")
        .advise("Give each volume its own.")
}
