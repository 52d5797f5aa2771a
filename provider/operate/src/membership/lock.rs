//! One change of a control plane at a time, within this process.

use crate::error::OperateError;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};
use tokio_util::sync::CancellationToken;

/// The locks of all clusters, by the cluster's id.
#[derive(Default)]
pub(crate) struct ClusterLocks(Mutex<HashMap<String, Arc<AsyncMutex<()>>>>);

/// Held while a cluster's control plane changes.
pub(crate) type ClusterGuard = OwnedMutexGuard<()>;

impl ClusterLocks {
    /// Waits for its turn. Waiting is safe: the holder is always at work, never waiting for
    /// another resource to begin.
    ///
    /// # Errors
    /// When the caller gives up.
    pub(crate) async fn hold(
        &self,
        cluster_id: &str,
        cancel: &CancellationToken,
    ) -> Result<ClusterGuard, OperateError> {
        let lock = self.of(cluster_id);
        tokio::select! {
            guard = lock.lock_owned() => Ok(guard),
            () = cancel.cancelled() => {
                Err(OperateError::cancelled("wait for another change of the control plane"))
            }
        }
    }

    fn of(&self, cluster_id: &str) -> Arc<AsyncMutex<()>> {
        let mut locks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(locks.entry(cluster_id.to_owned()).or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_cluster_is_changed_by_one_and_others_are_free() {
        let (locks, cancel) = (ClusterLocks::default(), CancellationToken::new());
        let held = locks.hold("a", &cancel).await.unwrap();
        let _other = locks.hold("b", &cancel).await.unwrap();
        let mut second = Box::pin(locks.hold("a", &cancel));
        assert!(futures::poll!(&mut second).is_pending());
        drop(held);
        assert!(second.await.is_ok());
    }

    #[tokio::test]
    async fn waiting_ends_when_told_to() {
        let (locks, cancel) = (ClusterLocks::default(), CancellationToken::new());
        let _held = locks.hold("a", &cancel).await.unwrap();
        cancel.cancel();
        assert!(locks.hold("a", &cancel).await.unwrap_err().is_cancelled());
    }
}
