//! The one place that makes a diagnostic of an error or a finding.
//!
//! An explanation says what failed, on which host, in which command, with its last lines, why as
//! far as that was recognised, and what to do.

mod error;
mod finding;
mod lines;
#[cfg(test)]
mod tests;

pub(crate) use error::{explain, explain_as_warning};
pub(crate) use finding::{diagnostics, warn_findings};
