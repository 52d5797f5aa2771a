//! Where it is kept what became of each cell when it was last run.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;
use std::time::Duration;

use acceptance::checkout;
use anyhow::{Context, Result, ensure};

use crate::faults::cell::Cell;

const FILE: &str = "docs/testing.md";

/// All below this line is written by runs of the table.
const MARK: &str = "<!-- Written by `make test-long`. -->\n";

const HEAD: &str = "\n| cell | the next apply | on | commit |\n|---|---|---|---|\n";

/// The page's results: the rest of a row, by cell. It is written after each cell, so that the table,
/// which takes hours, can be run in parts.
pub(crate) struct Results {
    rows: BTreeMap<String, String>,
    /// The rest of the row after what became of the cell.
    stamp: String,
}

impl Results {
    /// What the page has, for a run of the commit that is checked out.
    pub(crate) fn read() -> Result<Self> {
        let date = printed("date", &["--utc", "+%F"])?;
        // A change that is not committed is told of by `-dirty`.
        let describe = ["describe", "--always", "--dirty", "--exclude=*", "--abbrev=12"];
        let stamp = format!("{date} | {}", printed("git", &describe)?);
        let (_, written) = page()?;
        Ok(Self { rows: parse(&written), stamp })
    }

    /// The cells that were never run, or failed.
    pub(crate) fn missing(&self) -> Vec<Cell> {
        let converged = |row: &String| row.contains("converged");
        let known = |cell: &Cell| self.rows.get(&cell.to_string()).is_some_and(converged);
        Cell::all().into_iter().filter(|cell| !known(cell)).collect()
    }

    /// Notes what became of a cell, and writes the page.
    pub(crate) fn record(&mut self, cell: Cell, outcome: &Result<Duration>) -> Result<()> {
        let became = match outcome {
            Ok(taken) => format!("converged in {} s", taken.as_secs()),
            Err(_) => "failed".to_owned(),
        };
        self.rows.insert(cell.to_string(), format!("{became} | {}", self.stamp));
        let (kept, _) = page()?;
        fs::write(checkout().join(FILE), format!("{kept}{MARK}{}", self.markdown())).context(FILE)
    }

    /// Only the table's own cells, in its order.
    fn markdown(&self) -> String {
        let row = |cell: &String| Some(format!("| {cell} | {} |\n", self.rows.get(cell)?));
        let cells: Vec<String> = Cell::all().iter().map(ToString::to_string).collect();
        let rows: Vec<String> = cells.iter().filter_map(row).collect();
        let (run, all) = (rows.len(), cells.len());
        format!("\n{run} of {all} cells have been run.\n{HEAD}{}", rows.concat())
    }
}

fn parse(written: &str) -> BTreeMap<String, String> {
    let row = |line: &str| {
        let (cell, rest) = line.strip_prefix("| ")?.strip_suffix(" |")?.split_once(" | ")?;
        cell.parse::<Cell>().ok()?;
        Some((cell.to_owned(), rest.to_owned()))
    };
    written.lines().filter_map(row).collect()
}

/// What people wrote, and what runs wrote.
fn page() -> Result<(String, String)> {
    let text = fs::read_to_string(checkout().join(FILE)).context(FILE)?;
    let (kept, written) = text.split_once(MARK).with_context(|| format!("{FILE} lacks {MARK}"))?;
    Ok((kept.to_owned(), written.to_owned()))
}

fn printed(program: &str, arguments: &[&str]) -> Result<String> {
    let output = Command::new(program).args(arguments).current_dir(checkout()).output()?;
    ensure!(output.status.success(), "{program}: {}", output.status);
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_the_table_leaves_the_rest() {
        let stamp = "2026-11-25 | abc".to_owned();
        let old = "| leave/drain/reboot | converged in 9 s | 2026-11-24 | def |\n\
                   | join/no-such-step/reboot | failed | 2026-11-24 | def |\n";
        let mut results = Results { rows: parse(old), stamp };
        results.rows.insert("join/join/reboot".to_owned(), "failed | 2026-11-25 | abc".to_owned());
        let written = results.markdown();
        let rows = "| join/join/reboot | failed | 2026-11-25 | abc |\n\
                    | leave/drain/reboot | converged in 9 s | 2026-11-24 | def |\n";
        assert_eq!(written, format!("\n2 of 84 cells have been run.\n{HEAD}{rows}"));
        assert_eq!(parse(&written), results.rows);
        let missing = results.missing();
        assert_eq!(missing.len(), 83, "what failed is missing, too");
        assert!(missing.contains(&"join/join/reboot".parse().unwrap()));
    }
}
