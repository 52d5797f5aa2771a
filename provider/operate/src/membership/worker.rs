//! How a host becomes and stays a worker.

use super::peers::Seen;
use super::subject::Subject;
use crate::error::OperateError;
use cluster::membership::Step;
use cluster::membership::member::Purpose;
use cluster::membership::worker::{WorkerSituation, plan};

impl Subject<'_> {
    /// Makes the host a worker, or a worker what it should be.
    pub(crate) async fn become_worker(&self, purpose: Purpose) -> Result<(), OperateError> {
        self.settle_same().await?;
        self.require_same_addresses(purpose).await?;
        let steps = self.plan_worker(purpose).await?;
        self.preflight(&steps).await?;
        self.require_reach(&steps).await?;
        self.execute(&steps, |_| true, None).await
    }

    /// The steps that make the host a worker, or a worker what it should be.
    async fn plan_worker(&self, purpose: Purpose) -> Result<Vec<Step>, OperateError> {
        let host = self.state().await?;
        let seen = Seen::of_worker(self.api().await?);
        let version = self.cluster().kubernetes_version.to_string();
        let situation = WorkerSituation {
            purpose,
            cluster_id: &self.cluster().id,
            version: &version,
            host_name: self.name(),
            host: &host,
            api: &seen.api,
        };
        let steps = plan(situation).map_err(|refusal| self.refused(refusal))?;
        self.sound(&steps, Some(&host), &seen)?;
        Ok(steps)
    }
}
