use super::component_configuration::{kube_proxy, kubelet};
use super::draft::{
    ClusterDraft, DrainDraft, MemberDraft, NodeDraft, RegistrationDraft, WorkerDraft,
};
use super::endpoint::endpoint;
use super::etcd::etcd;
use super::network::{node_mask, pod_subnet, service_subnet};
use super::registration::taint;
use super::settings::{encryption_algorithm, renew_before};
use super::version::parse_kubernetes_version;
use super::{Planned, check_cluster, check_member, check_worker};
use crate::duration::parse_duration;
use crate::finding::Finding;
use crate::intent::{
    CertificateTransfer, ClusterIntent, DrainMode, DrainPolicy, MemberIntent, Networking,
    NodeReference, Registration, WorkerIntent,
};
use std::net::IpAddr;

/// The intent of a cluster, once all of the draft is known.
///
/// # Errors
/// The findings that refuse it, or that something is still unknown.
pub fn cluster_intent(draft: &ClusterDraft, id: &str) -> Result<ClusterIntent, Vec<Finding>> {
    refuse(check_cluster(draft))?;
    build_cluster(draft, id).map_err(|finding| vec![finding])
}

/// The settings of a cluster, whichever hosts it has: these come and go, and may be unknown.
///
/// # Errors
/// What is wrong, or still unknown.
pub fn cluster_settings(draft: &ClusterDraft) -> Result<ClusterIntent, Finding> {
    let control_plane_nodes = Planned::Known(Vec::new());
    build_cluster(&ClusterDraft { control_plane_nodes, ..draft.clone() }, "")
}

/// The intent of a control plane member, once all of the draft is known.
///
/// # Errors
/// The findings that refuse it, or that something is still unknown.
pub fn member_intent(
    draft: &MemberDraft,
    cluster: ClusterIntent,
) -> Result<MemberIntent, Vec<Finding>> {
    refuse(check_member(draft))?;
    Ok(MemberIntent {
        cluster,
        node: node_reference(&draft.node).map_err(|finding| vec![finding.below(["node"])])?,
        advertise_address: advertise_address(draft).map_err(|finding| vec![finding])?,
        registration: registration(&draft.registration)?,
        drain: drain(&draft.drain).map_err(|finding| vec![finding])?,
        certificate_transfer: certificate_transfer(draft).map_err(|finding| vec![finding])?,
        ca_hash: draft.ca_hash.clone(),
    })
}

/// The intent of a worker, once all of the draft is known.
///
/// # Errors
/// The findings that refuse it, or that something is still unknown.
pub fn worker_intent(
    draft: &WorkerDraft,
    cluster: ClusterIntent,
) -> Result<WorkerIntent, Vec<Finding>> {
    refuse(check_worker(draft))?;
    let control_plane = required(&draft.control_plane, "control_plane").map_err(|one| vec![one])?;
    let control_plane = control_plane.iter().map(node_reference).collect::<Result<_, _>>();
    Ok(WorkerIntent {
        cluster,
        control_plane: control_plane.map_err(|finding| vec![finding.below(["control_plane"])])?,
        node: node_reference(&draft.node).map_err(|finding| vec![finding.below(["node"])])?,
        registration: registration(&draft.registration)?,
        drain: drain(&draft.drain).map_err(|finding| vec![finding])?,
    })
}

/// A reference to a host, once its name and address are known.
///
/// # Errors
/// What is wrong or still unknown; the path begins at the reference.
pub fn node_reference(draft: &NodeDraft) -> Result<NodeReference, Finding> {
    Ok(NodeReference {
        name: required(&draft.name, "name")?.clone(),
        address: required(&draft.address, "address")?.clone(),
        port: node_port(draft)?.ok_or_else(|| unknown("port"))?,
        node_ip: node_ip(draft)?,
        ssh_profile: draft.ssh_profile.clone(),
        host_key: draft.host_key.clone(),
        machine_id: draft.machine_id.clone(),
    })
}

/// How a host presents itself as a node, once all of it is known.
///
/// # Errors
/// The findings that refuse it, or that something is still unknown.
pub fn registration(draft: &RegistrationDraft) -> Result<Registration, Vec<Finding>> {
    let taints = match &draft.taints {
        Planned::Known(taints) => Some(taints.iter().map(taint).collect::<Result<_, _>>()?),
        Planned::Absent => None,
        Planned::Unknown => return Err(vec![unknown("taints")]),
    };
    Ok(Registration {
        labels: draft.labels.clone(),
        annotations: draft.annotations.clone(),
        taints,
        kubelet_extra_args: draft.kubelet_extra_args.clone(),
        ignore_preflight_errors: draft.ignore_preflight_errors.clone(),
    })
}

/// The port of SSH; `None` while it is unknown.
pub(super) fn node_port(node: &NodeDraft) -> Result<Option<u16>, Finding> {
    let default = i64::from(NodeReference::DEFAULT_PORT);
    let Some(port) = node.port.or_default(&default) else {
        return Ok(None);
    };
    match u16::try_from(*port) {
        Ok(port) if port > 0 => Ok(Some(port)),
        _ => Err(Finding::error("PLAN-NODE-ADDRESS", format!("{port} is not a TCP port"))
            .at(["port"])
            .because("Ports are numbers from 1 to 65535.")
            .advise("Leave port out for 22.")),
    }
}

/// The address a node announces; `None` when it is left out or unknown.
pub(super) fn node_ip(node: &NodeDraft) -> Result<Option<IpAddr>, Finding> {
    announced(node.node_ip.text(), "node_ip")
}

/// The address a member announces; `None` when it is left out or unknown.
pub(super) fn advertise_address(draft: &MemberDraft) -> Result<Option<IpAddr>, Finding> {
    announced(draft.advertise_address.text(), "advertise_address")
}

fn announced(text: Option<&str>, attribute: &str) -> Result<Option<IpAddr>, Finding> {
    let Some(text) = text else { return Ok(None) };
    let usable = |address: &IpAddr| !address.is_loopback() && !address.is_unspecified();
    let address = text.parse().ok().filter(usable);
    let finding = || {
        let summary = format!("{attribute} {text:?} is not an address other hosts can reach");
        Finding::error("PLAN-NODE-ADDRESS", summary)
            .at([attribute])
            .because("Other nodes connect to it, so it must be an address of the host itself.")
            .advise("Give one IPv4 or IPv6 address without prefix length.")
    };
    address.map(Some).ok_or_else(finding)
}

/// How pods leave.
pub(super) fn drain(draft: &DrainDraft) -> Result<DrainPolicy, Finding> {
    let default = DrainPolicy::default();
    let timeout = draft.timeout.as_deref().map(drain_timeout).transpose()?;
    let mode = draft.policy.as_deref().map(drain_mode).transpose()?;
    Ok(DrainPolicy {
        mode: mode.unwrap_or(default.mode),
        timeout: timeout.unwrap_or(default.timeout),
    })
}

fn drain_timeout(text: &str) -> Result<std::time::Duration, Finding> {
    parse_duration(text).map_err(|error| {
        Finding::error("PLAN-DRAIN", format!("timeout {text:?} is not a duration"))
            .at(["drain", "timeout"])
            .because(format!("{error}."))
            .advise("Write it like 5m.")
    })
}

fn drain_mode(text: &str) -> Result<DrainMode, Finding> {
    match text {
        "evict" => Ok(DrainMode::Evict),
        "force" => Ok(DrainMode::Force),
        "skip" => Ok(DrainMode::Skip),
        _ => Err(Finding::error("PLAN-DRAIN", format!("there is no policy {text:?}"))
            .at(["drain", "policy"])
            .because("Pods are evicted, deleted in the end, or left alone.")
            .advise("Use evict, force or skip.")),
    }
}

/// How certificates come to a joining member.
pub(super) fn certificate_transfer(draft: &MemberDraft) -> Result<CertificateTransfer, Finding> {
    match draft.certificate_transfer.as_deref() {
        None => Ok(CertificateTransfer::default()),
        Some("upload-certs") => Ok(CertificateTransfer::UploadCerts),
        Some("ssh") => Ok(CertificateTransfer::Ssh),
        Some(other) => {
            Err(Finding::error("PLAN-TRANSFER", format!("there is no transfer {other:?}"))
                .at(["certificate_transfer"])
                .because("Certificates come through the cluster, encrypted, or straight over SSH.")
                .advise("Use upload-certs or ssh."))
        }
    }
}

fn build_cluster(draft: &ClusterDraft, id: &str) -> Result<ClusterIntent, Finding> {
    let version = required(&draft.kubernetes_version, "kubernetes_version")?;
    let version = parse_kubernetes_version(version)?;
    let nodes = required(&draft.control_plane_nodes, "control_plane_nodes")?;
    Ok(ClusterIntent {
        id: id.to_owned(),
        name: required(&draft.name, "name")?.clone(),
        encryption_algorithm: encryption_algorithm(draft, Some(&version))?,
        kubernetes_version: version,
        endpoint: endpoint(draft)?,
        networking: networking(draft)?,
        etcd: etcd(&draft.etcd)?,
        api_server: draft.api_server.clone(),
        controller_manager: draft.controller_manager.clone(),
        scheduler: draft.scheduler.clone(),
        dns: draft.dns.clone(),
        proxy: draft.proxy,
        certificates_dir: draft.certificates_dir.clone(),
        image_repository: draft.image_repository.clone(),
        feature_gates: draft.feature_gates.clone(),
        patches: draft.patches.clone().into(),
        certificate_validity_period: draft.certificate_validity_period.clone(),
        ca_certificate_validity_period: draft.ca_certificate_validity_period.clone(),
        renew_before: renew_before(draft)?,
        kubelet_configuration: kubelet(draft)?,
        kube_proxy_configuration: kube_proxy(draft)?,
        packages: draft.packages.clone(),
        ignore_preflight_errors: draft.ignore_preflight_errors.clone(),
        control_plane_nodes: nodes.iter().map(node_reference).collect::<Result<_, _>>()?,
    })
}

fn networking(draft: &ClusterDraft) -> Result<Networking, Finding> {
    let networking = &draft.networking;
    let unknown = || unknown("networking");
    if matches!(networking.pod_subnet, Planned::Unknown) {
        return Err(unknown());
    }
    let domain = networking.dns_domain.text_or(Networking::DEFAULT_DNS_DOMAIN);
    Ok(Networking {
        pod_subnet: pod_subnet(networking)?,
        service_subnet: service_subnet(networking)?.ok_or_else(unknown)?,
        dns_domain: domain.ok_or_else(unknown)?.to_owned(),
        node_mask: node_mask(networking)?,
    })
}

fn refuse(findings: Vec<Finding>) -> Result<(), Vec<Finding>> {
    let errors: Vec<Finding> = findings.into_iter().filter(Finding::is_error).collect();
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

pub(super) fn required<'a, T>(value: &'a Planned<T>, attribute: &str) -> Result<&'a T, Finding> {
    match value {
        Planned::Known(value) => Ok(value),
        Planned::Unknown => Err(unknown(attribute)),
        Planned::Absent => Err(Finding::error("PLAN-REQUIRED", format!("{attribute} is missing"))
            .at([attribute])
            .because("It has no default.")
            .advise(format!("Set {attribute}."))),
    }
}

pub(super) fn unknown(attribute: &str) -> Finding {
    Finding::error("PLAN-UNKNOWN", format!("{attribute} is not known yet"))
        .at([attribute])
        .because("It is known only after other resources were applied.")
        .advise("Apply those first; during apply everything is known.")
}
