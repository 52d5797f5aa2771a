//! Time limits of operations.

use std::future::Future;
use std::time::Duration;

use operate::{ErrorKind, OperateError};
use tfplugin::{CancellationToken, Context, GoDuration};

use crate::provider::Kubeadm;

/// How long each operation of a resource may take where nothing is given.
pub(crate) struct Limits {
    pub(crate) create: Duration,
    pub(crate) read: Duration,
    pub(crate) update: Duration,
    pub(crate) delete: Duration,
}

/// Runs `work` until it ends. When the time is over it is asked to stop, as by an interrupt, so
/// that it leaves the host in a state from which the next apply can go on.
pub(crate) async fn within<T, F>(
    context: &Context<Kubeadm>,
    limit: Duration,
    work: impl FnOnce(CancellationToken) -> F,
) -> Result<T, OperateError>
where
    F: Future<Output = Result<T, OperateError>>,
{
    let stop = context.cancellation().child_token();
    let mut work = std::pin::pin!(work(stop.clone()));
    tokio::select! {
        done = &mut work => return done,
        () = tokio::time::sleep(limit) => stop.cancel(),
    }
    work.await.map_err(|error| if error.is_cancelled() { late(error, limit) } else { error })
}

fn late(mut error: OperateError, limit: Duration) -> OperateError {
    error.kind = ErrorKind::Timeout;
    error.details.advice = None;
    error
        .note(format!("it took longer than {}", GoDuration::from(limit)))
        .advise("apply again: it goes on from what it finds; a longer time is given by timeouts")
}
