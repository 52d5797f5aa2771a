//! The turn to change a control plane, among processes: what it takes to be one, and the wait for it.

use super::renewal::{Held, LIFE, Moment};
use super::wait::{Look, Wait};
use crate::error::{ErrorKind, OperateError};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Longest time for one attempt to take a turn; what does not answer is asked again.
const ATTEMPT: Duration = Duration::from_secs(10);

/// Something that one process at a time holds, for as long as it renews it.
pub(crate) trait Turn: Send + Sync + 'static {
    /// How it is called in messages, to complete "failed to take ...".
    fn name(&self) -> String;

    /// How a user frees it who knows that nobody holds it: a command, and where.
    fn last_resort(&self) -> String;

    /// Takes it if it is free, released, expired, or ours by an attempt whose answer was lost.
    fn take(&self) -> impl Future<Output = Result<Taking, OperateError>> + Send;

    /// Tells that we still hold it. An error is one that may pass.
    fn renew(&self) -> impl Future<Output = Result<Renewing, OperateError>> + Send;

    /// Gives it back, unless somebody else has it by now.
    fn release(&self) -> impl Future<Output = Result<(), OperateError>> + Send;
}

/// What an attempt to take a turn came to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Taking {
    /// It is ours.
    Taken,
    /// Somebody else has it.
    Busy(Sight),
    /// It cannot be told yet, and why.
    Unclear(String),
}

/// What an attempt to renew a turn came to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Renewing {
    /// It is still ours.
    Kept,
    /// It is not, and how that is known.
    Lost(String),
}

/// Who holds a turn, and since when it shows no sign of life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sight {
    pub(crate) holder: String,
    pub(crate) idle: Duration,
}

/// Waits until the turn is ours, then renews it until it is released or dropped.
///
/// # Errors
/// `Refused` when somebody else still has it after `limit`, `Timeout` when it could not even be
/// told who has it; when the caller gives up, or an attempt fails in a way that does not pass.
pub(crate) async fn take_turn<T: Turn>(
    turn: T,
    limit: Duration,
    cancel: &CancellationToken,
) -> Result<Held<T>, OperateError> {
    let (name, queue) = (turn.name(), Queue::default());
    let wait = Wait { what: &name, limit, cancel };
    let taken = wait.until(|| async {
        let begun = Moment::now();
        Ok(match attempt(&turn).await? {
            Taking::Taken => Look::Met(begun),
            Taking::Busy(sight) => Look::NotYet(queue.behind(&name, sight)),
            Taking::Unclear(reason) => Look::NotYet(reason),
        })
    });
    match taken.await {
        Ok(begun) => Ok(Held::start(turn, begun)),
        Err(error) => Err(queue.explained(error, &turn, limit)),
    }
}

async fn attempt(turn: &impl Turn) -> Result<Taking, OperateError> {
    let taking = tokio::time::timeout(ATTEMPT, turn.take()).await;
    let silent = || Taking::Unclear(format!("no answer within {}s", ATTEMPT.as_secs()));
    taking.unwrap_or_else(|_| Ok(silent()))
}

/// Who was last seen before us.
#[derive(Default)]
struct Queue(Mutex<Option<Sight>>);

impl Queue {
    /// Notes who is before us; says so when it is somebody else than before.
    fn behind(&self, name: &str, sight: Sight) -> String {
        let mut last = self.lock();
        let holder = sight.holder.as_str();
        if last.as_ref().is_none_or(|last| last.holder != holder) {
            tracing::info!(holder, "waiting for {name}");
        }
        let seen = format!("{holder} holds it");
        *last = Some(sight);
        seen
    }

    /// Names the holder, where the wait was for one.
    fn explained(&self, error: OperateError, turn: &impl Turn, limit: Duration) -> OperateError {
        match self.lock().take() {
            Some(sight) if error.kind == ErrorKind::Timeout => refused(turn, &sight, limit),
            _ => error,
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Sight>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn refused(turn: &impl Turn, sight: &Sight, limit: Duration) -> OperateError {
    OperateError::new(format!("take {}", turn.name()), ErrorKind::Refused)
        .note(format!("{} holds it, and still did after {}s", sight.holder, limit.as_secs()))
        .note(format!("its last renewal was seen {}s ago", sight.idle.as_secs()))
        .advise(format!(
            "wait for the other apply to end, then apply again; if none runs, it expires by itself \
             {}s after its last renewal; as a last resort, {}",
            LIFE.as_secs(),
            turn.last_resort()
        ))
}
