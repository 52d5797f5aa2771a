//! Waiting for conditions: poll, never sleep blindly, stop at once when told to.

use crate::error::{ErrorKind, OperateError};
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// What one look at a condition gave.
pub(crate) enum Look<T> {
    /// It is true.
    Met(T),
    /// It is not yet, and what was seen instead.
    NotYet(String),
}

/// A wait: what for, how long at most, and who may end it.
#[derive(Clone, Copy)]
pub(crate) struct Wait<'a> {
    /// What is waited for, to complete "waited for ...".
    pub(crate) what: &'a str,
    /// Longest time.
    pub(crate) limit: Duration,
    /// Ends the wait at once.
    pub(crate) cancel: &'a CancellationToken,
}

/// The first look is at once; then the pauses grow, so that quick things are seen quickly and slow
/// ones are not pestered.
const PAUSES: [u64; 3] = [100, 250, 500];

impl Wait<'_> {
    /// Looks until the condition is met.
    ///
    /// An error that a look returns ends the wait: what may pass is for the look to tell.
    ///
    /// # Errors
    /// When the limit passes, when the caller gives up, or what the look returned.
    pub(crate) async fn until<T, F>(self, mut look: impl FnMut() -> F) -> Result<T, OperateError>
    where
        F: Future<Output = Result<Look<T>, OperateError>>,
    {
        let deadline = Instant::now() + self.limit;
        let mut pauses = PAUSES.into_iter();
        let mut pause = Duration::ZERO;
        loop {
            let seen = tokio::select! {
                seen = look() => seen?,
                () = self.cancel.cancelled() => return Err(self.cancelled()),
            };
            let seen = match seen {
                Look::Met(value) => return Ok(value),
                Look::NotYet(seen) => seen,
            };
            if Instant::now() >= deadline {
                return Err(self.timed_out(&seen));
            }
            pause = pauses.next().map_or(pause, Duration::from_millis);
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.cancel.cancelled() => return Err(self.cancelled()),
            }
        }
    }

    fn cancelled(self) -> OperateError {
        OperateError::cancelled(format!("wait for {}", self.what))
    }

    fn timed_out(self, seen: &str) -> OperateError {
        OperateError::new(format!("wait for {}", self.what), ErrorKind::Timeout)
            .note(format!("{} did not come true within {}", self.what, seconds(self.limit)))
            .note(format!("last seen: {seen}"))
    }
}

fn seconds(limit: Duration) -> String {
    match limit.as_secs() {
        all if all >= 60 && all % 60 == 0 => format!("{}m", all / 60),
        all => format!("{all}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    fn wait(cancel: &CancellationToken) -> Wait<'_> {
        Wait { what: "the moon", limit: Duration::from_mins(2), cancel }
    }

    #[tokio::test(start_paused = true)]
    async fn a_condition_is_looked_at_until_it_is_met() {
        let cancel = CancellationToken::new();
        let looks = AtomicU32::new(0);
        let met = wait(&cancel).until(|| async {
            let looks = looks.fetch_add(1, Ordering::Relaxed) + 1;
            Ok(if looks < 8 { Look::NotYet("half".to_owned()) } else { Look::Met(looks) })
        });
        assert_eq!(met.await.unwrap(), 8);
    }

    #[tokio::test(start_paused = true)]
    async fn a_limit_tells_what_was_seen_last() {
        let cancel = CancellationToken::new();
        let error = wait(&cancel)
            .until(|| async { Ok(Look::<()>::NotYet("half".to_owned())) })
            .await
            .unwrap_err();
        assert_eq!(error.kind, ErrorKind::Timeout);
        assert_eq!(
            error.details.notes,
            ["the moon did not come true within 2m", "last seen: half"]
        );
    }

    #[tokio::test(start_paused = true)]
    async fn giving_up_ends_even_a_hanging_look() {
        let cancel = CancellationToken::new();
        let canceller = cancel.clone();
        tokio::spawn(async move { canceller.cancel() });
        let error = wait(&cancel).until(std::future::pending::<Result<Look<()>, _>>).await;
        assert!(error.unwrap_err().is_cancelled());
    }

    #[tokio::test(start_paused = true)]
    async fn an_error_ends_the_wait() {
        let cancel = CancellationToken::new();
        let fails = || async { Err::<Look<()>, _>(OperateError::new("look", ErrorKind::Api)) };
        assert_eq!(wait(&cancel).until(fails).await.unwrap_err().kind, ErrorKind::Api);
    }
}
