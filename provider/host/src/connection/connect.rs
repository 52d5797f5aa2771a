//! Making a connection.

use super::Connection;
use super::authenticate::Login;
use super::credentials::{Identities, Keyring};
use super::failure::{handshake, network, unreachable};
use super::handler::{Accepted, Handler, HandlerError};
use crate::endpoint::{Endpoint, Target};
use crate::error::{HostError, HostKeyProblem, UnreachableReason};
use crate::host::Trust;
use crate::host_keys::{HostKeys, Pin};
use crate::lock::lock;
use crate::profile::Profile;
use russh::Preferred;
use russh::client::{Config, Handle, connect_stream};
use russh::keys::PublicKey;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::{Instant, sleep, timeout};

/// Pause before a silent host is tried again: at first, and at most.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// Questions without an answer that end a connection.
const KEEPALIVES: usize = 3;

/// Makes connections, and remembers what must hold for the next one.
#[derive(Default)]
pub(crate) struct Connector {
    keyring: Keyring,
    /// Keys of hosts that nobody knew when they were first seen: they may not change any more.
    first_seen: Mutex<HashMap<Endpoint, PublicKey>>,
}

/// What an attempt needs.
struct Attempt<'a> {
    target: &'a Target,
    login: String,
    config: Arc<Config>,
    keys: HostKeys,
    identities: Arc<Identities>,
    jump: Option<Arc<Connection>>,
}

impl Connector {
    /// Connects and logs in. A host that does not answer is tried again for the profile's time.
    pub(crate) async fn connect(
        &self,
        target: &Target,
        jump: Option<Arc<Connection>>,
    ) -> Result<Connection, HostError> {
        let login = target.login();
        let identities = self.keyring.identities(&target.profile.credentials, &login).await?;
        let keys = self.keys(target).await?;
        let config = Arc::new(config(&target.profile, &keys));
        let attempt = Attempt { target, login, config, keys, identities, jump };
        let connection = attempt.persist().await?;
        self.remember(&target.endpoint, &connection);
        Ok(connection)
    }

    async fn keys(&self, target: &Target) -> Result<HostKeys, HostError> {
        let Endpoint { address, port } = &target.endpoint;
        let problem = |problem| HostError::HostKey { host: target.endpoint.to_string(), problem };
        let pin = match &target.host_key {
            Some(text) => Some(pin(text).map_err(problem)?),
            None => lock(&self.first_seen).get(&target.endpoint).cloned().map(Pin::Key),
        };
        HostKeys::load(address, *port, pin, &target.profile.host_keys).await.map_err(problem)
    }

    fn remember(&self, endpoint: &Endpoint, connection: &Connection) {
        if connection.trust == Trust::FirstContact {
            lock(&self.first_seen).insert(endpoint.clone(), connection.key.clone());
        }
    }
}

/// The pinned key.
pub(crate) fn pin(text: &str) -> Result<Pin, HostKeyProblem> {
    let malformed = || HostKeyProblem::Malformed { what: format!("the pinned host key {text:?}") };
    Pin::parse(text).ok_or_else(malformed)
}

fn config(profile: &Profile, keys: &HostKeys) -> Config {
    let preferred = Preferred {
        key: keys.algorithms().into(),
        host_key_certificates: keys.certificate_algorithms().into(),
        ..Preferred::DEFAULT
    };
    let interval = profile.keepalive_interval;
    Config {
        preferred,
        // Without it, every command waits for the kernel's delayed acknowledgement.
        nodelay: true,
        keepalive_interval: (!interval.is_zero()).then_some(interval),
        keepalive_max: KEEPALIVES,
        ..Config::default()
    }
}

impl Attempt<'_> {
    async fn persist(&self) -> Result<Connection, HostError> {
        let deadline = Instant::now() + self.target.profile.connect_retry;
        let mut pause = FIRST_PAUSE;
        loop {
            let error = match self.once().await {
                Ok(connection) => return Ok(connection),
                Err(error) => error,
            };
            if !may_pass(&error) || Instant::now() + pause > deadline {
                return Err(error);
            }
            tracing::debug!(login = %self.login, %error, "trying again");
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn once(&self) -> Result<Connection, HostError> {
        let limit = self.target.profile.connect_timeout;
        match timeout(limit, self.connect()).await {
            Ok(result) => result,
            Err(_) => Err(unreachable(&self.login, UnreachableReason::Timeout(limit), None)),
        }
    }

    async fn connect(&self) -> Result<Connection, HostError> {
        match &self.jump {
            None => {
                let stream = self.open().await?;
                self.log_in(stream).await
            }
            Some(jump) => {
                let Endpoint { address, port } = &self.target.endpoint;
                let stream = jump.dial(address, *port).await;
                let stream = stream.map_err(|error| self.not_passed_on(jump, error))?;
                self.log_in(stream).await
            }
        }
    }

    async fn open(&self) -> Result<TcpStream, HostError> {
        let Endpoint { address, port } = &self.target.endpoint;
        let mut last = None;
        let addresses = lookup_host((address.as_str(), *port)).await.map_err(|error| {
            let reason = UnreachableReason::Name { name: address.clone() };
            unreachable(&self.login, reason, Some(Arc::new(error)))
        })?;
        for address in addresses {
            match TcpStream::connect(address).await.and_then(without_delay) {
                Ok(stream) => return Ok(stream),
                Err(error) => last = Some(network(&self.login, *port, error)),
            }
        }
        Err(last.unwrap_or_else(|| {
            let reason = UnreachableReason::Name { name: address.clone() };
            unreachable(&self.login, reason, None)
        }))
    }

    async fn log_in<S>(&self, stream: S) -> Result<Connection, HostError>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let accepted = Accepted::default();
        let handler = Handler::new(self.keys.clone(), accepted.clone());
        let mut handle = connect_stream(Arc::clone(&self.config), stream, handler)
            .await
            .map_err(|error| self.not_introduced(error))?;
        self.authenticate(&mut handle).await?;
        let closed = || unreachable(&self.login, UnreachableReason::Closed, None);
        let key = accepted.take().ok_or_else(closed)?;
        Ok(Connection::new(handle, self.login.clone(), key, self.jump.clone()))
    }

    async fn authenticate(&self, handle: &mut Handle<Handler>) -> Result<(), HostError> {
        let (user, port) = (&self.target.profile.user, self.target.endpoint.port);
        Login::new(handle, user, &self.login, port).run(&self.identities).await
    }

    fn not_introduced(&self, error: HandlerError) -> HostError {
        let host = self.target.endpoint.to_string();
        match error {
            HandlerError::HostKey(problem) => HostError::HostKey { host, problem },
            HandlerError::Ssh(error) => handshake(&self.login, self.target.endpoint.port, error),
        }
    }

    fn not_passed_on(&self, jump: &Connection, error: russh::Error) -> HostError {
        let reason = UnreachableReason::Jump { jump: jump.login.clone() };
        unreachable(&self.login, reason, Some(Arc::new(error)))
    }
}

fn without_delay(stream: TcpStream) -> std::io::Result<TcpStream> {
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Whether the next attempt may go better.
fn may_pass(error: &HostError) -> bool {
    match error {
        HostError::Unreachable { reason, .. } => {
            !matches!(reason, UnreachableReason::Protocol { .. })
        }
        _ => false,
    }
}
