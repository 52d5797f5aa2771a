use super::cluster::cluster_configuration;
use super::{in_one_file, render};
use crate::intent::ClusterIntent;
use crate::secret::Secret;
use crate::token::CertificateKey;
use crate::yaml::YamlError;
use serde::Serialize;

/// An `InitConfiguration` for phases that make nothing on the host it runs on.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BareInitConfiguration<'a> {
    node_registration: BareRegistration<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    certificate_key: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BareRegistration<'a> {
    // kubeadm looks for a runtime even where it needs none, and refuses to choose among several.
    cri_socket: &'a str,
}

/// What `kubeadm init phase upload-certs --config` is told on a member: the key under which the
/// cluster's certificates are put into the cluster. The text holds the key, which as an argument
/// everybody on the host could see.
///
/// # Errors
/// When a value has no form in YAML.
pub fn upload_documents(
    cluster: &ClusterIntent,
    cri_socket: &str,
    key: &CertificateKey,
) -> Result<Secret, YamlError> {
    let host = bare_init_configuration(cri_socket, Some(key))?;
    Ok(in_one_file(&[host, cluster_configuration(cluster)?]))
}

pub(super) fn bare_init_configuration(
    cri_socket: &str,
    key: Option<&CertificateKey>,
) -> Result<Secret, YamlError> {
    let document = BareInitConfiguration {
        node_registration: BareRegistration { cri_socket },
        certificate_key: key.map(|key| key.secret().expose()),
    };
    render("InitConfiguration", &document)
}
