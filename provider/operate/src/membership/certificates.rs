//! The cluster's CAs and keys on their way to a host that joins the control plane.

use super::kubeadm::Verb;
use super::subject::Subject;
use crate::error::{ErrorKind, OperateError};
use crate::kubernetes::Kubernetes;
use crate::site::Site;
use cluster::documents::{CONTAINERD_SOCKET, upload_documents};
use cluster::intent::{CertificateTransfer, ClusterIntent, MemberIntent};
use cluster::membership::bootstrap::UPLOADED_CERTIFICATES;
use cluster::token::CertificateKey;
use host::FileWrite;

/// What all members have in common, below the directory of certificates.
const SHARED: [&str; 6] =
    ["ca.crt", "ca.key", "sa.key", "sa.pub", "front-proxy-ca.crt", "front-proxy-ca.key"];

/// What their etcds have in common, in the same place.
const SHARED_BY_ETCD: [&str; 2] = ["etcd/ca.crt", "etcd/ca.key"];

impl Subject<'_> {
    /// Makes the cluster's certificates available to the host, by way of the member whose API is
    /// in use; the key to them, where they went through the cluster.
    pub(crate) async fn transfer_certificates(
        &self,
        intent: &MemberIntent,
        kubernetes: &Kubernetes,
    ) -> Result<Option<CertificateKey>, OperateError> {
        let peer = Site::new(self.operator, &kubernetes.node, self.cancel)?;
        match intent.certificate_transfer {
            CertificateTransfer::UploadCerts => self.upload(&peer).await.map(Some),
            CertificateTransfer::Ssh => self.copy(&peer).await.map(|()| None),
        }
    }

    async fn upload(&self, peer: &Site<'_>) -> Result<CertificateKey, OperateError> {
        let key = CertificateKey::generate(&mut rand::rng());
        let document = upload_documents(self.cluster(), CONTAINERD_SOCKET, &key);
        // One that an interrupted apply left running would upload under another key.
        peer.settle_run(Verb::UploadCertificates).await?;
        let uploaded = peer.kubeadm(Verb::UploadCertificates, document).await;
        uploaded.map_err(|error| error.on(self.operator.label(peer.node)))?;
        Ok(key)
    }

    async fn copy(&self, peer: &Site<'_>) -> Result<(), OperateError> {
        for path in shared_files(self.cluster()) {
            let content = peer.read("read the cluster's certificates", &path).await?;
            let content = content.ok_or_else(|| missing(peer, &path))?;
            let mode = if is_public(&path) { 0o644 } else { 0o600 };
            let file = FileWrite::new(path, content).mode(mode);
            self.write("write the cluster's certificates", &file).await?;
        }
        self.operator.forget(self.node());
        Ok(())
    }
}

/// What a member shares with the others: the cluster's CAs and keys, and the CA of etcd or the
/// files by which the API server reaches an external one.
pub(super) fn shared_files(cluster: &ClusterIntent) -> Vec<String> {
    let directory = cluster.certificates_directory();
    let within = |file: &&str| format!("{directory}/{file}");
    let mut files: Vec<String> = SHARED.iter().map(within).collect();
    match cluster.etcd.external() {
        None => files.extend(SHARED_BY_ETCD.iter().map(within)),
        Some(external) => files.extend(external.files().map(str::to_owned)),
    }
    files
}

/// A key's name may be anybody's choice where etcd is external, so that it is told from the rest.
fn is_public(path: &str) -> bool {
    let extension = std::path::Path::new(path).extension();
    extension.is_some_and(|extension| extension == "crt" || extension == "pub")
}

fn missing(peer: &Site<'_>, path: &str) -> OperateError {
    OperateError::new("read the cluster's certificates", ErrorKind::Goal)
        .note(format!("{path} is missing on {}", peer.node.name))
        .advise("put it back there, from another member or a backup, then apply again")
        .on(peer.operator.label(peer.node))
}

impl Kubernetes {
    /// Takes uploaded certificates out of the cluster, and the token that would have ended them.
    pub(crate) async fn withdraw_certificates(&self) -> Result<(), kube::Error> {
        let Some(secret) = self.secrets().get_opt(UPLOADED_CERTIFICATES).await? else {
            return Ok(());
        };
        self.delete_secret(UPLOADED_CERTIFICATES).await?;
        for owner in secret.metadata.owner_references.unwrap_or_default() {
            if owner.kind == "Secret" {
                self.delete_secret(&owner.name).await?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::kubernetes::mock::{Answer, Call, kubernetes};
    use serde_json::json;
    use std::sync::{Arc, Mutex};

    #[tokio::test]
    async fn uploaded_certificates_go_with_their_token() {
        let deleted = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&deleted);
        let mock = kubernetes(move |call: &Call| {
            if call.method == "DELETE" {
                seen.lock().unwrap().push(call.path.rsplit('/').next().unwrap().to_owned());
                return Answer::not_found();
            }
            let owner = json!({"apiVersion": "v1", "kind": "Secret", "name": "bootstrap-token-abcdef", "uid": "u"});
            Answer::ok(&json!({"metadata": {"name": "kubeadm-certs", "ownerReferences": [owner]}}))
        });
        mock.withdraw_certificates().await.unwrap();
        assert_eq!(*deleted.lock().unwrap(), ["kubeadm-certs", "bootstrap-token-abcdef"]);
    }
}
