//! kubeadm's documents: what `kubeadm init`, `join` and `reset` are told, and what the cluster
//! keeps of it.
//!
//! Written documents are typed, complete and of `kubeadm.k8s.io/v1beta4`; nothing is left for
//! kubeadm to ask the network or the host's name for. Read documents are taken leniently, in any
//! version.

mod cluster;
mod component;
mod etcd;
mod images;
mod init;
mod join;
mod kubelet;
mod registration;
mod reset;
#[cfg(test)]
mod tests;
mod upload;
mod values;

pub use self::cluster::cluster_document;
pub(crate) use component::merged;
pub use component::{
    ComponentConfigurationError, ConfiguredComponent, parse_component_configuration,
};
pub use images::images_document;
pub use init::{InitContext, init_documents};
pub use join::{ControlPlaneJoin, JoinContext, join_member_document, join_worker_document};
pub use kubelet::{kube_proxy_configuration, kubelet_configuration};
pub use registration::{CONTAINERD_SOCKET, HostContext, kubelet_arguments};
pub use reset::{ResetContext, reset_document};
pub use upload::upload_documents;

use crate::secret::Secret;
use crate::yaml::{self, YamlError};
use serde::Serialize;

/// Version of kubeadm's documents: read by every kubeadm from 1.31 on.
pub const KUBEADM_API_VERSION: &str = "kubeadm.k8s.io/v1beta4";

/// A document with its type in front, as every Kubernetes document has it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Head {
    api_version: &'static str,
    kind: &'static str,
}

/// Renders one document below its head.
fn render<T: Serialize>(kind: &'static str, body: &T) -> Result<Secret, YamlError> {
    let head = Head { api_version: KUBEADM_API_VERSION, kind };
    let head = yaml::write(&head)?;
    let body = Secret::new(yaml::write(body)?);
    Ok(Secret::new(head + empty_if_no_fields(body.expose())))
}

/// A body without fields is written `{}`, which may not follow other keys.
fn empty_if_no_fields(body: &str) -> &str {
    if body.trim() == "{}" { "" } else { body }
}

/// Joins documents into one file.
fn in_one_file(documents: &[Secret]) -> Secret {
    let texts: Vec<&str> = documents.iter().map(Secret::expose).collect();
    Secret::new(texts.join("---\n"))
}
