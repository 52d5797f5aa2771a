//! The socket, and the connections that come in over it.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime};

use futures::Stream;
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{mpsc, watch};
use tokio_rustls::TlsAcceptor;
use tonic::transport::server::Connected;

/// Longer than a busy machine needs, short enough that silent strangers do not pile up.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(30);

/// A directory for one socket that only this user may enter; gone when dropped.
pub(super) struct SocketDirectory(PathBuf);

impl SocketDirectory {
    pub(super) fn create(parent: &Path) -> io::Result<Self> {
        let directory = parent.join(unique_name());
        DirBuilder::new().mode(0o700).create(&directory)?;
        Ok(Self(directory))
    }

    pub(super) fn socket(&self) -> PathBuf {
        self.0.join("socket")
    }
}

/// Socket paths end at 108 bytes, so this is short.
fn unique_name() -> String {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let nanoseconds = now.map_or(0, |now| now.subsec_nanos());
    format!("plugin-{}-{nanoseconds}", std::process::id())
}

impl Drop for SocketDirectory {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            tracing::debug!("the socket's directory stays: {error}");
        }
    }
}

/// Connections as they come; each handshake runs by itself, so that one that hangs holds up no
/// other. `count` tells how many are open.
pub(super) fn connections(
    listener: UnixListener,
    tls: Option<Arc<ServerConfig>>,
    count: watch::Sender<usize>,
) -> impl Stream<Item = io::Result<Connection>> {
    let (sender, receiver) = mpsc::channel(1);
    tokio::spawn(accept_all(listener, tls.map(TlsAcceptor::from), count, sender));
    futures::stream::unfold(receiver, |mut receiver| async {
        let connection = receiver.recv().await?;
        Some((Ok(connection), receiver))
    })
}

async fn accept_all(
    listener: UnixListener,
    tls: Option<TlsAcceptor>,
    count: watch::Sender<usize>,
    sender: mpsc::Sender<Connection>,
) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = sender.closed() => return,
        };
        match accepted {
            Ok((stream, _)) => {
                let (tls, count, sender) = (tls.clone(), count.clone(), sender.clone());
                tokio::spawn(async move {
                    if let Some(io) = shake_hands(stream, tls).await {
                        // The receiver is gone only when the server has ended.
                        drop(sender.send(Connection::new(io, count)).await);
                    }
                });
            }
            Err(error) => tracing::warn!("a connection could not be accepted: {error}"),
        }
    }
}

async fn shake_hands(stream: UnixStream, tls: Option<TlsAcceptor>) -> Option<Box<dyn Io>> {
    let Some(tls) = tls else {
        return Some(Box::new(stream));
    };
    match tokio::time::timeout(HANDSHAKE_TIMEOUT, tls.accept(stream)).await {
        Ok(Ok(stream)) => Some(Box::new(stream)),
        Ok(Err(error)) => {
            tracing::warn!("a connection was refused: {error}");
            None
        }
        Err(_) => {
            tracing::warn!("a connection was dropped: it said nothing");
            None
        }
    }
}

trait Io: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// An accepted connection; counted while it lives.
pub(super) struct Connection {
    io: Box<dyn Io>,
    count: watch::Sender<usize>,
}

impl Connection {
    fn new(io: Box<dyn Io>, count: watch::Sender<usize>) -> Self {
        count.send_modify(|count| *count += 1);
        Self { io, count }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.count.send_modify(|count| *count -= 1);
    }
}

impl Connected for Connection {
    type ConnectInfo = ();

    fn connect_info(&self) {}
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(context, buffer)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }
}
