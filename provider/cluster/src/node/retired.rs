//! What was once wanted and is no longer: put back, and forgotten.

use super::intent::{NodeIntent, SwapPolicy};
use super::parts::Parts;
use super::record::{Change, Scope};
use super::step::{Action, Difference};
use super::undo::undo;
use super::{kubernetes, mirrors, modules, packages, proxy, runtime, sysctls};
use crate::observed::Observed;
use std::collections::BTreeSet;

pub(super) fn parts(intent: &NodeIntent, observed: &Observed) -> Parts {
    let mut parts = Parts::default();
    let entries =
        observed.record.known().map(|record| record.entries.as_slice()).unwrap_or_default();
    let wanted = Wanted::of(intent, observed);
    let retired = entries
        .iter()
        .rev()
        .filter(|entry| entry.scope == Scope::Node && !wanted.keeps(&entry.change));
    for entry in retired {
        let because = "it is no longer in the configuration";
        parts.differences.push(Difference::new(
            entry.change.key(),
            "as it was before",
            "changed by us",
            because,
        ));
        parts.actions.extend(put_back(&entry.change, observed));
        parts.forgets.push(entry.change.key());
    }
    parts
}

/// What is put back already may not have been read by its service.
fn put_back(change: &Change, observed: &Observed) -> Vec<Action> {
    match (undo(change, observed), change) {
        (actions, Change::File { path, .. }) if actions.is_empty() => {
            proxy::read_again(path, observed)
        }
        (actions, _) => actions,
    }
}

/// What the intent still asks for.
struct Wanted {
    files: BTreeSet<String>,
    sysctls: BTreeSet<String>,
    swap: SwapPolicy,
    hosts: bool,
    held: bool,
}

impl Wanted {
    fn of(intent: &NodeIntent, observed: &Observed) -> Self {
        let sets = [
            modules::files(intent),
            sysctls::files(intent),
            proxy::files(intent),
            packages::source_files(intent, observed),
            mirrors::files(&intent.container_runtime),
        ];
        let made = std::iter::once(runtime::CONFIGURATION_FILE.to_owned());
        Self {
            files: sets
                .into_iter()
                .flat_map(std::collections::BTreeMap::into_keys)
                .chain(made)
                .collect(),
            sysctls: sysctls::wanted_sysctls(intent)
                .into_keys()
                .map(|key| key.to_string())
                .collect(),
            swap: intent.swap,
            hosts: !intent.hosts_entries.is_empty(),
            held: packages::is_held(intent),
        }
    }

    fn keeps(&self, change: &Change) -> bool {
        match change {
            Change::SwapDevice { .. } | Change::FstabSwap { .. } | Change::UnitMask { .. } => {
                self.swap == SwapPolicy::Off
            }
            Change::File { path, .. } => self.files.contains(path) || kubernetes::owns(path),
            Change::Sysctl { key, .. } => self.sysctls.contains(key.as_str()),
            Change::HostsBlock => self.hosts,
            Change::Hold { .. } => self.held,
            Change::Directory { .. }
            | Change::DataDirectory { .. }
            | Change::Package { .. }
            | Change::Unit { .. }
            | Change::Route { .. }
            | Change::ProfileRoute { .. }
            | Change::AdvertisedRoute { .. }
            | Change::AcceptRoutes { .. } => true,
        }
    }
}
