//! What became of the cells.

use std::io::Write as _;
use std::time::Duration;

use anyhow::{Result, ensure};
use cluster::membership::Step;

use crate::faults::cell::{Cell, Fault};
use crate::faults::change::Change;

/// Cells that were run, each with the time it took to converge or why it did not.
#[derive(Default)]
pub(crate) struct Table {
    results: Vec<(Cell, Result<Duration>)>,
}

impl Table {
    /// Notes a cell, and says at once what became of it.
    pub(crate) fn record(&mut self, cell: Cell, outcome: Result<Duration>) -> Result<()> {
        let Cell { change, step, fault } = cell;
        let name = format!("cell {} {step} {}", change.name(), fault.name());
        match &outcome {
            Ok(taken) => say(&format!("{name}: converged in {} s", taken.as_secs()))?,
            Err(error) => say(&format!("{name}: failed: {error:#}"))?,
        }
        self.results.push((cell, outcome));
        Ok(())
    }

    /// Shows it.
    pub(crate) fn print(&self) -> Result<()> {
        say(&self.markdown())
    }

    /// A table of each change: steps by faults, in seconds.
    pub(crate) fn markdown(&self) -> String {
        let changes = Change::ALL.into_iter().map(|change| self.of_change(change));
        changes.filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n")
    }

    /// Every cell has converged.
    pub(crate) fn require_converged(&self) -> Result<()> {
        let failed: Vec<String> = self
            .results
            .iter()
            .filter_map(|(cell, outcome)| Some(format!("{cell}: {:#}", outcome.as_ref().err()?)))
            .collect();
        let all = self.results.len();
        ensure!(
            failed.is_empty(),
            "of {all} cells {} failed:\n{}",
            failed.len(),
            failed.join("\n")
        );
        Ok(())
    }

    fn of_change(&self, change: Change) -> String {
        let rows: String =
            change.steps().iter().filter_map(|step| self.row(change, *step)).collect();
        if rows.is_empty() {
            return rows;
        }
        let faults = Fault::ALL.map(Fault::name).join(" | ");
        format!("| {} | {faults} |\n|---|---|---|---|\n{rows}", change.name())
    }

    /// Nothing for a step at which nothing was tried.
    fn row(&self, change: Change, step: Step) -> Option<String> {
        let row = Fault::ALL.map(|fault| self.shown(Cell { change, step, fault }));
        let tried = row.iter().any(|shown| !shown.is_empty());
        tried.then(|| format!("| {step} | {} |\n", row.join(" | ")))
    }

    /// A cell that was not run is empty.
    fn shown(&self, wanted: Cell) -> String {
        match self.results.iter().find(|(cell, _)| *cell == wanted) {
            Some((_, Ok(taken))) => format!("{} s", taken.as_secs()),
            Some((_, Err(_))) => "failed".to_owned(),
            None => String::new(),
        }
    }
}

/// Straight to standard output: hours may pass before the test ends and what it printed is shown.
fn say(text: &str) -> Result<()> {
    let mut output = std::io::stdout().lock();
    writeln!(output, "{text}")?;
    output.flush()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    #[test]
    fn what_was_run_is_shown() {
        let mut table = Table::default();
        let cell = |text: &str| text.parse::<Cell>().unwrap();
        table.results.push((cell("join/join/reboot"), Ok(Duration::from_millis(74_900))));
        table.results.push((cell("join/claim/kill-sshd"), Err(anyhow!("no"))));
        let wanted = "| join | kill-provider | kill-sshd | reboot |\n|---|---|---|---|\n\
                      | claim |  | failed |  |\n| join |  |  | 74 s |\n";
        assert_eq!(table.markdown(), wanted);
        let error = table.require_converged().unwrap_err().to_string();
        assert_eq!(error, "of 2 cells 1 failed:\njoin/claim/kill-sshd: no");
    }
}
