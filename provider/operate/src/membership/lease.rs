//! The lease by which one process at a time changes the control plane of a cluster.
//!
//! Whether another's has expired is judged by how long it was seen unchanged, on this machine's own
//! clock: clocks of different machines are never compared.

use super::renewal::{Held, LIFE};
use super::turn::{Renewing, Sight, Taking, Turn, take_turn};
use crate::error::{ErrorKind, OperateError};
use crate::kubernetes::{Kubernetes, api_error, passes};
use cluster::membership::metadata::FIELD_MANAGER;
use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use kube::Api;
use kube::api::PostParams;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

const NAMESPACE: &str = "kube-system";
const NAME: &str = "terraform-provider-kubeadm";

/// How often a release is tried that others' writes come before.
const RELEASES: usize = 3;

/// The cluster's lease, held by this process and renewed in the background.
pub(crate) type HeldLease = Held<ClusterLease>;

/// Waits for the cluster's lease and takes it. One `holder` must not take it twice at a time.
///
/// # Errors
/// `Refused`, naming the holder, when another process still has it after `limit`; when the caller
/// gives up, or the API refuses.
pub(crate) async fn take_lease(
    kubernetes: Arc<Kubernetes>,
    holder: &str,
    limit: Duration,
    cancel: &CancellationToken,
) -> Result<HeldLease, OperateError> {
    take_turn(ClusterLease::new(kubernetes, holder), limit, cancel).await
}

impl HeldLease {
    /// Goes on through another API server of the same cluster, beginning at once: the one in use
    /// may be about to go.
    pub(crate) fn renew_through(&self, kubernetes: Arc<Kubernetes>) {
        self.turn().state().kubernetes = kubernetes;
        self.hurry();
    }
}

/// The lease object of a cluster, as one who wants to hold it knows it.
pub(crate) struct ClusterLease {
    holder: String,
    state: Mutex<State>,
}

struct State {
    kubernetes: Arc<Kubernetes>,
    /// What another's lease was like, and since when.
    seen: Option<(Lease, Instant)>,
    /// Ours, as it was last written.
    held: Lease,
}

impl Turn for ClusterLease {
    fn name(&self) -> String {
        format!("the cluster's lease {NAMESPACE}/{NAME}")
    }

    fn last_resort(&self) -> String {
        format!("run: kubectl -n {NAMESPACE} delete lease {NAME}")
    }

    async fn take(&self) -> Result<Taking, OperateError> {
        let found = match self.api().get_opt(NAME).await {
            Ok(found) => found,
            Err(error) => return self.unclear("read", error),
        };
        if let Some(sight) = found.as_ref().and_then(|lease| self.sight(lease)) {
            return Ok(Taking::Busy(sight));
        }
        match self.claim(found).await {
            Ok(lease) => {
                self.state().held = lease;
                Ok(Taking::Taken)
            }
            Err(error) if is_overtaken(&error) => {
                Ok(Taking::Unclear("somebody was faster".to_owned()))
            }
            Err(error) => self.unclear("take", error),
        }
    }

    async fn renew(&self) -> Result<Renewing, OperateError> {
        let mut lease = self.state().held.clone();
        lease.spec.get_or_insert_default().renew_time = Some(now());
        match self.api().replace(NAME, &parameters(), &lease).await {
            Ok(lease) => {
                self.state().held = lease;
                Ok(Renewing::Kept)
            }
            Err(error) if is_overtaken(&error) => self.look_again().await,
            Err(error) => Err(self.failed("renew", error)),
        }
    }

    async fn release(&self) -> Result<(), OperateError> {
        for _ in 0..RELEASES {
            let found = self.api().get_opt(NAME).await;
            let found = found.map_err(|error| self.failed("read", error))?;
            let Some(mut lease) = found.filter(|lease| self.is_ours(lease)) else { return Ok(()) };
            lease.spec.get_or_insert_default().holder_identity = None;
            match self.api().replace(NAME, &parameters(), &lease).await {
                Ok(_) => return Ok(()),
                Err(error) if is_overtaken(&error) => {}
                Err(error) => return Err(self.failed("release", error)),
            }
        }
        Err(self.rewritten("release"))
    }
}

impl ClusterLease {
    fn new(kubernetes: Arc<Kubernetes>, holder: &str) -> Self {
        let state = State { kubernetes, seen: None, held: Lease::default() };
        Self { holder: holder.to_owned(), state: Mutex::new(state) }
    }

    fn api(&self) -> Api<Lease> {
        Api::namespaced(self.state().kubernetes.client.clone(), NAMESPACE)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Who holds the lease; nobody when it was released, is ours, or was seen unchanged for longer
    /// than it lives.
    fn sight(&self, lease: &Lease) -> Option<Sight> {
        let holder = holder_of(lease).filter(|holder| *holder != self.holder)?;
        let mut state = self.state();
        let seen = state.seen.take().filter(|(seen, _)| is_same(seen, lease));
        let since = seen.map_or_else(Instant::now, |(_, since)| since);
        state.seen = Some((lease.clone(), since));
        let idle = since.elapsed();
        (idle <= life(lease)).then(|| Sight { holder: holder.to_owned(), idle })
    }

    /// Writes our name into the lease as it was found, and fails if it was changed since.
    async fn claim(&self, found: Option<Lease>) -> Result<Lease, kube::Error> {
        let is_new = found.is_none();
        let mut lease = found.unwrap_or_default();
        let before = lease.spec.take().unwrap_or_default();
        lease.metadata.name = Some(NAME.to_owned());
        lease.spec = Some(LeaseSpec {
            holder_identity: Some(self.holder.clone()),
            lease_duration_seconds: i32::try_from(LIFE.as_secs()).ok(),
            acquire_time: Some(now()),
            renew_time: Some(now()),
            lease_transitions: Some(
                before.lease_transitions.map_or(0, |count| count.saturating_add(1)),
            ),
            ..before
        });
        if is_new {
            return self.api().create(&parameters(), &lease).await;
        }
        self.api().replace(NAME, &parameters(), &lease).await
    }

    /// A write came before ours: another's, or one of our own whose answer was lost.
    async fn look_again(&self) -> Result<Renewing, OperateError> {
        let found = self.api().get_opt(NAME).await.map_err(|error| self.failed("read", error))?;
        let Some(lease) = found else {
            return Ok(Renewing::Lost("it was deleted".to_owned()));
        };
        if self.is_ours(&lease) {
            self.state().held = lease;
            return Err(self.rewritten("renew"));
        }
        let holder = holder_of(&lease).unwrap_or("somebody who released it since");
        Ok(Renewing::Lost(format!("it was taken by {holder}")))
    }

    fn is_ours(&self, lease: &Lease) -> bool {
        holder_of(lease) == Some(self.holder.as_str())
    }

    fn unclear(&self, verb: &str, error: kube::Error) -> Result<Taking, OperateError> {
        let passes = passes(&error);
        let error = self.failed(verb, error);
        if passes { Ok(Taking::Unclear(error.details.notes.join("; "))) } else { Err(error) }
    }

    fn failed(&self, verb: &str, error: kube::Error) -> OperateError {
        api_error(format!("{verb} {}", self.name()), error)
    }

    fn rewritten(&self, verb: &str) -> OperateError {
        let error = OperateError::new(format!("{verb} {}", self.name()), ErrorKind::Api);
        error.note("somebody else writes to it")
    }
}

/// An empty holder is none.
fn holder_of(lease: &Lease) -> Option<&str> {
    lease.spec.as_ref()?.holder_identity.as_deref().filter(|holder| !holder.is_empty())
}

fn is_same(one: &Lease, other: &Lease) -> bool {
    one.spec == other.spec && one.metadata.resource_version == other.metadata.resource_version
}

/// How long the lease lives by its own word; as long as ours where it says nothing.
fn life(lease: &Lease) -> Duration {
    let seconds = lease.spec.as_ref().and_then(|spec| spec.lease_duration_seconds);
    seconds.map_or(LIFE, |seconds| Duration::from_secs(u64::try_from(seconds).unwrap_or_default()))
}

/// Whether the object is no longer what a write went out from.
fn is_overtaken(error: &kube::Error) -> bool {
    matches!(error, kube::Error::Api(status) if status.code == 409 || status.code == 404)
}

fn parameters() -> PostParams {
    PostParams { field_manager: Some(FIELD_MANAGER.to_owned()), ..PostParams::default() }
}

/// For people who look at the lease; nobody decides by it.
fn now() -> MicroTime {
    MicroTime(Timestamp::now())
}
