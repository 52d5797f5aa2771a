//! Panics become messages.

use std::any::Any;
use std::cell::RefCell;
use std::future::Future;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};

use futures::FutureExt as _;

use crate::{Diagnostic, Diagnostics};

thread_local! {
    /// Where the last panic of this thread was. It unwinds into `guard` on the same thread.
    static LOCATION: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// From now on panics are logged, and [`guard`] can tell where they were.
pub(crate) fn install_panic_hook() {
    std::panic::set_hook(Box::new(|panic: &PanicHookInfo<'_>| {
        let location = panic.location().map(ToString::to_string);
        tracing::error!(
            location = location.as_deref().unwrap_or("unknown"),
            "panic: {}",
            text(panic.payload())
        );
        LOCATION.set(location);
    }));
}

/// Runs a call; a panic in it is an error.
pub(crate) async fn guard<T>(
    call: impl Future<Output = Result<T, Diagnostics>>,
) -> Result<T, Diagnostics> {
    match AssertUnwindSafe(call).catch_unwind().await {
        Ok(result) => result,
        Err(payload) => Err(diagnostic(payload.as_ref()).into()),
    }
}

/// Runs a call; a panic in it is an error.
pub(crate) fn guard_sync<T>(
    call: impl FnOnce() -> Result<T, Diagnostics>,
) -> Result<T, Diagnostics> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(result) => result,
        Err(payload) => Err(diagnostic(payload.as_ref()).into()),
    }
}

fn diagnostic(payload: &(dyn Any + Send)) -> Diagnostic {
    let location = LOCATION.take().unwrap_or_else(|| "an unknown place".to_owned());
    Diagnostic::error("the provider panicked").detail(format!(
        "{} (at {location})\n\nThis is a bug of the provider. What it had done until then may be \
         missing from the state.",
        text(payload)
    ))
}

fn text(payload: &(dyn Any + Send)) -> &str {
    let borrowed = payload.downcast_ref::<&str>().copied();
    borrowed
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("(no message)")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_told_with_its_message() {
        let call = async { panic!("no {}", "luck") };
        let diagnostics = guard::<()>(call).await.unwrap_err();
        let first = diagnostics.iter().next().unwrap();
        assert!(first.is_error());
        assert!(first.detail.starts_with("no luck (at "), "{}", first.detail);
    }

    #[test]
    fn results_pass() {
        assert_eq!(guard_sync(|| Ok(1)), Ok(1));
    }
}
