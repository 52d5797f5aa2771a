//! Carries a plan out, step by step.

use super::control_plane_turn::ControlPlaneTurn;
use super::subject::Subject;
use crate::error::{OperateError, StepPosition};
use crate::site::Site;
use cluster::membership::Step;

impl Subject<'_> {
    /// Carries out those steps of a plan that are `meant`, each with its goal, as long as the
    /// turn is ours. The first that fails ends it; the next apply plans anew from what it then finds.
    pub(crate) async fn execute(
        &self,
        steps: &[Step],
        meant: impl Fn(&Step) -> bool + Send,
        turn: Option<&ControlPlaneTurn>,
    ) -> Result<(), OperateError> {
        for (index, step) in steps.iter().enumerate().filter(|(_, step)| meant(step)) {
            if let Some(turn) = turn {
                self.may_make(*step, turn).await?;
            }
            // Boxed, since the steps of all roles are in it.
            let work = Box::pin(self.carry_out(*step));
            self.membership_step(*step, (index, steps.len()), work).await?;
        }
        Ok(())
    }

    async fn carry_out(&self, step: Step) -> Result<(), OperateError> {
        match step {
            Step::Claim(entry) => self.claim(entry).await,
            Step::InstallPackages => self.install_packages().await,
            Step::PullImages => self.pull_images().await,
            Step::Initialize(phases) => self.initialize(phases).await,
            Step::AwaitApiServer => self.await_api_server().await,
            Step::DeleteGhost | Step::DeleteNode => self.delete_node().await,
            Step::AdmitMember => self.admit_member().await,
            Step::Join => self.join().await,
            Step::AwaitVoter => self.await_voter().await,
            Step::StartKubelet => self.start_kubelet().await,
            Step::CertifyNames => self.certify_names().await,
            Step::RenewControlPlane => Box::pin(self.renew_control_plane()).await,
            Step::ConfigureKubelet => self.configure_kubelet().await,
            Step::AttachEndpoint(serving) => Box::pin(self.attach_endpoint(serving)).await,
            Step::WithdrawEndpoint => self.withdraw_endpoint().await,
            Step::AwaitRegistration => self.await_registration().await,
            Step::RecordAuthority => self.record_authority().await,
            Step::ApplyMetadata => self.apply_metadata().await,
            Step::AwaitReady => self.await_ready().await,
            Step::Drain => self.drain().await,
            Step::MoveLeader => self.move_leader().await,
            Step::RemoveMember => self.remove_member().await,
            Step::Reset => self.reset().await,
            Step::CleanUp => self.clean_up().await,
            Step::RemovePackages => self.remove_packages_and_endpoint().await,
            Step::Disclaim => self.disclaim().await,
        }
    }
}

impl Site<'_> {
    /// Carries out a step of a plan by `work`: the one at `index` `of` so many. What is left on the
    /// host explains its failure.
    pub(crate) async fn membership_step(
        &self,
        step: Step,
        (index, of): (usize, usize),
        work: impl Future<Output = Result<(), OperateError>> + Send,
    ) -> Result<(), OperateError> {
        let position = StepPosition { name: step.name().to_owned(), index: index + 1, of };
        let explained = async {
            match work.await {
                Ok(()) => Ok(()),
                Err(error) => Err(self.explained(error).await),
            }
        };
        self.step(position, Some(step.goal()), explained).await
    }
}
