//! What is to be done for a worker.

use super::subject::Subject;
use crate::error::OperateError;
use cluster::membership::Step;
use cluster::membership::worker::{WorkerSituation, plan};

impl Subject<'_> {
    /// The steps that make the host a worker, or a worker what it should be.
    pub(crate) async fn plan_worker(&self) -> Result<Vec<Step>, OperateError> {
        let host = self.state().await?;
        let api = self.api().await?;
        let version = self.cluster().kubernetes_version.to_string();
        let situation = WorkerSituation {
            cluster_id: &self.cluster().id,
            version: &version,
            host_name: self.name(),
            host: &host,
            api: &api,
        };
        let steps = plan(situation).map_err(|refusal| self.refused(refusal))?;
        self.sound(&steps, Some(&host), &[], &api)?;
        Ok(steps)
    }
}
