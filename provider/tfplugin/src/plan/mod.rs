//! The rules of core's contract, on untyped values: what a plan is made of, and whether a plan
//! or the outcome of an apply keeps the contract.

mod compatible;
mod fill;
mod merge;
mod pairs;
mod replace;
#[cfg(test)]
mod tests;
mod valid;

pub(crate) use compatible::{assert_compatible, assert_refines};
pub(crate) use fill::{Refill, differs_quietly, null_write_only, propose};
pub(crate) use merge::merge;
pub(crate) use replace::changed_replace_paths;
pub(crate) use valid::assert_plan_valid;

use crate::Path;

/// A broken rule and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Breach {
    pub(crate) path: Path,
    pub(crate) message: String,
}

impl Breach {
    fn new(path: &Path, message: impl Into<String>) -> Self {
        Self { path: path.clone(), message: message.into() }
    }
}
