//! One remark of a check: what is wrong, why, and what to do.

use serde::{Deserialize, Serialize};
use std::fmt;

/// How much a [`Finding`] weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Good to know; nothing is wrong.
    Info,
    /// Allowed, but likely to hurt later.
    Warning,
    /// Refused: nothing is changed anywhere.
    Error,
}

/// One remark of a check: what is wrong, why, and what to do.
///
/// Checks return every finding they have; they never stop at the first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Stable name of the check, such as `PLAN-CIDR-OVERLAP`; users and tests refer to it.
    pub code: &'static str,
    /// Whether the change is refused.
    pub severity: Severity,
    /// Attribute it is about, from the resource's root: `["networking", "pod_subnet"]`.
    /// List elements are their index in decimal, map elements their key. Empty: the whole resource.
    pub path: Vec<String>,
    /// What is wrong, in one line without a trailing dot.
    pub summary: String,
    /// Why it is wrong: the values involved and what they lead to.
    pub detail: String,
    /// What to do about it. Empty when there is nothing to be done.
    pub advice: String,
}

impl Finding {
    /// Starts a finding that refuses the change.
    pub fn error(code: &'static str, summary: impl Into<String>) -> Self {
        Self::new(code, Severity::Error, summary.into())
    }

    /// Starts a finding that lets the change pass with a warning.
    pub fn warning(code: &'static str, summary: impl Into<String>) -> Self {
        Self::new(code, Severity::Warning, summary.into())
    }

    /// Starts a finding that merely informs.
    pub fn info(code: &'static str, summary: impl Into<String>) -> Self {
        Self::new(code, Severity::Info, summary.into())
    }

    /// Names the attribute the finding is about.
    #[must_use]
    pub fn at<I, S>(mut self, path: I) -> Self
    where
        I: IntoIterator<Item = S>,
        S: Into<String>,
    {
        self.path = path.into_iter().map(Into::into).collect();
        self
    }

    /// Puts the path below `prefix`, for checks that know only a part of the resource.
    #[must_use]
    pub fn below<I, S>(mut self, prefix: I) -> Self
    where
        I: IntoIterator<Item = S>,
        S: Into<String>,
    {
        let inner = std::mem::take(&mut self.path);
        self.path = prefix.into_iter().map(Into::into).chain(inner).collect();
        self
    }

    /// Says why.
    #[must_use]
    pub fn because(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn advise(mut self, advice: impl Into<String>) -> Self {
        self.advice = advice.into();
        self
    }

    /// Whether the finding refuses the change.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    fn new(code: &'static str, severity: Severity, summary: String) -> Self {
        Self {
            code,
            severity,
            path: Vec::new(),
            summary,
            detail: String::new(),
            advice: String::new(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.code, self.summary)
    }
}
