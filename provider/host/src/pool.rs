//! Connections, shared.

use crate::connection::{Connection, Connector};
use crate::endpoint::{Endpoint, Target};
use crate::error::{HostError, UnreachableReason};
use crate::host::{Host, LearnedKey};
use crate::lock::lock;
use crate::profile::Profile;
use futures::FutureExt;
use futures::future::{BoxFuture, Shared};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// Hands out hosts whose connections are shared: one per endpoint and way to log in.
///
/// Cheap to clone; all clones share the same connections, which end with the last handle.
#[derive(Clone, Default)]
pub struct Pool {
    inner: Arc<Inner>,
}

#[derive(Default)]
struct Inner {
    connector: Connector,
    slots: Mutex<HashMap<Endpoint, Vec<Arc<Slot>>>>,
}

/// A connection, or an attempt to make one, that all who want it wait for together.
type Attempt = Shared<BoxFuture<'static, Result<Arc<Connection>, HostError>>>;

/// The place of one connection.
pub(crate) struct Slot {
    profile: Profile,
    /// The pin, where the host has several keys and another handle pins, or met, another one.
    pin: Option<String>,
    current: Mutex<Current>,
}

#[derive(Default)]
struct Current {
    attempt: Option<Attempt>,
    learned: Option<LearnedKey>,
}

impl Pool {
    /// A pool without connections.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A handle of this host; connects at first use.
    #[must_use]
    pub fn host(&self, target: &Target) -> Host {
        Host::new(self.clone(), target.clone())
    }

    /// The place of the connection that serves this profile.
    pub(crate) fn slot(&self, target: &Target, pin: Option<&String>) -> Arc<Slot> {
        let mut slots = lock(&self.inner.slots);
        let slots = slots.entry(target.endpoint.clone()).or_default();
        let serves = |slot: &&Arc<Slot>| slot.profile == target.profile && slot.pin.as_ref() == pin;
        if let Some(slot) = slots.iter().find(serves) {
            return Arc::clone(slot);
        }
        let slot = Arc::new(Slot {
            profile: target.profile.clone(),
            pin: pin.cloned(),
            current: Mutex::default(),
        });
        slots.push(Arc::clone(&slot));
        slot
    }

    /// The connection of a place, made if there is none. An attempt goes on when those who wait
    /// for it give up, and its failure is the answer to all who waited; later ones try again.
    pub(crate) async fn connection(
        &self,
        slot: &Arc<Slot>,
        target: &Arc<Target>,
    ) -> Result<Arc<Connection>, HostError> {
        let attempt = {
            let mut current = lock(&slot.current);
            if let Some(attempt) = current.attempt.as_ref().filter(|attempt| is_good(attempt)) {
                attempt.clone()
            } else {
                let attempt = self.begin(Arc::clone(target));
                current.attempt = Some(attempt.clone());
                attempt
            }
        };
        let connection = attempt.await?;
        lock(&slot.current).learned = Some(connection.learned());
        Ok(connection)
    }

    fn begin(&self, target: Arc<Target>) -> Attempt {
        let (pool, login) = (self.clone(), target.login());
        let task = tokio::spawn(async move { pool.make(&target).await });
        let answer =
            task.map(move |made| made.unwrap_or_else(|error| Err(interrupted(login, error))));
        answer.boxed().shared()
    }

    async fn make(&self, target: &Target) -> Result<Arc<Connection>, HostError> {
        let jump = match target.jump() {
            None => None,
            Some(jump) => {
                let slot = self.slot(&jump, jump.host_key.as_ref());
                let jump = Arc::new(jump);
                let connecting = self.connection(&slot, &jump);
                // Boxed, since a jump host's connection is made in the same way.
                Some(Box::pin(connecting).await?)
            }
        };
        self.inner.connector.connect(target, jump).await.map(Arc::new)
    }
}

impl Slot {
    /// The key that the host showed last.
    pub(crate) fn learned(&self) -> Option<LearnedKey> {
        lock(&self.current).learned.clone()
    }
}

/// Whether an attempt is under way, or came to a connection that still carries something.
fn is_good(attempt: &Attempt) -> bool {
    match attempt.peek() {
        None => true,
        Some(Ok(connection)) => connection.is_alive(),
        Some(Err(_)) => false,
    }
}

/// The attempt ended by a panic or with the runtime.
fn interrupted(login: String, error: tokio::task::JoinError) -> HostError {
    HostError::Unreachable {
        login,
        reason: UnreachableReason::Other,
        source: Some(Arc::new(error)),
    }
}

impl Target {
    /// The jump host as a host of its own.
    fn jump(&self) -> Option<Target> {
        let jump = self.profile.jump.as_deref()?;
        let profile = Profile {
            user: jump.user.clone(),
            port: jump.endpoint.port,
            credentials: jump.credentials.clone(),
            jump: None,
            ..self.profile.clone()
        };
        Some(Target { endpoint: jump.endpoint.clone(), host_key: jump.host_key.clone(), profile })
    }
}
