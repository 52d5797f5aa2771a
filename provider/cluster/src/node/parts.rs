//! What an area wants changed, collected while it compares.

use super::record::Change;
use super::step::{Action, Area, Difference, Step};
use crate::observed::{Directories, Fact, ManagedFile, Observed};
use std::collections::BTreeMap;

/// What an area wants changed: nothing when there is no difference.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parts {
    pub(crate) differences: Vec<Difference>,
    pub(crate) changes: Vec<Change>,
    pub(crate) actions: Vec<Action>,
    pub(crate) forgets: Vec<String>,
}

impl Parts {
    /// The step, if anything differs.
    pub(crate) fn into_step(self, area: Area) -> Option<Step> {
        (!self.differences.is_empty()).then_some(Step {
            area,
            changes: self.changes,
            actions: self.actions,
            forgets: self.forgets,
            because: self.differences,
        })
    }

    /// Compares files that are written whole; makes the directories they need.
    pub(crate) fn files(
        &mut self,
        wanted: &BTreeMap<String, ManagedFile>,
        observed: &Observed,
        because: &str,
    ) {
        for (path, file) in wanted {
            self.file(path, file, observed, because);
        }
    }

    fn file(&mut self, path: &str, wanted: &ManagedFile, observed: &Observed, because: &str) {
        let found = observed.files.file(path);
        if found.known() == Some(wanted) {
            return;
        }
        self.differences.push(Difference::new(
            path,
            described(wanted),
            described_fact(&found),
            because,
        ));
        self.directories_of(path, observed);
        self.changes.push(Change::File {
            path: path.to_owned(),
            before: found.known().cloned(),
            after: Some(wanted.sha256()),
            made_from: None,
        });
        self.actions.push(Action::WriteFile { path: path.to_owned(), file: wanted.clone() });
    }

    /// Makes the directories above `path` that are not there, outermost first.
    pub(crate) fn directories_of(&mut self, path: &str, observed: &Observed) {
        let missing: Vec<String> = ancestors(path)
            .filter(|directory| {
                is_watched(directory) && observed.directories.directory(directory).is_absent()
            })
            .map(str::to_owned)
            .collect();
        for path in missing.into_iter().rev() {
            let change = Change::Directory { path: path.clone() };
            if !self.changes.contains(&change) {
                self.changes.push(change);
                self.actions.push(Action::MakeDirectory(path));
            }
        }
    }
}

/// Whether the services have read a file: the record says so only once they did.
pub(crate) fn is_in_force(path: &str, observed: &Observed) -> bool {
    let record = observed.record.known();
    let change = record.and_then(|record| record.change(&format!("file:{path}")));
    !matches!(change, Some(Change::File { after: None, .. }))
}

fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(path.rsplit_once('/').map(|(parent, _)| parent), |path| {
        path.rsplit_once('/').map(|(parent, _)| parent)
    })
}

fn is_watched(directory: &str) -> bool {
    let mirror =
        directory.strip_prefix(Directories::MIRRORS).is_some_and(|rest| rest.starts_with('/'));
    let dropins = directory.starts_with(Directories::NETWORKD) && directory.ends_with(".network.d");
    mirror || dropins || Directories::WATCHED.contains(&directory)
}

fn described(file: &ManagedFile) -> String {
    let digest = file.sha256();
    format!("mode {:o}, sha256 {}", file.mode, digest.get(..12).unwrap_or(&digest))
}

fn described_fact(fact: &Fact<ManagedFile>) -> String {
    match fact {
        Fact::Known(file) => described(file),
        Fact::Absent => "missing".to_owned(),
        Fact::Unreadable(reason) => reason.clone(),
    }
}
