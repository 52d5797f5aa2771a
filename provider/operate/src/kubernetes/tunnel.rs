//! Clients of the API server and of etcd whose connection is a channel of an SSH connection.
//!
//! HTTP/2, so that all requests of a walk share one channel; in the clear HTTP/1, which is all that
//! etcd's JSON gateway speaks there.

use super::credentials::AdminCredentials;
use super::identity::{Identity, config};
use host::Host;
use hyper_util::client::legacy::Client as HttpClient;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::{TokioExecutor, TokioIo};
use kube::Client;
use kube::client::Body;
use kube::client::middleware::BaseUriLayer;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;
use tower::timeout::Timeout;
use tower::{Layer, Service};

type BoxError = Box<dyn std::error::Error + Send + Sync>;
type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// A name that every API server's certificate carries, whatever the address in use.
const SERVER_NAME: &str = "kubernetes.default.svc";

/// Longest time until a request is answered: more than the minute after which the API server itself
/// gives up, so that only a server that hangs is given up here.
const ANSWER: Duration = Duration::from_secs(75);

/// Where a tunnel ends: an address that a host reaches, and the name its certificate must carry.
#[derive(Clone)]
pub(crate) struct Target {
    /// The host from which it is reached.
    pub(crate) host: Host,
    /// Name or address, as the host knows it.
    pub(crate) address: String,
    /// TCP port.
    pub(crate) port: u16,
    /// What the certificate must carry; an address, too.
    pub(crate) server_name: String,
}

/// A client for the API server on `host` itself, with the administrator's credentials.
///
/// # Errors
/// When the credentials are no usable certificates.
pub(crate) fn client(
    host: Host,
    port: u16,
    credentials: &AdminCredentials,
) -> Result<Client, rustls::Error> {
    let identity = Identity {
        ca: &credentials.ca_certificate,
        certificate: &credentials.client_certificate,
        key: &credentials.client_key,
    };
    let (address, server_name) = ("127.0.0.1".to_owned(), SERVER_NAME.to_owned());
    Ok(client_of(Target { host, address, port, server_name }, config(&identity)?))
}

/// A client whose every request goes to `target`.
///
/// Connects at its first request, and again whenever the connection was lost.
pub(crate) fn client_of(target: Target, tls: Arc<ClientConfig>) -> Client {
    let connector = Connector { target, tls: Some(TlsConnector::from(tls)) };
    let http =
        HttpClient::builder(TokioExecutor::new()).http2_only(true).build::<_, Body>(connector);
    let base = http::Uri::from_static("https://kubernetes.default.svc");
    Client::new(BaseUriLayer::new(base).layer(Timeout::new(http, ANSWER)), "default")
}

/// The same in the clear, for a server that calls itself `base`.
pub(crate) fn plain_client_of(target: Target, base: http::Uri) -> Client {
    let connector = Connector { target, tls: None };
    let http = HttpClient::builder(TokioExecutor::new()).build::<_, Body>(connector);
    Client::new(BaseUriLayer::new(base).layer(Timeout::new(http, ANSWER)), "default")
}

#[derive(Clone)]
struct Connector {
    target: Target,
    tls: Option<TlsConnector>,
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
        let Target { host, address, port, server_name } = self.target;
        let channel = host.dial(&address, port).await?;
        let Some(tls) = self.tls else {
            return Ok(Tunnel(TokioIo::new(Box::pin(channel))));
        };
        let stream = tls.connect(ServerName::try_from(server_name)?, channel).await?;
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
