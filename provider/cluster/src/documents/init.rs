use super::cluster::cluster_configuration;
use super::kubelet::component_documents;
use super::registration::{HostContext, NodeRegistration};
use super::{in_one_file, render};
use crate::intent::{Endpoint, EndpointKind, MemberIntent, Patches};
use crate::membership::bootstrap::TokenPurpose;
use crate::secret::Secret;
use crate::token::BootstrapToken;
use crate::yaml::YamlError;
use serde::Serialize;
use std::net::IpAddr;
use std::time::Duration;

/// What `kubeadm init` needs beside the intent.
#[derive(Clone, Debug)]
pub struct InitContext {
    /// The host it runs on.
    pub host: HostContext,
    /// Token that init puts into the cluster. Without one kubeadm would make its own, which
    /// lives a day; ours lives minutes.
    pub token: BootstrapToken,
    /// Life of the token.
    pub token_life: Duration,
    /// Phases to leave out, such as `addon/kube-proxy`.
    pub skip_phases: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct InitConfiguration<'a> {
    bootstrap_tokens: [TokenValue<'a>; 1],
    node_registration: NodeRegistration<'a>,
    // Three capitals: rename_all would not give kubeadm's spelling.
    #[serde(rename = "localAPIEndpoint")]
    local_api_endpoint: LocalApiEndpoint,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    skip_phases: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    patches: Option<PatchesValue>,
}

/// `patches`: where they are.
#[derive(Serialize)]
pub(super) struct PatchesValue {
    directory: &'static str,
}

impl PatchesValue {
    pub(super) fn of(patches: &Patches) -> Option<Self> {
        (!patches.is_empty()).then_some(Self { directory: Patches::DIRECTORY })
    }
}

#[derive(Serialize)]
struct TokenValue<'a> {
    token: &'a str,
    description: String,
    ttl: String,
    usages: [&'static str; 2],
    groups: [&'static str; 1],
}

/// `localAPIEndpoint`: where this member's own API server listens.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LocalApiEndpoint {
    #[serde(skip_serializing_if = "Option::is_none")]
    advertise_address: Option<IpAddr>,
    bind_port: u16,
}

impl LocalApiEndpoint {
    pub(super) fn new(advertise_address: Option<IpAddr>) -> Self {
        Self { advertise_address, bind_port: Endpoint::DEFAULT_PORT }
    }
}

/// Everything `kubeadm init --config` is told, as one file of several documents.
///
/// The text holds the token.
///
/// # Errors
/// When a value of the user's kubelet or kube-proxy configuration has no form in YAML.
pub fn init_documents(intent: &MemberIntent, context: &InitContext) -> Result<Secret, YamlError> {
    let mut documents =
        vec![init_configuration(intent, context)?, cluster_configuration(&intent.cluster)?];
    documents.extend(component_documents(&intent.cluster)?);
    Ok(in_one_file(&documents))
}

fn init_configuration(intent: &MemberIntent, context: &InitContext) -> Result<Secret, YamlError> {
    let token = context.token.whole();
    let document = InitConfiguration {
        bootstrap_tokens: [token_value(&token, context.token_life)],
        node_registration: member_registration(intent, &context.host),
        local_api_endpoint: LocalApiEndpoint::new(intent.advertised(&context.host.local_addresses)),
        skip_phases: &context.skip_phases,
        patches: PatchesValue::of(&intent.cluster.patches),
    };
    render("InitConfiguration", &document)
}

fn token_value(token: &Secret, life: Duration) -> TokenValue<'_> {
    TokenValue {
        token: token.expose(),
        description: TokenPurpose::Init.description(),
        ttl: format!("{}s", life.as_secs()),
        usages: ["signing", "authentication"],
        groups: ["system:bootstrappers:kubeadm:default-node-token"],
    }
}

/// kubeadm's check of a directory in which a static pod that serves the endpoint is already.
const MANIFESTS: &str = "DirAvailable--etc-kubernetes-manifests";

/// `nodeRegistration` of a control plane member.
pub(super) fn member_registration<'a>(
    intent: &'a MemberIntent,
    host: &'a HostContext,
) -> NodeRegistration<'a> {
    let mut ignored = intent.cluster.ignored_preflight_errors(&intent.registration);
    let all = ignored.iter().any(|name| name.eq_ignore_ascii_case("all"));
    if matches!(intent.cluster.endpoint.kind, EndpointKind::KubeVip(_)) && !all {
        ignored.insert(MANIFESTS);
    }
    let announced = intent.node.announced(&host.local_addresses);
    NodeRegistration::new(&intent.node, &intent.registration, announced, ignored, host)
}
