//! The fault table: whatever is killed at whatever step of init, join and leave, the next apply
//! converges. There is no second cluster, no orphan in etcd, and no node object of a ghost.
//!
//! `make test-long` runs the whole table; otherwise a few cells are run, which the commit chooses.
//! `KUBEADM_FAULT_CELLS` says `all`, `missing`, a number, or which ones:
//! `join/await-voter/reboot,leave/drain/reboot`. What becomes of cells that were asked for by name is
//! written to `docs/testing.md`.

mod attempt;
mod cell;
mod change;
mod console;
mod converged;
mod lane;
mod leader;
mod processes;
mod results;
mod selection;
mod stage;
mod strike;
mod table;

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Result, anyhow};

use crate::faults::cell::Cell;
use crate::faults::lane::Lane;
use crate::faults::results::Results;
use crate::faults::selection::Selection;
use crate::faults::stage::Stage;
use crate::faults::table::Table;

/// Every cell is run once. One that fails is told of, and the next begins on fresh hosts, so that it
/// says nothing about the rest of the table.
#[test]
fn the_next_apply_converges_after_a_fault() -> Result<()> {
    let selection = Selection::from_environment()?;
    let results = Results::read()?;
    let groups = VecDeque::from(selection.groups(&results)?);
    let lanes = Lane::for_cells(groups.iter().map(Vec::len).sum());
    let results = selection.is_kept().then_some(results);
    let desk = &Mutex::new(Desk { groups, results, table: Table::default() });
    std::thread::scope(|scope| {
        let runs: Vec<_> = lanes.map(|lane| scope.spawn(move || run(lane, desk))).collect();
        runs.into_iter().try_for_each(|run| run.join().map_err(|_| anyhow!("a lane panicked"))?)
    })?;
    let desk = lock(desk);
    desk.table.print()?;
    desk.table.require_converged()
}

/// What the lanes have together.
struct Desk {
    /// What is still to be run.
    groups: VecDeque<Vec<Cell>>,
    /// Where it is kept what becomes of the cells, if it is.
    results: Option<Results>,
    table: Table,
}

impl Desk {
    fn record(&mut self, cell: Cell, outcome: Result<Duration>) -> Result<()> {
        if let Some(results) = &mut self.results {
            results.record(cell, &outcome)?;
        }
        self.table.record(cell, outcome)
    }
}

/// Runs cells on one lane until none is left.
fn run(lane: Lane, desk: &Mutex<Desk>) -> Result<()> {
    let mut stage = None;
    while let Some(group) = next(desk) {
        for cell in group {
            let mut current = stage.take().map_or_else(|| Stage::begin(lane), Ok)?;
            let outcome = current.run(cell);
            if outcome.is_ok() {
                stage = Some(current);
            }
            lock(desk).record(cell, outcome)?;
        }
    }
    stage.map_or(Ok(()), Stage::end)
}

fn next(desk: &Mutex<Desk>) -> Option<Vec<Cell>> {
    lock(desk).groups.pop_front()
}

/// A cell is noted whole or not at all, whatever panicked meanwhile.
fn lock(desk: &Mutex<Desk>) -> MutexGuard<'_, Desk> {
    desk.lock().unwrap_or_else(PoisonError::into_inner)
}
