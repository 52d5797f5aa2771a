//! A Kubernetes client whose connection is a channel of an SSH connection.
//!
//! HTTP/2, so that all requests of a walk share one channel.

use super::credentials::AdminCredentials;
use host::Host;
use hyper_util::client::legacy::Client as HttpClient;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::{TokioExecutor, TokioIo};
use kube::Client;
use kube::client::Body;
use kube::client::middleware::BaseUriLayer;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;
use tower::{Layer, Service};

type BoxError = Box<dyn std::error::Error + Send + Sync>;
type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// A name that every API server's certificate carries, whatever the address in use.
const SERVER_NAME: &str = "kubernetes.default.svc";

/// A client for the API server on `host` itself, with the administrator's credentials.
///
/// Connects at its first request, and again whenever the connection was lost.
///
/// # Errors
/// When the credentials are no usable certificates.
pub(crate) fn client(
    host: Host,
    port: u16,
    credentials: &AdminCredentials,
) -> Result<Client, rustls::Error> {
    let connector = Connector { host, port, tls: TlsConnector::from(Arc::new(tls(credentials)?)) };
    let http =
        HttpClient::builder(TokioExecutor::new()).http2_only(true).build::<_, Body>(connector);
    let base = http::Uri::from_static("https://kubernetes.default.svc");
    Ok(Client::new(BaseUriLayer::new(base).layer(http), "default"))
}

fn tls(credentials: &AdminCredentials) -> Result<ClientConfig, rustls::Error> {
    let malformed =
        |_| rustls::Error::General("a certificate in admin.conf is malformed".to_owned());
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(credentials.ca_certificate.as_bytes()) {
        roots.add(certificate.map_err(malformed)?)?;
    }
    let chain: Result<Vec<_>, _> =
        CertificateDer::pem_slice_iter(credentials.client_certificate.as_bytes()).collect();
    let key = PrivateKeyDer::from_pem_slice(credentials.client_key.expose().as_bytes())
        .map_err(malformed)?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_client_auth_cert(chain.map_err(malformed)?, key)?;
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(config)
}

#[derive(Clone)]
struct Connector {
    host: Host,
    port: u16,
    tls: TlsConnector,
}

impl Service<http::Uri> for Connector {
    type Response = Tunnel;
    type Error = BoxError;
    type Future = BoxFuture<Result<Tunnel, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: http::Uri) -> Self::Future {
        let connector = self.clone();
        Box::pin(async move { connector.connect().await })
    }
}

impl Connector {
    async fn connect(self) -> Result<Tunnel, BoxError> {
        let channel = self.host.dial("127.0.0.1", self.port).await?;
        let stream = self.tls.connect(ServerName::try_from(SERVER_NAME)?, channel).await?;
        Ok(Tunnel(TokioIo::new(Box::pin(stream))))
    }
}

trait Stream: AsyncRead + AsyncWrite + Send {}

impl<S: AsyncRead + AsyncWrite + Send> Stream for S {}

/// A byte stream in the shape hyper wants.
struct Tunnel(TokioIo<Pin<Box<dyn Stream>>>);

impl Connection for Tunnel {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl hyper::rt::Read for Tunnel {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: hyper::rt::ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl hyper::rt::Write for Tunnel {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}
