//! What was observed in this walk, so that all resources of a host share one look.

use super::probe::{Interests, probe};
use cluster::intent::NodeReference;
use cluster::observed::Observed;
use host::{Host, HostError};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a silent host is believed to be silent: the resources of one refresh ask together.
const SILENCE: Duration = Duration::from_mins(1);

/// What was observed in this walk, by host. One look at a time is taken at each host; who comes
/// meanwhile waits for its result.
#[derive(Default)]
pub(crate) struct Observations {
    slots: Mutex<HashMap<Key, Arc<Slot>>>,
    /// Names and machine-ids of all hosts seen so far.
    identities: Mutex<HashMap<Key, (String, String)>>,
}

type Key = (String, u16, Option<String>);
type Slot = tokio::sync::Mutex<Option<Look>>;

enum Look {
    Seen(Arc<Observed>),
    Silent(HostError, Instant),
}

impl Observations {
    /// The last look, if it covers what is asked for; else a new one.
    pub(crate) async fn shared(
        &self,
        node: &NodeReference,
        host: &Host,
        interests: &Interests,
    ) -> Result<Arc<Observed>, HostError> {
        let slot = self.slot(node);
        let mut look = slot.lock().await;
        match look.as_ref() {
            Some(Look::Seen(observed)) if interests.covered_by(observed) => {
                return Ok(observed.clone());
            }
            Some(Look::Silent(error, when)) if when.elapsed() < SILENCE => {
                return Err(error.clone());
            }
            _ => {}
        }
        let (fresh, result) = remembered(probe(host, interests).await);
        *look = fresh;
        if let Some(id) = result.as_ref().ok().and_then(|seen| seen.system.machine_id.known()) {
            self.identify(node, id);
        }
        result
    }

    /// A new look, whatever was seen before.
    pub(crate) async fn fresh(
        &self,
        node: &NodeReference,
        host: &Host,
        interests: &Interests,
    ) -> Result<Arc<Observed>, HostError> {
        self.forget(node);
        self.shared(node, host, interests).await
    }

    /// Forgets what was seen: the host is about to change, or has changed.
    pub(crate) fn forget(&self, node: &NodeReference) {
        self.locked().remove(&key(node));
    }

    /// Names and machine-ids of all hosts seen so far.
    pub(crate) fn identities(&self) -> Vec<(String, String)> {
        let identities = self.identities.lock().unwrap_or_else(PoisonError::into_inner);
        identities.values().cloned().collect()
    }

    fn identify(&self, node: &NodeReference, machine_id: &str) {
        let mut identities = self.identities.lock().unwrap_or_else(PoisonError::into_inner);
        let identity = (node.name.clone(), machine_id.to_owned());
        identities.insert(key(node), identity);
    }

    fn slot(&self, node: &NodeReference) -> Arc<Slot> {
        self.locked().entry(key(node)).or_default().clone()
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, HashMap<Key, Arc<Slot>>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn remembered(
    result: Result<Observed, HostError>,
) -> (Option<Look>, Result<Arc<Observed>, HostError>) {
    match result {
        Ok(observed) => {
            let observed = Arc::new(observed);
            (Some(Look::Seen(observed.clone())), Ok(observed))
        }
        Err(error) if error.is_unreachable() => {
            (Some(Look::Silent(error.clone(), Instant::now())), Err(error))
        }
        Err(error) => (None, Err(error)),
    }
}

fn key(node: &NodeReference) -> Key {
    (node.address.clone(), node.port, node.ssh_profile.clone())
}
