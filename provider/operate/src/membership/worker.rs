//! Workers: what the provider calls.

use super::departure::Departed;
use super::found::{MembershipFound, Presence};
use super::subject::{Part, Subject};
use crate::Operator;
use crate::error::OperateError;
use cluster::intent::WorkerIntent;
use cluster::membership::Step;
use cluster::membership::worker::{WorkerSituation, plan};
use tokio_util::sync::CancellationToken;

impl Operator {
    /// Makes the host a worker: a join, the rest of an interrupted one, or what a finished one
    /// lacks. Never waits for a control plane that is not there yet.
    ///
    /// # Errors
    /// When the plan is refused, or a step fails; the next call goes on from there.
    pub async fn create_worker(
        &self,
        intent: &WorkerIntent,
        cancel: &CancellationToken,
    ) -> Result<MembershipFound, OperateError> {
        let what = format!("join host {} to cluster {}", intent.node.name, intent.cluster.name);
        self.converge_worker(intent, cancel).await.map_err(|error| error.while_doing(what))
    }

    /// Brings labels, annotations, taints and kubelet arguments of a worker to what is wanted, and
    /// whatever else of it is not as it should be; one that lost its membership joins again.
    ///
    /// # Errors
    /// As [`Operator::create_worker`].
    pub async fn update_worker(
        &self,
        intent: &WorkerIntent,
        cancel: &CancellationToken,
    ) -> Result<MembershipFound, OperateError> {
        let what = format!("update worker {} of cluster {}", intent.node.name, intent.cluster.name);
        self.converge_worker(intent, cancel).await.map_err(|error| error.while_doing(what))
    }

    /// What is found of a worker. Changes nothing.
    ///
    /// # Errors
    /// When the host does not answer ([`OperateError::is_unreachable`]) or cannot be read: nothing
    /// may be concluded then.
    pub async fn read_worker(
        &self,
        intent: &WorkerIntent,
        cancel: &CancellationToken,
    ) -> Result<Presence, OperateError> {
        Subject::new(self, Part::Worker(intent), cancel)?.found().await
    }

    /// Takes the worker out of the cluster; also when its machine, or the cluster, is gone.
    ///
    /// # Errors
    /// When a step fails; the next call goes on from there.
    pub async fn delete_worker(
        &self,
        intent: &WorkerIntent,
        cancel: &CancellationToken,
    ) -> Result<Departed, OperateError> {
        let what =
            format!("remove worker {} from cluster {}", intent.node.name, intent.cluster.name);
        let subject = Subject::new(self, Part::Worker(intent), cancel)?;
        subject.depart().await.map_err(|error| error.while_doing(what))
    }

    async fn converge_worker(
        &self,
        intent: &WorkerIntent,
        cancel: &CancellationToken,
    ) -> Result<MembershipFound, OperateError> {
        let subject = Subject::new(self, Part::Worker(intent), cancel)?;
        subject.settle_same().await?;
        let steps = subject.plan_worker().await?;
        subject.preflight(&steps).await?;
        subject.execute(&steps).await?;
        subject.present().await
    }
}

impl Subject<'_> {
    async fn plan_worker(&self) -> Result<Vec<Step>, OperateError> {
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
