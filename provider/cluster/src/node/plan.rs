//! Decides what is done to a host, and when it is as wanted.

use super::intent::NodeIntent;
use super::parts::Parts;
use super::preflight::preflight;
use super::step::{Area, Difference, Step};
use super::{hosts, modules, packages, proxy, retired, runtime, swap, sysctls};
use crate::finding::Finding;
use crate::observed::Observed;

/// Nothing is changed, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Every reason there is.
    pub findings: Vec<Finding>,
}

type Compare = fn(&NodeIntent, &Observed) -> Parts;

/// All that is kept on a host, in the order in which it is made: what later parts need comes first.
const AREAS: [(Area, Compare); 9] = [
    (Area::Retired, retired::parts),
    (Area::Swap, swap::parts),
    (Area::Modules, modules::parts),
    (Area::Sysctls, sysctls::parts),
    (Area::Hosts, hosts::parts),
    (Area::PackageSources, packages::source_parts),
    (Area::Proxy, proxy::parts),
    (Area::Packages, packages::parts),
    (Area::Runtime, runtime::parts),
];

/// The steps that make a host as wanted; none when it is.
///
/// # Errors
/// When a preflight finding that the user does not ignore forbids any change.
pub fn plan(intent: &NodeIntent, observed: &Observed) -> Result<Vec<Step>, Refusal> {
    let findings: Vec<Finding> =
        preflight(intent, observed).into_iter().filter(Finding::is_error).collect();
    if !findings.is_empty() {
        return Err(Refusal { findings });
    }
    let step = |(area, compare): &(Area, Compare)| compare(intent, observed).into_step(*area);
    Ok(AREAS.iter().filter_map(step).collect())
}

/// What still differs in one area: nothing once its step has reached its goal.
#[must_use]
pub fn remaining(area: Area, intent: &NodeIntent, observed: &Observed) -> Vec<Difference> {
    let parts =
        AREAS.iter().filter(|(one, _)| *one == area).map(|(_, compare)| compare(intent, observed));
    parts.flat_map(|parts| parts.differences).collect()
}

/// All that differs from what is wanted.
#[must_use]
pub fn differences(intent: &NodeIntent, observed: &Observed) -> Vec<Difference> {
    AREAS.iter().flat_map(|(area, _)| remaining(*area, intent, observed)).collect()
}
