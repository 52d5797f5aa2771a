//! A turn that is held: renewed in the background, and known to be lost when it is.

use super::subject::summary;
use super::turn::{Renewing, Turn};
use crate::error::{ErrorKind, OperateError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;

/// How long after its last renewal a turn is anybody's.
pub(crate) const LIFE: Duration = Duration::from_secs(30);

/// How often it is renewed.
const RENEWAL: Duration = Duration::from_secs(10);

/// How soon it is tried again when that failed.
const RETRY: Duration = Duration::from_secs(2);

/// Longest time for one attempt, so that a server that hangs leaves time for another.
const ATTEMPT: Duration = Duration::from_secs(5);

/// How long after its last renewal we no longer count on it: well before others may take it, so
/// that what is under way then can end.
const TRUSTED: Duration = Duration::from_secs(20);

/// Longest time for giving it back, which also an interrupted apply does.
const RELEASING: Duration = Duration::from_secs(10);

/// A turn that is ours. Dropped without release, it is no longer renewed and expires by itself.
pub(crate) struct Held<T: Turn> {
    turn: Arc<T>,
    state: Arc<State>,
    task: AbortOnDropHandle<()>,
}

impl<T: Turn> Held<T> {
    /// Begins to renew a turn that was taken by an attempt that began at `taken`.
    pub(super) fn start(turn: T, taken: Moment) -> Self {
        let (turn, state) = (Arc::new(turn), Arc::new(State::new(taken)));
        let task = tokio::spawn(keep(Arc::clone(&turn), Arc::clone(&state)));
        Self { turn, state, task: AbortOnDropHandle::new(task) }
    }

    /// To be asked before each step: nothing may be changed any more once the turn is lost,
    /// which it stays.
    ///
    /// # Errors
    /// When it is, with the reason.
    pub(crate) fn require_held(&self) -> Result<(), OperateError> {
        let Some(reason) = self.state.lost() else { return Ok(()) };
        let error = OperateError::new(format!("keep {}", self.turn.name()), ErrorKind::Refused);
        Err(error.note(reason).note("nothing more was changed").advise(
            "make sure that no other apply changes this control plane, then apply again: it goes \
             on from what it finds",
        ))
    }

    /// Renews at once instead of when it is due.
    pub(super) fn hurry(&self) {
        self.state.hurry.notify_one();
    }

    pub(super) fn turn(&self) -> &T {
        &self.turn
    }

    /// Gives the turn back. Failure is only noted: it expires by itself.
    pub(crate) async fn release(self) {
        let Self { turn, task, .. } = self;
        task.abort();
        let _ = task.await;
        match tokio::time::timeout(RELEASING, turn.release()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "{} was not released", turn.name()),
            Err(_) => tracing::warn!("{} was not released in time", turn.name()),
        }
    }
}

/// Renews until the turn is lost; a turn that may be somebody else's is never renewed again.
async fn keep<T: Turn>(turn: Arc<T>, state: Arc<State>) {
    let mut pause = RENEWAL;
    loop {
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = state.hurry.notified() => {}
        }
        let begun = Moment::now();
        tokio::select! {
            renewing = tokio::time::timeout(ATTEMPT, turn.renew()) => {
                pause = state.renewed(begun, renewing.unwrap_or_else(|_| Err(silent())));
            }
            // What it hangs at may be the very thing that was replaced.
            () = state.hurry.notified() => pause = Duration::ZERO,
        }
        if let Some(reason) = state.lost() {
            tracing::error!(reason, "{} is lost", turn.name());
            return;
        }
    }
}

fn silent() -> OperateError {
    let error = OperateError::new("get an answer", ErrorKind::Timeout);
    error.note(format!("none came within {}s", ATTEMPT.as_secs()))
}

/// A command's own words say more than that it failed.
fn trouble(error: &OperateError) -> String {
    let command = error.details.command.as_ref();
    command.map_or_else(|| summary(error), |command| command.output_tail.clone())
}

/// What the task and the holder share.
struct State {
    keeping: Mutex<Keeping>,
    hurry: Notify,
}

struct Keeping {
    /// When the last renewal that succeeded began.
    renewed: Moment,
    /// What the last attempt since then failed with.
    trouble: Option<String>,
    /// Why the turn is lost.
    lost: Option<String>,
}

impl State {
    fn new(renewed: Moment) -> Self {
        let keeping = Keeping { renewed, trouble: None, lost: None };
        Self { keeping: Mutex::new(keeping), hurry: Notify::new() }
    }

    /// Why the turn is lost, if it is.
    fn lost(&self) -> Option<String> {
        self.judged().lost.clone()
    }

    /// Notes what came of a renewal; after which time the next is due.
    fn renewed(&self, begun: Moment, renewing: Result<Renewing, OperateError>) -> Duration {
        let mut keeping = self.judged();
        match renewing {
            Ok(Renewing::Kept) => {
                keeping.trouble = None;
                keeping.renewed = begun;
                RENEWAL
            }
            Ok(Renewing::Lost(reason)) => {
                keeping.lost.get_or_insert(reason);
                RETRY
            }
            Err(error) => {
                let trouble = trouble(&error);
                tracing::warn!(trouble, "{error}, will try again");
                keeping.trouble = Some(trouble);
                RETRY
            }
        }
    }

    /// Time alone loses a turn, also where the task had none to notice.
    fn judged(&self) -> MutexGuard<'_, Keeping> {
        let mut keeping = self.keeping.lock().unwrap_or_else(PoisonError::into_inner);
        if keeping.lost.is_none() && keeping.renewed.elapsed() >= TRUSTED {
            let trouble = keeping.trouble.clone();
            let trouble = trouble.unwrap_or_else(|| "this program had no time to".to_owned());
            let reason = format!("it was not renewed for {}s: {trouble}", TRUSTED.as_secs());
            keeping.lost = Some(reason);
        }
        keeping
    }
}

/// A moment by both clocks of this machine: while a laptop sleeps, the monotonic one may stand.
#[derive(Clone, Copy)]
pub(super) struct Moment {
    monotonic: Instant,
    wall: SystemTime,
}

impl Moment {
    pub(super) fn now() -> Self {
        Self { monotonic: Instant::now(), wall: SystemTime::now() }
    }

    /// The longer of the two times since then; a clock that was set back tells nothing.
    fn elapsed(self) -> Duration {
        self.monotonic.elapsed().max(self.wall.elapsed().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_machine_that_slept_has_lost_its_turn_for_good() {
        let asleep = Moment { wall: SystemTime::now() - TRUSTED, ..Moment::now() };
        let state = State::new(asleep);
        state.renewed(Moment::now(), Ok(Renewing::Kept));
        assert!(state.lost().unwrap().starts_with("it was not renewed for 20s"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_clock_that_is_set_back_loses_nothing() {
        let later = Moment { wall: SystemTime::now() + Duration::from_hours(1), ..Moment::now() };
        let state = State::new(later);
        assert_eq!(state.lost(), None);
        tokio::time::advance(TRUSTED).await;
        assert!(state.lost().is_some());
    }
}
