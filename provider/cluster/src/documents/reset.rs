use super::render;
use crate::secret::Secret;
use crate::yaml::YamlError;
use serde::Serialize;
use std::collections::BTreeSet;

/// What `kubeadm reset` needs to know.
#[derive(Clone, Debug)]
pub struct ResetContext {
    /// Socket of the container runtime.
    pub cri_socket: String,
    /// Directory of certificates, when it is not kubeadm's default.
    pub certificates_dir: Option<String>,
    /// Preflight checks to turn into warnings.
    pub ignore_preflight_errors: BTreeSet<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResetConfiguration<'a> {
    cri_socket: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    certificates_dir: Option<&'a str>,
    cleanup_tmp_dir: bool,
    force: bool,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    ignore_preflight_errors: &'a BTreeSet<String>,
}

/// What `kubeadm reset --config` is told. It asks no question on a terminal (`force`).
///
/// # Errors
/// When a value has no form in YAML.
pub fn reset_document(context: &ResetContext) -> Result<Secret, YamlError> {
    let document = ResetConfiguration {
        cri_socket: &context.cri_socket,
        certificates_dir: context.certificates_dir.as_deref(),
        cleanup_tmp_dir: true,
        force: true,
        ignore_preflight_errors: &context.ignore_preflight_errors,
    };
    render("ResetConfiguration", &document)
}
