//! An apply that is watched step by step, to be disturbed at one of them.

use std::io::{BufRead as _, BufReader, Read};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use acceptance::{Workspace, wait_until};
use anyhow::{Context, Result, anyhow, bail};
use cluster::membership::Step;

use crate::faults::processes;

const APPLY: [&str; 4] = ["apply", "-auto-approve", "-no-color", "-input=false"];
const PROVIDER: &str = "terraform-provider-kubeadm";

/// How long a step may be awaited: images are pulled and packages are installed before.
const STEP_LIMIT: Duration = Duration::from_mins(15);

/// How long an apply may go on after a fault: longer than the provider waits for any one thing but
/// kubeadm, which itself gives up after minutes.
const END_LIMIT: Duration = Duration::from_mins(15);

/// How many lines of what it said are worth showing.
const LAST_LINES: usize = 40;

/// An apply that runs.
pub(crate) struct Attempt {
    core: Child,
    log: Receiver<String>,
    output: Option<JoinHandle<String>>,
    said: Vec<String>,
}

impl Attempt {
    /// Starts it in a process group of its own, with a log of the provider's steps.
    pub(crate) fn start(workspace: &Workspace) -> Result<Self> {
        let mut command = workspace.command(&APPLY);
        command.env("TF_LOG_PROVIDER", "INFO").process_group(0);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut core = command.spawn().context("starting the core")?;
        let output = core.stdout.take().context("the core's output")?;
        let errors = core.stderr.take().context("the core's log")?;
        let (sender, log) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(errors).lines().map_while(Result::ok) {
                // Read to the end though nobody may listen any more, or the core would stand still.
                drop(sender.send(line));
            }
        });
        let output = std::thread::spawn(move || text_of(output));
        Ok(Self { core, log, output: Some(output), said: Vec::new() })
    }

    /// Waits until a host's step has begun.
    pub(crate) fn reach(&mut self, host: &str, step: Step) -> Result<()> {
        let deadline = Instant::now() + STEP_LIMIT;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.log.recv_timeout(left) {
                Ok(line) => {
                    let reached = begins(&line, host, step);
                    self.said.push(line);
                    if reached {
                        return Ok(());
                    }
                }
                Err(RecvTimeoutError::Timeout) => bail!("{host} has not come to {step}"),
                Err(RecvTimeoutError::Disconnected) => {
                    bail!("the apply ended before {host} came to {step}\n{}", self.last_words()?)
                }
            }
        }
    }

    /// Kills the provider, and nothing else.
    pub(crate) fn kill_provider(&self) -> Result<()> {
        let is_provider =
            |process: &u32| processes::program(*process).is_some_and(|it| it == PROVIDER);
        let began = processes::descendants(self.core.id())?;
        let providers: Vec<u32> = began.into_iter().filter(is_provider).collect();
        if providers.is_empty() {
            bail!("no provider runs under the core");
        }
        providers.into_iter().try_for_each(processes::kill)
    }

    /// Whether it still runs.
    pub(crate) fn runs(&mut self) -> Result<bool> {
        Ok(self.core.try_wait()?.is_none())
    }

    /// Waits until it has ended, well or not; the last of what it said.
    pub(crate) fn end(mut self) -> Result<String> {
        wait_until(END_LIMIT, || Ok(!self.runs()?)).context("the disturbed apply should end")?;
        self.last_words()
    }

    /// Of an apply that has ended, or is just ending.
    fn last_words(&mut self) -> Result<String> {
        self.said.extend(self.log.iter());
        let output = self.output.take().context("an apply ends once")?;
        let output = output.join().map_err(|_| anyhow!("the reader of the core panicked"))?;
        let all: Vec<&str> = output.lines().chain(self.said.iter().map(String::as_str)).collect();
        let first = all.len().saturating_sub(LAST_LINES);
        Ok(all.get(first..).unwrap_or_default().join("\n"))
    }
}

/// A cell that fails leaves no core behind.
impl Drop for Attempt {
    fn drop(&mut self) {
        if matches!(self.core.try_wait(), Ok(None)) {
            drop(processes::kill_group(self.core.id()));
            drop(self.core.wait());
        }
    }
}

fn text_of(mut output: impl Read) -> String {
    let mut bytes = Vec::new();
    // What was read before a failure is shown all the same.
    drop(output.read_to_end(&mut bytes));
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Whether a line of the core's log tells that a step begins. The fields have no fixed order:
/// `... [INFO]  provider.terraform-provider-kubeadm: step: of=11 host=cp2 step=join index=5`.
fn begins(line: &str, host: &str, step: Step) -> bool {
    let words: Vec<&str> = line.split_whitespace().collect();
    let (host, step) = (format!("host={host}"), format!("step={step}"));
    ["step:", &host, &step].iter().all(|word| words.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_told_by_its_host_and_name() {
        let line = "2026-01-01T00:00:00.000Z [INFO]  provider.terraform-provider-kubeadm: \
                    step: of=11 @module=operate.step \
                    goal=\"the kubelet has its own credentials\" host=cp2 index=5 step=join";
        assert!(begins(line, "cp2", Step::Join));
        assert!(!begins(line, "cp1", Step::Join));
        assert!(!begins(line, "cp2", Step::AwaitVoter));
        assert!(!begins(&line.replace("step: of", "stepped: of"), "cp2", Step::Join));
    }
}
