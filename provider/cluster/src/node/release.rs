//! Decides how everything is put back.

use super::record::{Change, Record, Scope};
use super::runtime::{self, UNIT};
use super::step::{Action, Area, Difference, Step};
use super::undo::{is_undone, undo};
use crate::observed::Observed;

/// Whose changes are put back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Releases {
    /// Everything in the record: the host goes back to what it was.
    Everything,
    /// What the membership changed, its part of the endpoint included; the preparation stays.
    Membership,
    /// What serves the cluster's endpoint; the membership stays.
    Endpoint,
}

impl Releases {
    /// Whether the changes of a scope are among them.
    #[must_use]
    pub fn includes(self, scope: Scope) -> bool {
        match self {
            Self::Everything => true,
            Self::Membership => matches!(scope, Scope::Membership | Scope::Endpoint),
            Self::Endpoint => scope == Scope::Endpoint,
        }
    }
}

/// The steps that put back what the record tells of, last change first; none when nothing is left.
#[must_use]
pub fn release(record: &Record, observed: &Observed, releases: Releases) -> Vec<Step> {
    let changes = record.entries.iter().rev().filter(|entry| releases.includes(entry.scope));
    let mut actions: Vec<Action> = Vec::new();
    let mut because = Vec::new();
    for change in changes.map(|entry| &entry.change) {
        let undoing = undo(change, observed);
        if !undoing.is_empty() {
            because.push(Difference::new(
                change.key(),
                "as it was before",
                "changed by us",
                "the host is released",
            ));
        }
        actions.extend(undoing);
    }
    let actions = with_restart(routes_last(merged_purges(actions)), record, observed);
    let step =
        Step { area: Area::Release, changes: Vec::new(), actions, forgets: Vec::new(), because };
    if step.actions.is_empty() { Vec::new() } else { vec![step] }
}

/// Changes that could not be put back: nothing once a release has reached its goal.
#[must_use]
pub fn unreleased(record: &Record, observed: &Observed, releases: Releases) -> Vec<String> {
    let changes = record.entries.iter().filter(|entry| releases.includes(entry.scope));
    changes
        .filter(|entry| !is_undone(&entry.change, observed))
        .map(|entry| entry.change.key())
        .collect()
}

/// What a service advertises is withdrawn once the service has gone: it would advertise it again.
fn routes_last(actions: Vec<Action>) -> Vec<Action> {
    let (routes, others): (Vec<Action>, Vec<Action>) =
        actions.into_iter().partition(|action| matches!(action, Action::WithdrawRoute(_)));
    others.into_iter().chain(routes).collect()
}

/// One call of the package manager for all packages. Files are put back after it, since it
/// removes those it knows; holds are lifted before it, since it must know the packages for that.
fn merged_purges(actions: Vec<Action>) -> Vec<Action> {
    let names: Vec<String> = actions.iter().flat_map(purged).cloned().collect();
    let purge = (!names.is_empty()).then_some(Action::PurgePackages(names));
    let rest = actions.into_iter().filter(|action| purged(action).is_empty());
    let (unholds, rest): (Vec<Action>, Vec<Action>) =
        rest.partition(|action| matches!(action, Action::UnholdPackage(_)));
    unholds.into_iter().chain(purge).chain(rest).collect()
}

fn purged(action: &Action) -> &[String] {
    match action {
        Action::PurgePackages(names) => names,
        _ => &[],
    }
}

/// A runtime that stays goes back to its old configuration only by a restart.
fn with_restart(mut actions: Vec<Action>, record: &Record, observed: &Observed) -> Vec<Action> {
    let configured = record.change(&runtime::configuration_key());
    let restored = matches!(configured, Some(Change::File { path, .. }) if actions.iter().any(|action| touches(action, path)));
    let stays =
        observed.units.unit(UNIT).known().is_some_and(super::super::observed::UnitState::is_active)
            && !actions.iter().any(|action| matches!(action, Action::PurgePackages(_)));
    if restored && stays {
        actions.push(Action::RestartUnit(UNIT.to_owned()));
    }
    actions
}

fn touches(action: &Action, file: &str) -> bool {
    match action {
        Action::WriteFile { path, .. } | Action::RemoveFile(path) => path == file,
        _ => false,
    }
}
