//! Who we are towards a server of the control plane, and whom we trust.

use cluster::Secret;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, Error, RootCertStore};
use std::sync::Arc;

/// A client certificate with its key, and the CA that the server must be of; all in PEM.
pub(crate) struct Identity<'a> {
    pub(crate) ca: &'a str,
    pub(crate) certificate: &'a str,
    pub(crate) key: &'a Secret,
}

/// The TLS configuration of a client with this identity, for HTTP/2.
///
/// # Errors
/// When a part is no certificate or key. The parser's message is left out: it may quote the key.
pub(crate) fn config(identity: &Identity<'_>) -> Result<Arc<ClientConfig>, Error> {
    let malformed = |_| Error::General("a certificate or key is malformed".to_owned());
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(identity.ca.as_bytes()) {
        roots.add(certificate.map_err(malformed)?)?;
    }
    let chain: Result<Vec<_>, _> =
        CertificateDer::pem_slice_iter(identity.certificate.as_bytes()).collect();
    let key = PrivateKeyDer::from_pem_slice(identity.key.expose().as_bytes()).map_err(malformed)?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_client_auth_cert(chain.map_err(malformed)?, key)?;
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(Arc::new(config))
}
