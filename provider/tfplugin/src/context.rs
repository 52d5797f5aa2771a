//! What every call is given besides its request.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::{Diagnostic, Diagnostics, GoDuration, Provider};

/// Surroundings of one call: the configured provider, the stop signal, a place for warnings.
#[derive(Debug)]
pub struct Context<P: Provider> {
    data: Option<Arc<P::Data>>,
    cancellation: CancellationToken,
    warnings: Mutex<Diagnostics>,
}

impl<P: Provider> Context<P> {
    pub(crate) fn new(data: Option<Arc<P::Data>>, cancellation: CancellationToken) -> Self {
        Self { data, cancellation, warnings: Mutex::default() }
    }

    /// What [`Provider::configure`] made; `None` while the provider's configuration holds
    /// values that are not known yet. Then plan from state and configuration alone.
    #[must_use]
    pub fn data(&self) -> Option<&Arc<P::Data>> {
        self.data.as_ref()
    }

    /// What [`Provider::configure`] made, where nothing can be done without it.
    ///
    /// # Errors
    /// When the provider's configuration is not known yet.
    pub fn require_data(&self) -> Result<&Arc<P::Data>, Diagnostic> {
        self.data().ok_or_else(|| {
            Diagnostic::error("the provider's configuration is not known yet").detail(
                "It depends on values that are known only after apply. \
                 Apply the objects it depends on first, for example with -target.",
            )
        })
    }

    /// Is cancelled when the user interrupts: leave what is in flight in a state from which the
    /// next apply can go on, and return an error with the partial state. If core itself is killed,
    /// the call is dropped where it stands.
    #[must_use]
    pub fn cancellation(&self) -> &CancellationToken {
        &self.cancellation
    }

    /// Tells the user something without failing.
    pub fn warn(&self, warning: Diagnostic) {
        self.lock_warnings().push(warning);
    }

    /// Writes a line about the progress to the provider's log.
    pub fn progress(&self, message: &str) {
        tracing::info!(target: "progress", "{message}");
    }

    /// Runs `work` until it ends, the time is over or the user interrupts. In the last two cases
    /// `work` is dropped where it stands.
    ///
    /// # Errors
    /// When the time is over or the user interrupted; the text says which, and `doing`.
    pub async fn within<T>(
        &self,
        timeout: Duration,
        doing: &str,
        work: impl Future<Output = T>,
    ) -> Result<T, Diagnostic> {
        tokio::select! {
            done = work => Ok(done),
            () = self.cancellation.cancelled() => {
                Err(Diagnostic::error(format!("interrupted while {doing}")))
            }
            () = tokio::time::sleep(timeout) => Err(Diagnostic::error(format!(
                "{doing} took longer than {}",
                GoDuration::from(timeout)
            ))),
        }
    }

    pub(crate) fn take_warnings(&self) -> Diagnostics {
        std::mem::take(&mut *self.lock_warnings())
    }

    fn lock_warnings(&self) -> std::sync::MutexGuard<'_, Diagnostics> {
        self.warnings.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
