//! How long is tried what is refused for now.

use super::subject::Subject;
use crate::error::OperateError;
use std::time::Duration;
use tokio::time::Instant;

/// Pause between two attempts at a plan that has to wait for another host's change.
const PAUSE: Duration = Duration::from_secs(2);

/// How long such a plan is tried. The time that others take in their turns does not count.
const PATIENCE: Duration = Duration::from_secs(90);

/// How long a plan is tried that is refused for now.
#[derive(Default)]
pub(crate) struct Patience {
    waited: Duration,
}

impl Patience {
    /// Waits a moment after a turn that was ours since then.
    ///
    /// # Errors
    /// With the refusal once it has lasted too long, or when core asks us to stop.
    pub(crate) async fn wait(
        &mut self,
        refused: OperateError,
        since: Instant,
        subject: &Subject<'_>,
    ) -> Result<(), OperateError> {
        self.waited += since.elapsed();
        if self.waited >= PATIENCE {
            return Err(refused);
        }
        let reasons = refused.details.findings.iter().map(|finding| finding.summary.as_str());
        let reasons = reasons.collect::<Vec<_>>().join("; ");
        tracing::info!(host = subject.name(), "not now: {reasons}");
        self.waited += PAUSE;
        tokio::select! {
            () = tokio::time::sleep(PAUSE) => Ok(()),
            () = subject.cancel.cancelled() => {
                Err(OperateError::cancelled("wait for another change of the control plane"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fake_tests::{member, operator};
    use super::*;
    use crate::error::ErrorKind;
    use crate::membership::member::{Planned, now_or_not};
    use cluster::membership::{Refusal, Step};
    use host::fake::FakeHost;
    use tokio_util::sync::CancellationToken;

    const ATTEMPT: Duration = Duration::from_secs(13);

    fn refusal(subject: &Subject<'_>) -> OperateError {
        subject.refused(Refusal::answers_meanwhile("cp1"))
    }

    #[tokio::test]
    async fn attempts_and_pauses_count_and_the_turns_of_others_do_not() {
        let fake = FakeHost::start().await;
        let (operator, intent, cancel) = (operator(&fake), member(&fake), CancellationToken::new());
        let subject = Subject::new(&operator, &intent, &cancel).unwrap();
        tokio::time::pause();
        let mut patience = Patience::default();
        let mut attempts = 0;
        let error = loop {
            tokio::time::advance(Duration::from_mins(5)).await;
            let since = Instant::now();
            tokio::time::advance(ATTEMPT).await;
            attempts += 1;
            if let Err(error) = patience.wait(refusal(&subject), since, &subject).await {
                break error;
            }
        };
        // Six of 13 s with a pause of 2 s after each are 90 s.
        assert_eq!(attempts, 7);
        assert_eq!(error.kind, ErrorKind::Refused);
        let codes: Vec<_> = error.details.findings.iter().map(|finding| finding.code).collect();
        assert_eq!(codes, [refusal(&subject).details.findings[0].code]);
    }

    /// Also in the middle of a plan: the turn is given back, and whoever has to go first may.
    #[tokio::test]
    async fn a_step_that_is_refused_for_now_is_tried_again() {
        let fake = FakeHost::start().await;
        let (operator, intent, cancel) = (operator(&fake), member(&fake), CancellationToken::new());
        let subject = Subject::new(&operator, &intent, &cancel).unwrap();
        let step = |refusal: Refusal| {
            let work = async { Err(subject.refused(refusal)) };
            subject.membership_step(Step::RenewControlPlane, (0, 1), work)
        };
        let passes = step(Refusal::answers_meanwhile("cp1")).await;
        assert!(matches!(now_or_not(passes).unwrap(), Planned::NotNow(_)));
        assert!(now_or_not(step(Refusal::other_machine("cp1", "m2")).await).is_err());
    }

    #[tokio::test]
    async fn a_stop_ends_it_at_once() {
        let fake = FakeHost::start().await;
        let (operator, intent, cancel) = (operator(&fake), member(&fake), CancellationToken::new());
        let subject = Subject::new(&operator, &intent, &cancel).unwrap();
        tokio::time::pause();
        cancel.cancel();
        let since = Instant::now();
        let error = Patience::default().wait(refusal(&subject), since, &subject).await.unwrap_err();
        assert!(error.is_cancelled(), "{error:?}");
        assert!(since.elapsed() < PAUSE);
    }
}
