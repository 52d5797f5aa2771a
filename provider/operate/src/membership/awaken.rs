//! Wakes a control plane whose kubelet may only have been stopped, so that who leaves a cluster can
//! still say so to its API.

use super::subject::summary;
use super::wait::{Look, Wait};
use super::ways::Ways;
use crate::Operator;
use crate::error::OperateError;
use crate::site::Site;
use cluster::intent::NodeReference;
use cluster::membership::may_be_asleep;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;

/// Longest time until the API of a control plane answers after its kubelet was started.
const AWAKENING: Duration = Duration::from_mins(2);

/// What came of the attempts of this walk, by the cluster's id: everything that leaves a cluster
/// together asks for the same, and what does not wake once is not waited for again.
#[derive(Default)]
pub(crate) struct Awakenings(Mutex<HashMap<String, Arc<OnceCell<bool>>>>);

impl Awakenings {
    fn of(&self, cluster_id: &str) -> Arc<OnceCell<bool>> {
        let mut attempts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(attempts.entry(cluster_id.to_owned()).or_default())
    }
}

impl Operator {
    /// Starts the kubelet of control plane hosts whose API is silent, and waits for it; whether it
    /// came up. A host without an API server's static pod is not waited for.
    ///
    /// # Errors
    /// When the caller gives up.
    pub(crate) async fn awaken(
        &self,
        ways: Ways<'_>,
        cancel: &CancellationToken,
    ) -> Result<bool, OperateError> {
        let attempt = self.membership().awakenings.of(ways.cluster_id.unwrap_or_default());
        attempt.get_or_try_init(|| self.awaken_any(ways, cancel)).await.copied()
    }

    async fn awaken_any(
        &self,
        ways: Ways<'_>,
        cancel: &CancellationToken,
    ) -> Result<bool, OperateError> {
        for way in ways.hosts {
            match self.awaken_host(way, ways.cluster_id.unwrap_or_default(), cancel).await {
                Ok(true) => return Ok(true),
                Ok(false) => {}
                Err(error) if error.is_cancelled() => return Err(error),
                Err(error) => {
                    tracing::warn!(host = %way.name, reason = %summary(&error), "the API server was not brought back");
                }
            }
        }
        Ok(false)
    }

    async fn awaken_host(
        &self,
        way: &NodeReference,
        cluster_id: &str,
        cancel: &CancellationToken,
    ) -> Result<bool, OperateError> {
        let site = Site::new(self, way, cancel)?;
        if !may_be_asleep(&way.name, cluster_id, &*site.look().await?) {
            return Ok(false);
        }
        tracing::info!(host = %way.name, "waking the control plane");
        site.systemctl("start").await?;
        let ways = Ways { cluster_id: Some(cluster_id), hosts: std::slice::from_ref(way) };
        self.await_api_server(ways, AWAKENING, cancel).await.map(|()| true)
    }

    /// Waits until the API server that `ways` lead to says that it is ready.
    pub(crate) async fn await_api_server(
        &self,
        ways: Ways<'_>,
        limit: Duration,
        cancel: &CancellationToken,
    ) -> Result<(), OperateError> {
        let wait = Wait { what: "the API server to be ready", limit, cancel };
        wait.until(|| async {
            let kubernetes = match self.kubernetes(ways, cancel).await {
                Ok(kubernetes) => kubernetes,
                Err(error) if error.is_cancelled() => return Err(error),
                Err(error) => return Ok(Look::NotYet(summary(&error))),
            };
            Ok(match kubernetes.ready().await {
                Ok(()) => Look::Met(()),
                Err(reason) => Look::NotYet(reason),
            })
        })
        .await
    }
}
