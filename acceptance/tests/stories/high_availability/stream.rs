//! A script that runs on a lab host and is listened to while the story goes on.

use std::io::{BufRead as _, BufReader};
use std::process::Child;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use acceptance::{Lab, wait_until};
use anyhow::{Context, Result, anyhow};

const LOGIN: Duration = Duration::from_secs(20);

/// A script's lines, each with the time when it came.
pub(crate) type Lines = Vec<(Instant, String)>;

/// A running script.
pub(crate) struct Stream {
    child: Child,
    seen: Arc<AtomicUsize>,
    reader: Option<JoinHandle<Lines>>,
}

impl Stream {
    /// Starts a script on a host.
    pub(crate) fn start(lab: &Lab, host: &str, script: &str) -> Result<Self> {
        let mut child = lab.start_ssh(host, script)?;
        let output = BufReader::new(child.stdout.take().context("a script's output")?);
        let seen = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&seen);
        let reader = std::thread::spawn(move || {
            let lines = output.lines().map_while(Result::ok);
            let noted = |line| {
                counter.fetch_add(1, Ordering::Relaxed);
                (Instant::now(), line)
            };
            lines.map(noted).collect()
        });
        Ok(Self { child, seen, reader: Some(reader) })
    }

    /// Waits until it prints: a login takes its time on a busy machine.
    pub(crate) fn wait_for_a_line(&self) -> Result<()> {
        wait_until(LOGIN, || Ok(self.seen.load(Ordering::Relaxed) > 0))
            .context("the script should print")
    }

    /// Ends it, and returns what it printed.
    pub(crate) fn end(mut self) -> Result<Lines> {
        self.child.kill()?;
        let reader = self.reader.take().context("a script is ended once")?;
        reader.join().map_err(|_| anyhow!("a script's reader panicked"))
    }
}

/// A story that fails leaves no script behind. What runs on the host ends at its next line.
impl Drop for Stream {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
