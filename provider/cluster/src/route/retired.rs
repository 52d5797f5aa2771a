//! What is no longer wanted of a host's routes, or is kept elsewhere by now.

use super::intent::RouteIntent;
use super::place::{Placed, placed};
use super::plan::{files, sysctls, units};
use crate::node::{Change, Difference, Parts, is_undone, undo};
use crate::observed::{ManagedFile, Manager, Observed};
use std::collections::BTreeSet;

/// Whether an apply would not make just what the last one did: another network manager keeps an interface by
/// now, a route leaves by another one, the provider writes other files, or the record is lost.
#[must_use]
pub fn is_moved(intent: &RouteIntent, observed: &Observed) -> bool {
    let Ok(placed) = placed(intent, observed) else { return false };
    let files = files(&placed, intent);
    let Some(record) = observed.routing.record.known() else { return !files.is_empty() };
    let is_written = |(path, file): (&String, &ManagedFile)| {
        let change = record.change(&format!("file:{path}"));
        matches!(change, Some(Change::File { after: Some(sha256), .. }) if *sha256 == file.sha256())
    };
    let leads_elsewhere = |Placed { route, .. }: &Placed| {
        let key = Change::Route { route: route.clone(), before: None }.key();
        matches!(record.change(&key), Some(Change::Route { route: made, .. }) if made != route)
    };
    !files.iter().all(is_written)
        || placed.iter().any(leads_elsewhere)
        || unwanted(&placed, intent, observed).next().is_some()
}

/// What is no longer wanted, or is kept elsewhere by now: the last that was changed goes first.
pub(super) fn retired(placed: &[Placed], intent: &RouteIntent, observed: &Observed) -> Parts {
    let mut parts = Parts::default();
    for change in unwanted(placed, intent, observed) {
        parts.differences.push(retired_difference(change));
        parts.actions.extend(undo(change, observed));
        parts.forgets.push(change.key());
    }
    parts
}

/// What of that is still on the host.
pub(super) fn not_undone(
    placed: &[Placed],
    intent: &RouteIntent,
    observed: &Observed,
) -> Vec<Difference> {
    let unwanted = unwanted(placed, intent, observed);
    unwanted.filter(|change| !is_undone(change, observed)).map(retired_difference).collect()
}

fn retired_difference(change: &Change) -> Difference {
    let because = "it is no longer in the configuration";
    Difference::new(change.key(), "as it was before", "changed by us", because)
}

fn unwanted<'o>(
    placed: &[Placed],
    intent: &RouteIntent,
    observed: &'o Observed,
) -> impl Iterator<Item = &'o Change> {
    let wanted = wanted(placed, intent);
    let entries = observed.routing.record.known().map(|record| record.entries.as_slice());
    let changes = entries.unwrap_or_default().iter().rev().map(|entry| &entry.change);
    changes.filter(move |change| !wanted.contains(&change.key()) && !is_parent(change, &wanted))
}

/// A directory stays as long as something of ours is in it.
fn is_parent(change: &Change, wanted: &BTreeSet<String>) -> bool {
    let Change::Directory { path } = change else { return false };
    wanted
        .iter()
        .any(|key| key.strip_prefix("file:").is_some_and(|it| it.starts_with(&format!("{path}/"))))
}

/// Keys of all that is wanted. A route whose way has changed is the same entry.
fn wanted(placed: &[Placed], intent: &RouteIntent) -> BTreeSet<String> {
    let files = files(placed, intent);
    let units = units(&files).into_iter().map(|unit| format!("unit:{unit}"));
    let mut wanted: BTreeSet<String> = files.keys().map(|path| format!("file:{path}")).collect();
    wanted.extend(units);
    wanted.extend(sysctls(intent).keys().map(|key| format!("sysctl:{key}")));
    wanted.extend(intent.accept_routes.map(|_| Change::ACCEPT_ROUTES.to_owned()));
    for Placed { route, manager } in placed {
        wanted.insert(Change::Route { route: route.clone(), before: None }.key());
        if let Some(Manager::NetworkManager { profile, .. }) = manager {
            let (profile, route) = (profile.clone(), route.clone());
            wanted.insert(Change::ProfileRoute { profile, route }.key());
        }
    }
    wanted
}
