//! What really went wrong: turns the symptoms of a failed kubeadm run into a cause and an advice.

mod rules;
#[cfg(test)]
mod tests;

use super::preflight::{self, Failure};
use rules::RULES;
use std::collections::BTreeMap;

/// The cause behind a failure, as far as the texts give it away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// Stable code, such as `RT-KUBELET-SWAP`.
    pub code: &'static str,
    /// What was seen, in one sentence.
    pub text: String,
    /// What the user can do about it.
    pub advice: String,
}

/// The texts a failed operation leaves behind.
#[derive(Debug, Clone, Copy, Default)]
pub struct Evidence<'a> {
    /// Output of the command.
    pub output: &'a str,
    /// Last lines of the kubelet's journal.
    pub journal: &'a str,
    /// Failed containers and messages of node conditions and events.
    pub workloads: &'a str,
}

/// Finds the most specific cause in the texts; `None` when nothing is recognised.
///
/// Root causes are looked for before the symptoms that follow from them: swap stops the kubelet,
/// and a stopped kubelet is all that kubeadm itself reports.
#[must_use]
pub fn classify(evidence: Evidence<'_>) -> Option<Cause> {
    root_cause(evidence).or_else(|| preflight_cause(evidence.output)).or_else(|| symptom(evidence))
}

/// The cause for which a kubelet dies whenever it starts, as its journal tells: waiting is of no use
/// then. What it says before kubeadm has configured it is no such cause.
#[must_use]
pub fn hopeless(journal: &str) -> Option<Cause> {
    let evidence = Evidence { journal, ..Evidence::default() };
    root_cause(evidence).filter(|cause| FATAL.contains(&cause.code))
}

const FATAL: [&str; 3] = ["RT-KUBELET-SWAP", "RT-KUBELET-CONFIG", "RT-CGROUP-V1"];

fn root_cause(evidence: Evidence<'_>) -> Option<Cause> {
    RULES.iter().filter(|rule| rule.rank == Rank::Root).find_map(|rule| rule.apply(evidence))
}

fn symptom(evidence: Evidence<'_>) -> Option<Cause> {
    RULES.iter().filter(|rule| rule.rank == Rank::Symptom).find_map(|rule| rule.apply(evidence))
}

fn preflight_cause(output: &str) -> Option<Cause> {
    let failures = preflight::failures(output);
    if failures.is_empty() {
        return None;
    }
    Some(Cause {
        code: "RT-PREFLIGHT",
        text: format!("kubeadm refused to begin: {}", listed(&failures)),
        advice: advice(&failures),
    })
}

/// The first few, since one unreachable registry fails every image.
fn listed(failures: &[Failure]) -> String {
    const SHOWN: usize = 3;
    let shown: Vec<String> = failures.iter().take(SHOWN).map(ToString::to_string).collect();
    match failures.len().saturating_sub(SHOWN) {
        0 => shown.join("; "),
        more => format!("{}; and {more} more", shown.join("; ")),
    }
}

/// Each advice once, with the check's name where there are several.
fn advice(failures: &[Failure]) -> String {
    let names: BTreeMap<&str, &str> =
        failures.iter().map(|failure| (failure.name.as_str(), failure.advice())).collect();
    match names.values().next() {
        Some(only) if names.len() == 1 => (*only).to_owned(),
        _ => names
            .iter()
            .map(|(name, advice)| format!("{name}: {advice}"))
            .collect::<Vec<_>>()
            .join("; "),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Rank {
    Root,
    Symptom,
}

/// One sentence of the classifier: any of `marks` in any of the texts.
struct Rule {
    rank: Rank,
    code: &'static str,
    marks: &'static [&'static str],
    advice: &'static str,
}

impl Rule {
    fn apply(&self, evidence: Evidence<'_>) -> Option<Cause> {
        let line = [evidence.journal, evidence.output, evidence.workloads]
            .into_iter()
            .find_map(|text| self.line_in(text))?;
        Some(Cause { code: self.code, text: shortened(line), advice: self.advice.to_owned() })
    }

    /// The last such line: what happened last is what stopped the run.
    fn line_in<'t>(&self, text: &'t str) -> Option<&'t str> {
        text.lines().rev().find(|line| {
            let line = line.to_ascii_lowercase();
            self.marks.iter().any(|mark| mark.split(" & ").all(|part| line.contains(part)))
        })
    }
}

/// The telling end of a line: journal prefixes and nested error chains put it last.
fn shortened(line: &str) -> String {
    const LIMIT: usize = 300;
    let line = line.trim();
    let length = line.chars().count();
    if length <= LIMIT {
        return line.to_owned();
    }
    format!("...{}", line.chars().skip(length - LIMIT).collect::<String>())
}
