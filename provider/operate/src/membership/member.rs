//! How a host becomes and stays a member of the control plane.
//!
//! What concerns the host alone is done before and after its turn, side by side with other hosts. In
//! its turn everything is looked at anew, planned, and carried out; a plan that has to wait for
//! another host's change gives the turn back.

use super::control_plane_turn::ControlPlaneTurn;
use super::patience::Patience;
use super::peers::Seen;
use super::subject::Subject;
use crate::error::OperateError;
use cluster::membership::member::{MemberSituation, PREPARATION, Purpose, plan};
use cluster::membership::{HostState, Refusal, Step, after_turn};
use tokio::time::Instant;

/// What a plan came to.
pub(crate) enum Planned<T> {
    /// This is to be done.
    Now(T),
    /// It was refused, and that may pass without the user.
    NotNow(OperateError),
}

/// What was done before a host's turn.
struct Prepared {
    /// The steps that were carried out.
    steps: Vec<Step>,
    /// Whether the control plane was seen to reach the host.
    reached: bool,
}

impl Subject<'_> {
    /// Makes the host a member, or a member what it should be.
    pub(crate) async fn become_member(&self, purpose: Purpose) -> Result<(), OperateError> {
        self.require_same_machine().await?;
        self.await_runs().await?;
        self.require_same_addresses(purpose).await?;
        let done = self.prepare(purpose).await?;
        let mut patience = Patience::default();
        loop {
            let turn = self.turn().await?;
            let since = Instant::now();
            let entered = self.enter_in_turn(purpose, &done, &turn).await;
            turn.end().await;
            match entered? {
                Planned::Now(steps) => return self.finish(&steps).await,
                Planned::NotNow(refused) => patience.wait(refused, since, self).await?,
            }
        }
    }

    /// Plans, and makes of the plan what others have to wait for.
    async fn enter_in_turn(
        &self,
        purpose: Purpose,
        done: &Prepared,
        turn: &ControlPlaneTurn,
    ) -> Result<Planned<Vec<Step>>, OperateError> {
        // What an apply began that was interrupted goes on, and has no turn any more.
        self.look_anew();
        self.settle_same().await?;
        if !(self.state().await?.is_finished_member() && self.serves().await?) {
            self.settle_peers().await?;
        }
        let steps = match self.plan_member(purpose).await? {
            Planned::Now(steps) => steps,
            Planned::NotNow(refused) => return Ok(Planned::NotNow(refused)),
        };
        if turn.before_cluster() && steps.contains(&Step::Join) {
            let refusal = Refusal::answers_meanwhile(self.name());
            return Ok(Planned::NotNow(self.refused(refusal)));
        }
        self.preflight(&steps).await?;
        if !done.reached {
            self.require_reach(&steps).await?;
        }
        let after = after_turn(&steps);
        let meant = |step: &Step| !done.steps.contains(step) && !after.contains(step);
        let executed = self.execute(&steps, meant, Some(turn)).await;
        now_or_not(executed.map(|()| steps))
    }

    /// What is left of the plan once others may go on.
    async fn finish(&self, steps: &[Step]) -> Result<(), OperateError> {
        let after = after_turn(steps);
        self.execute(steps, |step| after.contains(step), None).await
    }

    /// Does what concerns this host alone: packages and images take their time, and no other host
    /// has to wait for them.
    async fn prepare(&self, purpose: Purpose) -> Result<Prepared, OperateError> {
        let steps = match self.plan_member(purpose).await? {
            Planned::Now(steps) => steps,
            Planned::NotNow(_) if self.state().await?.carries_cluster() => Vec::new(),
            // It will join what is just beginning or changing.
            Planned::NotNow(_) => PREPARATION.to_vec(),
        };
        self.preflight(&steps).await?;
        let reached = self.require_reach(&steps).await?;
        self.execute(&steps, |step| step.prepares(), None).await?;
        let steps = steps.into_iter().filter(|step| step.prepares()).collect();
        Ok(Prepared { steps, reached })
    }

    async fn plan_member(&self, purpose: Purpose) -> Result<Planned<Vec<Step>>, OperateError> {
        let host = self.state().await?;
        // What a member lacks that serves does not depend on others, which may be silent.
        let serves = host.is_finished_member() && self.serves().await?;
        let seen = if serves { self.see_api().await? } else { self.see().await? };
        let version = self.cluster().kubernetes_version.to_string();
        let planned = plan(self.situation(purpose, &version, &host, &seen));
        let planned = now_or_not(planned.map_err(|refusal| self.refused(refusal)))?;
        if let Planned::Now(steps) = &planned {
            self.sound(steps, Some(&host), &seen)?;
        }
        Ok(planned)
    }

    /// What is known of the host as a member.
    pub(super) fn situation<'s>(
        &'s self,
        purpose: Purpose,
        version: &'s str,
        host: &'s HostState,
        seen: &'s Seen,
    ) -> MemberSituation<'s> {
        MemberSituation {
            purpose,
            cluster_id: &self.cluster().id,
            version,
            host_name: self.name(),
            addresses: &seen.addresses,
            is_endpoint: self.cluster().endpoint.is_only(&seen.addresses),
            serves_endpoint: self.cluster().endpoint.kind.is_attached() || host.serves_endpoint,
            host,
            peers: &seen.peers,
            api: &seen.api,
            etcd: &seen.etcd,
        }
    }

    /// Whether the host's own API server serves, and so has its etcd.
    async fn serves(&self) -> Result<bool, OperateError> {
        match self.operator.kubernetes(self.own_way(), self.cancel).await {
            Ok(_) => Ok(true),
            Err(error) if error.is_cancelled() => Err(error),
            Err(_) => Ok(false),
        }
    }
}

/// Tells what may be tried again from what is refused for good or failed.
pub(crate) fn now_or_not<T>(planned: Result<T, OperateError>) -> Result<Planned<T>, OperateError> {
    match planned {
        Ok(plan) => Ok(Planned::Now(plan)),
        Err(error) if error.details.for_now => Ok(Planned::NotNow(error)),
        Err(error) => Err(error),
    }
}
