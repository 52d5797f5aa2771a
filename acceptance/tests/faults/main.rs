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
mod leader;
mod processes;
mod results;
mod selection;
mod stage;
mod strike;
mod table;

use anyhow::Result;

use crate::results::Results;
use crate::selection::Selection;
use crate::stage::Stage;
use crate::table::Table;

/// Every cell is run once. One that fails is told of, and the next begins on fresh hosts, so that it
/// says nothing about the rest of the table.
#[test]
fn the_next_apply_converges_after_a_fault() -> Result<()> {
    let selection = Selection::from_environment()?;
    let mut results = Results::read()?;
    let mut table = Table::default();
    let mut stage = None;
    for cell in selection.cells(&results)? {
        let mut current = stage.take().map_or_else(Stage::begin, Ok)?;
        let outcome = current.run(cell);
        if outcome.is_ok() {
            stage = Some(current);
        }
        if selection.is_kept() {
            results.record(cell, &outcome)?;
        }
        table.record(cell, outcome)?;
    }
    table.print()?;
    table.require_converged()?;
    stage.map_or(Ok(()), Stage::end)
}
