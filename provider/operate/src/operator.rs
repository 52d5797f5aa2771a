//! The one object the provider calls.

use crate::error::{ErrorKind, HostLabel, OperateError};
use crate::membership::TailscaleApi;
use crate::observe::{Interests, Observations};
use cluster::intent::NodeReference;
use cluster::node::NodeIntent;
use cluster::observed::Observed;
use host::{Host, HostError, Pool, Profile, Target};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Looks at hosts and changes them; cheap to clone, one for a whole walk.
///
/// Connections, observations and locks are shared by all clones and live as long as the walk.
#[derive(Clone)]
pub struct Operator {
    inner: Arc<Inner>,
    patience: Patience,
}

/// How long a host that does not answer is tried again.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Patience {
    /// As long as the profile says: it may just be booting.
    Change,
    /// No longer than one attempt may take: a look at many hosts must not wait for one.
    Look,
}

struct Inner {
    pool: Pool,
    profiles: Profiles,
    tailscale_api: Option<TailscaleApi>,
    observations: Observations,
    membership: crate::membership::Shared,
}

/// Ways to log in: the provider's `ssh` and its `ssh_profiles`.
#[derive(Clone, Default)]
pub struct Profiles {
    /// Taken by hosts that name no profile.
    pub default: Profile,
    /// By the name that hosts give as `ssh_profile`.
    pub named: BTreeMap<String, Profile>,
}

impl Operator {
    /// An operator that logs in with these profiles; connects to nothing yet.
    #[must_use]
    pub fn new(profiles: Profiles) -> Self {
        Self::with_tailscale_api(profiles, None)
    }

    /// The same, which approves routes by the API of a tailnet's control server.
    #[must_use]
    pub fn with_tailscale_api(profiles: Profiles, tailscale_api: Option<TailscaleApi>) -> Self {
        let (pool, observations) = (Pool::new(), Observations::default());
        let membership = crate::membership::Shared::default();
        let inner = Arc::new(Inner { pool, profiles, tailscale_api, observations, membership });
        Self { inner, patience: Patience::Change }
    }

    /// The same for looks that conclude nothing from silence: a host that does not answer is tried
    /// again for half of its `connect_timeout` at most.
    #[must_use]
    pub fn looking(&self) -> Self {
        Self { patience: Patience::Look, ..self.clone() }
    }

    /// The API of the tailnet's control server, when one is configured.
    pub(crate) fn tailscale_api(&self) -> Option<&TailscaleApi> {
        self.inner.tailscale_api.as_ref()
    }

    /// What operations on clusters share.
    pub(crate) fn membership(&self) -> &crate::membership::Shared {
        &self.inner.membership
    }

    /// What a host is like, as seen once in this walk and shared by all who ask.
    ///
    /// # Errors
    /// When the host does not answer or does not let us in.
    pub async fn observe_node(
        &self,
        node: &NodeReference,
        cancel: &CancellationToken,
    ) -> Result<Arc<Observed>, OperateError> {
        self.observe_with(node, &Interests::default(), cancel).await
    }

    /// What a host is like, with all that its intent is about.
    ///
    /// # Errors
    /// When the host does not answer or does not let us in.
    pub async fn read_node(
        &self,
        intent: &NodeIntent,
        cancel: &CancellationToken,
    ) -> Result<Arc<Observed>, OperateError> {
        self.observe_with(&intent.node, &Interests::of(intent), cancel).await
    }

    /// The last look, or a new one where that did not see all of it.
    pub(crate) async fn observe_with(
        &self,
        node: &NodeReference,
        interests: &Interests,
        cancel: &CancellationToken,
    ) -> Result<Arc<Observed>, OperateError> {
        let intent = format!("look at host {}", node.name);
        let host = self.host(node)?;
        let look = self.inner.observations.shared(node, &host, interests);
        self.guarded(node, &intent, cancel, look).await
    }

    /// What a host is like now, whatever was seen before.
    pub(crate) async fn observe_fresh(
        &self,
        node: &NodeReference,
        interests: &Interests,
        cancel: &CancellationToken,
    ) -> Result<Arc<Observed>, OperateError> {
        let intent = format!("look at host {}", node.name);
        let host = self.host(node)?;
        let look = self.inner.observations.fresh(node, &host, interests);
        self.guarded(node, &intent, cancel, look).await
    }

    /// To be called before and after a host is changed.
    pub(crate) fn forget(&self, node: &NodeReference) {
        self.inner.observations.forget(node);
    }

    /// Names and machine-ids of all hosts seen in this walk.
    pub(crate) fn identities(&self) -> Vec<(String, String)> {
        self.inner.observations.identities()
    }

    /// The host key that was accepted, when the host was connected in this walk.
    ///
    /// # Errors
    /// When the host's SSH profile is unknown.
    pub fn host_key(&self, node: &NodeReference) -> Result<Option<host::LearnedKey>, OperateError> {
        Ok(self.host(node)?.learned_host_key())
    }

    /// The host behind a reference; connects at first use.
    pub(crate) fn host(&self, node: &NodeReference) -> Result<Host, OperateError> {
        let mut profile = self.profile(node)?.clone();
        if self.patience == Patience::Look {
            profile.connect_retry = profile.connect_retry.min(profile.connect_timeout / 2);
        }
        let mut target = Target::new(&node.address, profile).port(node.port);
        target.host_key.clone_from(&node.host_key);
        Ok(self.inner.pool.host(&target))
    }

    fn profile(&self, node: &NodeReference) -> Result<&Profile, OperateError> {
        let profiles = &self.inner.profiles;
        let Some(name) = &node.ssh_profile else { return Ok(&profiles.default) };
        profiles.named.get(name).ok_or_else(|| {
            OperateError::new(
                format!("find SSH profile {name}, which host {} asks for", node.name),
                ErrorKind::Configuration,
            )
            .advise("add it to ssh_profiles of the provider's configuration")
        })
    }

    /// How a host is named in messages.
    pub(crate) fn label(&self, node: &NodeReference) -> HostLabel {
        let login = self.host(node).map_or_else(|_| node.address.clone(), |host| host.login());
        HostLabel { name: node.name.clone(), login }
    }

    /// Waits for something on a host, unless core asks us to stop.
    pub(crate) async fn guarded<T>(
        &self,
        node: &NodeReference,
        intent: &str,
        cancel: &CancellationToken,
        work: impl Future<Output = Result<T, HostError>>,
    ) -> Result<T, OperateError> {
        let result = tokio::select! {
            biased;
            () = cancel.cancelled() => Err(OperateError::cancelled(intent)),
            result = work => result.map_err(|error| OperateError::host(intent, error)),
        };
        result.map_err(|error| error.on(self.label(node)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use host::fake::FakeHost;
    use std::time::{Duration, Instant};

    #[tokio::test]
    async fn a_look_does_not_wait_until_a_silent_host_may_have_booted() {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let fake = FakeHost::start().await;
        let default = Profile {
            connect_timeout: Duration::from_millis(200),
            connect_retry: Duration::from_mins(1),
            ..fake.profile()
        };
        let operator = Operator::new(Profiles { default, named: BTreeMap::new() });
        let node = serde_json::json!({ "name": "cp1", "address": "127.0.0.1", "port": port });
        let node: NodeReference = serde_json::from_value(node).unwrap();
        let begun = Instant::now();
        let looked = operator.looking().observe_node(&node, &CancellationToken::new()).await;
        assert!(looked.unwrap_err().is_unreachable());
        assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
    }
}
