use super::init::{LocalApiEndpoint, PatchesValue, member_registration};
use super::registration::{HostContext, NodeRegistration};
use super::render;
use crate::ca_hash::CaHash;
use crate::intent::{MemberIntent, Patches, WorkerIntent};
use crate::secret::Secret;
use crate::token::{BootstrapToken, CertificateKey};
use crate::yaml::YamlError;
use serde::Serialize;

/// What `kubeadm join` needs beside the intent.
#[derive(Clone, Debug)]
pub struct JoinContext {
    /// The host it runs on.
    pub host: HostContext,
    /// Token by which the host and the cluster recognise each other.
    pub token: BootstrapToken,
    /// `host:port` where the cluster is asked to let the host in; usually the cluster's endpoint.
    pub api_server: String,
    /// Hashes of the cluster's CAs; the host accepts no other cluster. Never empty.
    pub ca_hashes: Vec<CaHash>,
}

/// What joining the control plane needs beside the [`JoinContext`].
#[derive(Clone, Debug)]
pub struct ControlPlaneJoin {
    /// Key of the uploaded certificates; `None` when they were put on the host already.
    pub certificate_key: Option<CertificateKey>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JoinConfiguration<'a> {
    node_registration: NodeRegistration<'a>,
    discovery: Discovery<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    control_plane: Option<JoinControlPlane<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    patches: Option<PatchesValue>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Discovery<'a> {
    bootstrap_token: DiscoveryToken<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DiscoveryToken<'a> {
    token: &'a str,
    api_server_endpoint: &'a str,
    ca_cert_hashes: Vec<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JoinControlPlane<'a> {
    // Three capitals: rename_all would not give kubeadm's spelling.
    #[serde(rename = "localAPIEndpoint")]
    local_api_endpoint: LocalApiEndpoint,
    #[serde(skip_serializing_if = "Option::is_none")]
    certificate_key: Option<&'a str>,
}

/// What `kubeadm join --config` is told on a worker. The text holds the token.
///
/// # Errors
/// When a value has no form in YAML.
pub fn join_worker_document(
    intent: &WorkerIntent,
    context: &JoinContext,
) -> Result<Secret, YamlError> {
    let registration = NodeRegistration::new(
        &intent.node,
        &intent.registration,
        intent.node.announced(&context.host.local_addresses),
        intent.cluster.ignored_preflight_errors(&intent.registration),
        &context.host,
    );
    join_document(registration, context, (None, &intent.cluster.patches))
}

/// What `kubeadm join --config` is told on a host that joins the control plane. The text holds
/// the token and the certificate key.
///
/// # Errors
/// When a value has no form in YAML.
pub fn join_member_document(
    intent: &MemberIntent,
    context: &JoinContext,
    control_plane: &ControlPlaneJoin,
) -> Result<Secret, YamlError> {
    let advertised = intent.advertised(&context.host.local_addresses);
    let key = control_plane.certificate_key.as_ref();
    let control_plane = JoinControlPlane {
        local_api_endpoint: LocalApiEndpoint::new(advertised),
        certificate_key: key.map(|key| key.secret().expose()),
    };
    let registration = member_registration(intent, &context.host);
    join_document(registration, context, (Some(control_plane), &intent.cluster.patches))
}

fn join_document(
    node_registration: NodeRegistration<'_>,
    context: &JoinContext,
    (control_plane, patches): (Option<JoinControlPlane<'_>>, &Patches),
) -> Result<Secret, YamlError> {
    let token = context.token.whole();
    let bootstrap_token = DiscoveryToken {
        token: token.expose(),
        api_server_endpoint: &context.api_server,
        ca_cert_hashes: context.ca_hashes.iter().map(CaHash::as_str).collect(),
    };
    let document = JoinConfiguration {
        node_registration,
        discovery: Discovery { bootstrap_token },
        control_plane,
        patches: PatchesValue::of(patches),
    };
    render("JoinConfiguration", &document)
}
