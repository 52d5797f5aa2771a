//! Channels for commands.

use super::Connection;
use russh::client::Msg;
use russh::{Channel, ChannelOpenFailure, ChannelReadHalf, ChannelWriteHalf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::sleep;

/// Channels open at once. sshd allows ten sessions a connection and frees a slot late.
const CHANNELS: usize = 6;
/// Pauses between attempts to open a channel while no other is open: about four seconds in all.
const PAUSES: [u64; 9] = [5, 10, 20, 50, 100, 250, 500, 1000, 2000];
/// Pause while others are open, whose places become free.
const BUSY_PAUSE: Duration = Duration::from_millis(50);

/// Places for the channels of a connection.
pub(super) struct Channels {
    permits: Arc<Semaphore>,
    open: Arc<AtomicUsize>,
}

/// A channel that is closed when it is dropped.
pub(super) struct Session {
    read: ChannelReadHalf,
    write: Option<(ChannelWriteHalf<Msg>, Place)>,
}

/// The place of an open channel, free again when it is dropped.
struct Place {
    open: Arc<AtomicUsize>,
    _permit: Option<OwnedSemaphorePermit>,
}

impl Default for Channels {
    fn default() -> Self {
        Self { permits: Arc::new(Semaphore::new(CHANNELS)), open: Arc::default() }
    }
}

impl Connection {
    /// Opens a channel. A refusal is taken back a moment later, when sshd has cleared away a
    /// channel that was closed; nothing has run yet, so trying again is safe. A host that allows
    /// fewer sessions than we want gets as many as it takes.
    pub(super) async fn session(&self) -> Result<Session, russh::Error> {
        let permit = Arc::clone(&self.channels.permits).acquire_owned().await.ok();
        let mut pauses = PAUSES.iter().map(|pause| Duration::from_millis(*pause));
        loop {
            let error = match self.handle.channel_open_session().await {
                Ok(channel) => return Ok(Session::new(channel, self.channels.place(permit))),
                Err(error) => error,
            };
            let busy = self.channels.open.load(Ordering::Relaxed) > 0;
            let pause = if busy { Some(BUSY_PAUSE) } else { pauses.next() };
            match pause.filter(|_| may_pass(&error)) {
                Some(pause) => sleep(pause).await,
                None => return Err(error),
            }
        }
    }
}

impl Channels {
    fn place(&self, permit: Option<OwnedSemaphorePermit>) -> Place {
        self.open.fetch_add(1, Ordering::Relaxed);
        Place { open: Arc::clone(&self.open), _permit: permit }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.open.fetch_sub(1, Ordering::Relaxed);
    }
}

/// sshd says "connect failed" where it has too many sessions.
fn may_pass(error: &russh::Error) -> bool {
    use ChannelOpenFailure::{ConnectFailed, ResourceShortage};
    matches!(error, russh::Error::ChannelOpenFailure(ConnectFailed | ResourceShortage))
}

impl Session {
    fn new(channel: Channel<Msg>, place: Place) -> Self {
        let (read, write) = channel.split();
        Self { read, write: Some((write, place)) }
    }

    /// Both directions, to be used at once.
    pub(super) fn halves(&mut self) -> Option<(&mut ChannelReadHalf, &ChannelWriteHalf<Msg>)> {
        let (write, _) = self.write.as_ref()?;
        Some((&mut self.read, write))
    }
}

impl Drop for Session {
    /// Tells the host that nobody listens any more; the channel's place is free only then.
    fn drop(&mut self) {
        let Some((write, place)) = self.write.take() else { return };
        let Ok(runtime) = Handle::try_current() else { return };
        runtime.spawn(async move {
            // The connection may be gone, and the channel with it.
            let _ = write.close().await;
            drop(place);
        });
    }
}
