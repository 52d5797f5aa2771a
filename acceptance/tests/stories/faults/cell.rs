//! One cell of the fault table: a change of the control plane, a step of it, and what goes wrong.

use std::fmt;
use std::str::FromStr;

use anyhow::{Context, Error, Result};
use cluster::membership::Step;

use crate::faults::change::Change;

/// One cell, written as `join/await-voter/reboot`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cell {
    /// What is being done.
    pub(crate) change: Change,
    /// The step that has just begun.
    pub(crate) step: Step,
    /// What happens then.
    pub(crate) fault: Fault,
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// SIGKILL of the provider. The core lives, and is told nothing.
    KillProvider,
    /// SIGKILL of every sshd on the host that changes, and a new one.
    KillSshd,
    /// The host that changes is restarted.
    Reboot,
}

impl Cell {
    /// The whole table, row by row.
    pub(crate) fn all() -> Vec<Self> {
        let rows = Change::ALL
            .into_iter()
            .flat_map(|change| change.steps().iter().map(move |step| (change, *step)));
        rows.flat_map(|(change, step)| Fault::ALL.map(|fault| Self { change, step, fault }))
            .collect()
    }
}

impl Fault {
    /// Every fault, in the order of the table's columns.
    pub(crate) const ALL: [Self; 3] = [Self::KillProvider, Self::KillSshd, Self::Reboot];

    /// Its name in the table.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::KillProvider => "kill-provider",
            Self::KillSshd => "kill-sshd",
            Self::Reboot => "reboot",
        }
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}/{}", self.change.name(), self.step, self.fault.name())
    }
}

impl FromStr for Cell {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let found = Self::all().into_iter().find(|cell| cell.to_string() == text);
        found.with_context(|| {
            format!("the fault table has no cell {text:?}; one is join/await-voter/reboot")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_read_as_it_is_written() {
        let all = Cell::all();
        for cell in &all {
            assert_eq!(cell.to_string().parse::<Cell>().unwrap(), *cell);
        }
        assert!("join/initialize/reboot".parse::<Cell>().is_err(), "no join initializes");
        assert_eq!(all.len(), 84, "28 steps, and three faults at each");
    }
}
