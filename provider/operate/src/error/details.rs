//! What is known about a failure.

use cluster::Finding;
use host::Output;
use std::fmt;

/// What is known about a failure besides its intention.
#[derive(Clone, Debug, Default)]
pub struct Details {
    /// Host on which it failed.
    pub host: Option<HostLabel>,
    /// Step that failed, of those planned.
    pub step: Option<StepPosition>,
    /// Command that failed.
    pub command: Option<CommandReport>,
    /// Last lines of the kubelet's or another unit's journal.
    pub journal_tail: Option<String>,
    /// The real cause, when a classifier recognised it.
    pub cause: Option<Cause>,
    /// What differs from the goal, or what else there is to say, one line each.
    pub notes: Vec<String>,
    /// What the user can do.
    pub advice: Option<String>,
    /// All preflight findings, when the operation was refused.
    pub findings: Vec<Finding>,
    /// Whether a refusal may pass by itself or by another host's change.
    pub for_now: bool,
}

/// How a host is named in messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostLabel {
    /// Name of the node.
    pub name: String,
    /// Where SSH connects to: `debian@10.77.0.12`, with `:PORT` unless 22.
    pub login: String,
}

impl fmt::Display for HostLabel {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} ({})", self.name, self.login)
    }
}

/// Where in a plan a failure happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepPosition {
    /// Name of the step, such as `sysctls`.
    pub name: String,
    /// Number of the step, from 1.
    pub index: usize,
    /// How many steps the plan has.
    pub of: usize,
}

impl fmt::Display for StepPosition {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} of {}, {}", self.index, self.of, self.name)
    }
}

/// A command that failed, without secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandReport {
    /// The command, redacted.
    pub command: String,
    /// Transient unit it ran in.
    pub unit: Option<String>,
    /// How it ended: `exit status 1`, `signal KILL`.
    pub status: String,
    /// Last lines of what it printed.
    pub output_tail: String,
}

/// The real cause of a failure, recognised from its symptoms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// Stable code, such as `RT-KUBELET-SWAP`.
    pub code: &'static str,
    /// What was seen.
    pub text: String,
}

/// Lines of a command's output that are kept for messages.
const OUTPUT_LINES: usize = 20;
/// Lines of a journal that are kept for messages.
const JOURNAL_LINES: usize = 50;

/// The last lines of a command's output, for messages.
pub(crate) fn tail(text: &str) -> String {
    last_lines(text, OUTPUT_LINES)
}

/// The last lines of a journal, for messages.
pub(super) fn journal_tail(text: &str) -> String {
    last_lines(text, JOURNAL_LINES)
}

fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.trim_end().lines().collect();
    let start = lines.len().saturating_sub(count);
    lines.get(start..).unwrap_or_default().join("\n")
}

/// Both streams as text, what the command complained about last.
pub(super) fn output_text(output: &Output) -> String {
    let streams = [&output.stdout, &output.stderr];
    let texts = streams.map(|bytes| String::from_utf8_lossy(bytes).trim_end().to_owned());
    let [stdout, stderr] = texts;
    match (stdout.is_empty(), stderr.is_empty()) {
        (false, false) => format!("{stdout}\n{stderr}"),
        _ => stdout + &stderr,
    }
}
