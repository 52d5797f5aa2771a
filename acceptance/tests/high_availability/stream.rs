//! A script that runs on a lab host and is listened to while the story goes on.

use std::io::{BufRead as _, BufReader};
use std::process::Child;
use std::thread::JoinHandle;
use std::time::Instant;

use acceptance::Lab;
use anyhow::{Context, Result, anyhow};

/// A script's lines, each with the time when it came.
pub(crate) type Lines = Vec<(Instant, String)>;

/// A running script.
pub(crate) struct Stream {
    child: Child,
    reader: Option<JoinHandle<Lines>>,
}

impl Stream {
    /// Starts a script on a host.
    pub(crate) fn start(lab: &Lab, host: &str, script: &str) -> Result<Self> {
        let mut child = lab.start_ssh(host, script)?;
        let output = BufReader::new(child.stdout.take().context("a script's output")?);
        let reader = std::thread::spawn(move || {
            output.lines().map_while(Result::ok).map(|line| (Instant::now(), line)).collect()
        });
        Ok(Self { child, reader: Some(reader) })
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
