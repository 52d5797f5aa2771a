//! TCP connections that a host makes for us.

use super::{Connection, failure};
use crate::error::HostError;
use russh::ChannelStream;
use russh::client::Msg;
use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A TCP connection made by the host and carried by the SSH connection, which it keeps alive.
pub struct Tunnel {
    stream: ChannelStream<Msg>,
    _connection: Arc<Connection>,
}

impl Connection {
    /// Makes the host connect to somewhere. Tunnels are no sessions, so sshd does not count them.
    pub(crate) async fn dial(
        self: &Arc<Self>,
        address: &str,
        port: u16,
    ) -> Result<Tunnel, russh::Error> {
        let channel =
            self.handle.channel_open_direct_tcpip(address, u32::from(port), "127.0.0.1", 0).await?;
        Ok(Tunnel { stream: channel.into_stream(), _connection: Arc::clone(self) })
    }

    /// What it means that the host did not connect.
    pub(crate) fn dial_failed(&self, address: &str, port: u16, error: russh::Error) -> HostError {
        let purpose = format!("a connection to {address}:{port}");
        failure::open(&self.login, purpose, error)
    }
}

impl fmt::Debug for Tunnel {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Tunnel")
    }
}

impl AsyncRead for Tunnel {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Tunnel {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
