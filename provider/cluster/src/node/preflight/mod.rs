//! Looks at a host before anything is changed and tells all that is wrong at once.
//!
//! Findings that the preparation mends by itself are informational. A finding whose code the user
//! ignores is taken down a step: an error becomes a warning, a warning is not said.

mod exposure;
mod member;
mod network;
mod runtime;
mod system;
#[cfg(test)]
mod tests;

pub use member::{MemberRequirements, member_preflight};
pub use system::{duplicates, shadowed_settings};

use super::intent::NodeIntent;
use crate::finding::{Finding, Severity};
use crate::observed::Observed;
use std::collections::BTreeSet;

/// Everything to say about a host before it is prepared.
#[must_use]
pub fn preflight(intent: &NodeIntent, observed: &Observed) -> Vec<Finding> {
    let checks = [system::check, runtime::check, network::check];
    let findings = checks.iter().flat_map(|check| check(intent, observed)).collect();
    ignoring(findings, &intent.preflight_ignore)
}

fn ignoring(mut findings: Vec<Finding>, ignored: &BTreeSet<String>) -> Vec<Finding> {
    for finding in findings.iter_mut().filter(|finding| ignored.contains(finding.code)) {
        finding.severity = match finding.severity {
            Severity::Error => Severity::Warning,
            Severity::Warning | Severity::Info => Severity::Info,
        };
    }
    findings
}
