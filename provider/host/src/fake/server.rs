//! The fake's door.

use super::State;
use super::session::FakeSession;
use crate::lock::lock;
use russh::keys::{Algorithm, PrivateKey};
use russh::server::{Config, run_stream};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{copy_bidirectional, duplex};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

/// Bytes on the way between the door and the session.
const BUFFER: usize = 64 * 1024;

/// Listens, and cuts connections.
pub(super) struct Server {
    address: SocketAddr,
    host_key: String,
    door: Arc<Door>,
    end: CancellationToken,
}

/// What the listening task and the test share.
struct Door {
    /// Cuts the connections that are open.
    cut: Mutex<CancellationToken>,
    vanished: Mutex<bool>,
    connections: Mutex<usize>,
}

impl Server {
    pub(super) async fn start(state: Arc<State>) -> Self {
        let key = new_key();
        let host_key = crate::host_keys::key_line(key.public_key());
        let listener = listen().await;
        let address = listener.local_addr().unwrap_or(SocketAddr::from(([127, 0, 0, 1], 0)));
        let door = Arc::new(Door {
            cut: Mutex::default(),
            vanished: Mutex::new(false),
            connections: Mutex::new(0),
        });
        let end = CancellationToken::new();
        let serving = serve(listener, Arc::new(config(key)), state, Arc::clone(&door));
        let ended = end.clone();
        tokio::spawn(async move { ended.run_until_cancelled(serving).await });
        Self { address, host_key, door, end }
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(super) fn host_key(&self) -> String {
        self.host_key.clone()
    }

    pub(super) fn connections(&self) -> usize {
        *lock(&self.door.connections)
    }

    pub(super) fn cut(&self) {
        self.door.cut();
    }

    pub(super) fn vanish(&self) {
        *lock(&self.door.vanished) = true;
        self.cut();
    }

    pub(super) fn appear(&self) {
        *lock(&self.door.vanished) = false;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end.cancel();
        self.cut();
    }
}

impl Door {
    fn cut(&self) {
        std::mem::take(&mut *lock(&self.cut)).cancel();
    }

    fn enter(&self) -> Option<CancellationToken> {
        *lock(&self.connections) += 1;
        let open = !*lock(&self.vanished);
        open.then(|| lock(&self.cut).clone())
    }
}

#[expect(clippy::expect_used, reason = "a test without a loopback port cannot go on")]
async fn listen() -> TcpListener {
    TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port on the loopback interface")
}

#[expect(clippy::expect_used, reason = "a test without a host key cannot go on")]
fn new_key() -> PrivateKey {
    PrivateKey::random(&mut russh::keys::key::safe_rng(), Algorithm::Ed25519).expect("a new key")
}

fn config(key: PrivateKey) -> Config {
    Config {
        keys: vec![key],
        nodelay: true,
        auth_rejection_time: Duration::ZERO,
        ..Config::default()
    }
}

async fn serve(listener: TcpListener, config: Arc<Config>, state: Arc<State>, door: Arc<Door>) {
    while let Ok((stream, _)) = listener.accept().await {
        if let Some(cut) = door.enter() {
            let connection =
                connection(stream, Arc::clone(&config), Arc::clone(&state), Arc::clone(&door));
            tokio::spawn(async move { cut.run_until_cancelled(connection).await });
        }
    }
}

/// Carries a connection through a pipe, so that it can be cut at any moment.
async fn connection(
    mut stream: TcpStream,
    config: Arc<Config>,
    state: Arc<State>,
    door: Arc<Door>,
) {
    let (mut near, far) = duplex(BUFFER);
    // Answers travel in small pieces; without this, each waits for an acknowledgement.
    let _ = stream.set_nodelay(true);
    let session = FakeSession::new(state, Box::new(move || door.cut()));
    tokio::spawn(async move {
        if let Ok(running) = run_stream(config, far, session).await {
            let _ = running.await;
        }
    });
    let _ = copy_bidirectional(&mut stream, &mut near).await;
}
