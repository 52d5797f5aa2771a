//! A running cluster that somebody else made with kubeadm, as an intent.
//!
//! kubeadm keeps in the cluster what it was made of, defaults filled in. What is a default becomes
//! "not given", so that the intent is as a user would write it, and so that a later kubeadm's
//! defaults hold.

mod component;
mod document;
#[cfg(test)]
mod tests;

use crate::intent::{
    Addon, ClusterIntent, Endpoint, EndpointKind, NodeReference, PackageSource, Patches,
    cluster_identity,
};
use crate::membership::{HostState, Refusal};
use crate::yaml;
use component::{kube_proxy_settings, kubelet_settings};
use document::Document;
use std::collections::BTreeSet;

/// What a running cluster tells of itself.
#[derive(Clone, Debug, Default)]
pub struct ClusterDocuments {
    /// `ClusterConfiguration` in `kube-system/kubeadm-config`.
    pub cluster: String,
    /// `KubeletConfiguration` in `kube-system/kubelet-config`.
    pub kubelet: String,
    /// `KubeProxyConfiguration` in `kube-system/kube-proxy`; `None` where there is none.
    pub kube_proxy: Option<String>,
    /// Whether there is a `CoreDNS`.
    pub has_dns: bool,
    /// Address of the API in the administrator's kubeconfig, `https://HOST:PORT`.
    pub server: String,
}

/// The intent that would have made the cluster, with these control plane `hosts`, which are known by
/// `addresses`.
///
/// # Errors
/// When a document cannot be read, or tells what no intent can say.
pub fn adopted(
    documents: &ClusterDocuments,
    hosts: Vec<NodeReference>,
    addresses: &[String],
) -> Result<ClusterIntent, Refusal> {
    if documents.cluster.trim().is_empty() {
        return Err(unreadable("kubeadm-config", "it is missing or empty"));
    }
    let document: Document = yaml::read(&documents.cluster)
        .map_err(|error| unreadable("kubeadm-config", &error.to_string()))?;
    let name = document.cluster_name();
    let endpoint = endpoint(&document, documents, addresses)?;
    let networking = document.networking()?;
    let certificates_dir = document.certificates_dir();
    let settings = component::Settings {
        networking: &networking,
        certificates_dir: certificates_dir.as_deref(),
    };
    let kubelet_configuration = kubelet_settings(&documents.kubelet, settings)
        .map_err(|error| unreadable("kubelet-config", &error.to_string()))?;
    let kube_proxy = documents.kube_proxy.as_deref().unwrap_or_default();
    let kube_proxy_configuration = kube_proxy_settings(kube_proxy, settings)
        .map_err(|error| unreadable("kube-proxy", &error.to_string()))?;
    Ok(ClusterIntent {
        id: cluster_identity(&name, &endpoint.host),
        kubernetes_version: document.version()?,
        etcd: document.etcd(),
        api_server: document.api_server(),
        controller_manager: document.controller_manager(&networking),
        scheduler: document.scheduler(),
        dns: document.dns(documents.has_dns),
        proxy: document.proxy(documents.kube_proxy.is_some()),
        certificates_dir,
        image_repository: document.image_repository(),
        feature_gates: document.feature_gates(),
        encryption_algorithm: document.encryption_algorithm()?,
        certificate_validity_period: document.certificate_validity_period(),
        ca_certificate_validity_period: document.ca_certificate_validity_period(),
        renew_before: None,
        kubelet_configuration,
        kube_proxy_configuration,
        patches: Patches::default(),
        packages: PackageSource::default(),
        ignore_preflight_errors: BTreeSet::new(),
        control_plane_nodes: hosts,
        name,
        endpoint,
        networking,
    })
}

/// Requires that the host is in the control plane of the cluster that host `of` is in, whose CA has
/// this hash.
///
/// # Errors
/// The refusal, when it is in no control plane, or in another's.
pub fn is_member(host: &str, state: &HostState, of: &str, ca_hash: &str) -> Result<(), Refusal> {
    let wrong = match &state.ca_hash {
        _ if !state.files.control_plane() => "it is in no control plane".to_owned(),
        Some(found) if found == ca_hash => return Ok(()),
        Some(found) => format!("its CA is {found}, and that of {of} is {ca_hash}"),
        None => "it has no CA in /etc/kubernetes/pki".to_owned(),
    };
    Err(Refusal::new(
        "PF-NOT-A-MEMBER",
        format!("host {host} is no control plane host of the cluster that {of} is in: {wrong}"),
        "name only hosts of one control plane; a worker or a single host comes first in the id, and the control plane's hosts after it",
    ))
}

/// A cluster that was made without an endpoint has its first host's address for one.
fn endpoint(
    document: &Document,
    documents: &ClusterDocuments,
    addresses: &[String],
) -> Result<Endpoint, Refusal> {
    let server = documents.server.trim_start_matches("https://").trim_end_matches('/');
    let text = document.control_plane_endpoint().unwrap_or_else(|| server.to_owned());
    let (host, port) = host_and_port(&text).ok_or_else(|| {
        unreadable("kubeadm-config", &format!("its controlPlaneEndpoint is {text:?}"))
    })?;
    let own = Endpoint { host, port, kind: EndpointKind::OwnAddress };
    let kind =
        if own.is_only(addresses) { EndpointKind::OwnAddress } else { EndpointKind::External };
    Ok(Endpoint { kind, ..own })
}

/// `HOST`, `HOST:PORT` or `[ADDRESS]:PORT`.
fn host_and_port(text: &str) -> Option<(String, u16)> {
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => rest.split_once(']').map(|(host, port)| (host, port.strip_prefix(':')))?,
        None if text.matches(':').count() > 1 => (text, None),
        None => text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port))),
    };
    let port = port.map_or(Some(Endpoint::DEFAULT_PORT), |port| port.parse().ok())?;
    (!host.is_empty()).then(|| (host.to_owned(), port))
}

fn addon(is_there: bool, disabled: Option<bool>) -> Addon {
    if is_there && disabled != Some(true) { Addon::Enabled } else { Addon::Disabled }
}

fn unreadable(object: &str, reason: &str) -> Refusal {
    Refusal::new(
        "PF-NOT-IMPORTABLE",
        format!("ConfigMap kube-system/{object} cannot be read: {reason}"),
        "look at it with `kubectl --namespace kube-system get configmap`; kubeadm writes it with `kubeadm init phase upload-config all --config FILE`",
    )
}

fn beyond(what: &str, found: &str) -> Refusal {
    Refusal::new(
        "PF-NOT-IMPORTABLE",
        format!("the cluster has {what} {found}, which this release cannot describe"),
        "nothing was changed; leave this cluster to the tools that made it",
    )
}
