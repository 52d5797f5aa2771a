//! A client's credentials of etcd, as they lie on a host.

use crate::error::{ErrorKind, OperateError};
use crate::kubernetes::{Identity, config};
use cluster::Secret;
use cluster::intent::ExternalEtcd;
use host::Host;
use rustls::ClientConfig;
use std::sync::Arc;

/// Paths on a host of what a client of etcd shows and trusts.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Files {
    pub(super) ca: String,
    pub(super) certificate: String,
    pub(super) key: String,
}

/// What a host has of them, read into memory.
pub(super) enum Credentials {
    /// All of them.
    Complete(Arc<ClientConfig>),
    /// Not these paths.
    Missing(Vec<String>),
}

impl Files {
    /// The API server's own, which kubeadm made for the etcd beside it.
    pub(super) fn of_api_server(directory: &str) -> Self {
        Self {
            ca: format!("{directory}/etcd/ca.crt"),
            certificate: format!("{directory}/apiserver-etcd-client.crt"),
            key: format!("{directory}/apiserver-etcd-client.key"),
        }
    }

    /// Those that the configuration names; none for an etcd that is not encrypted.
    pub(super) fn of_external(etcd: &ExternalEtcd) -> Option<Self> {
        Some(Self {
            ca: etcd.ca_file.clone()?,
            certificate: etcd.cert_file.clone()?,
            key: etcd.key_file.clone()?,
        })
    }

    /// Reads them on `host`, which messages call `name`.
    ///
    /// # Errors
    /// When the host does not answer, or what the files hold is no certificate.
    pub(super) async fn read(&self, name: &str, host: &Host) -> Result<Credentials, OperateError> {
        let intent = format!("read etcd's client credentials on {name}");
        let mut texts = Vec::new();
        let mut missing = Vec::new();
        for path in [&self.ca, &self.certificate, &self.key] {
            let read = host.read(path).await;
            match read.map_err(|error| OperateError::host(intent.as_str(), error))? {
                Some(content) => {
                    texts.push(Secret::new(String::from_utf8_lossy(&content).into_owned()));
                }
                None => missing.push(path.clone()),
            }
        }
        let [ca, certificate, key] = texts.as_slice() else {
            return Ok(Credentials::Missing(missing));
        };
        let identity = Identity { ca: ca.expose(), certificate: certificate.expose(), key };
        let tls = config(&identity).map_err(|error| {
            OperateError::new(intent.as_str(), ErrorKind::Malformed).caused_by(error)
        })?;
        Ok(Credentials::Complete(tls))
    }
}
