//! Which cells of the table are run: `KUBEADM_FAULT_CELLS` says it.

use std::env;
use std::process::Command;
use std::str::FromStr;

use acceptance::checkout;
use anyhow::{Context, Error, Result, ensure};

use crate::faults::cell::Cell;
use crate::faults::change::Change;
use crate::faults::results::Results;

const VARIABLE: &str = "KUBEADM_FAULT_CELLS";

/// How many cells every test run takes: one of each change. Each commit takes others, so that
/// in time the whole table is run again and again.
const FEW: usize = 3;

/// Which cells are run.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Selection {
    /// The whole table.
    All,
    /// What has not converged yet, as `docs/testing.md` tells.
    Missing,
    /// So many, chosen by the commit.
    Number(usize),
    /// Just these.
    These(Vec<Cell>),
}

impl Selection {
    /// What the environment asks for.
    pub(crate) fn from_environment() -> Result<Self> {
        match env::var(VARIABLE) {
            Ok(text) => text.parse().with_context(|| VARIABLE),
            Err(_) => Ok(Self::Number(FEW)),
        }
    }

    /// The cells, in the order in which they cost least. Those of one group follow each other on one
    /// lane.
    pub(crate) fn groups(&self, results: &Results) -> Result<Vec<Vec<Cell>>> {
        let cells = match self {
            Self::All => Cell::all(),
            Self::Missing => results.missing(),
            Self::Number(number) => chosen(*number, &commit()?),
            Self::These(cells) => cells.clone(),
        };
        Ok(groups(&cells))
    }

    /// Whether `docs/testing.md` is to tell what becomes of the cells. What every test run takes
    /// would change the checkout.
    pub(crate) fn is_kept(&self) -> bool {
        !matches!(self, Self::Number(_))
    }
}

impl FromStr for Selection {
    type Err = Error;

    /// `all`, `missing`, a number, or cells with commas between them.
    fn from_str(text: &str) -> Result<Self> {
        match text {
            "all" => return Ok(Self::All),
            "missing" => return Ok(Self::Missing),
            _ => {}
        }
        if let Ok(number) = text.parse() {
            return Ok(Self::Number(number));
        }
        let cells = text.split(',').map(|cell| cell.trim().parse());
        Ok(Self::These(cells.collect::<Result<_>>()?))
    }
}

/// Every init begins from nothing. After the last there is a cluster, which one cell's host joins and
/// the next cell's leaves.
fn groups(cells: &[Cell]) -> Vec<Vec<Cell>> {
    let of = |change| cells.iter().copied().filter(move |cell| cell.change == change);
    let mut groups: Vec<Vec<Cell>> = of(Change::Init).map(|cell| vec![cell]).collect();
    let (mut joins, mut leaves) = (of(Change::Join), of(Change::Leave));
    loop {
        let pair: Vec<Cell> = [joins.next(), leaves.next()].into_iter().flatten().collect();
        if pair.is_empty() {
            return groups;
        }
        groups.push(pair);
    }
}

/// Cells of each change in turn, in an order that the commit decides.
fn chosen(number: usize, commit: &str) -> Vec<Cell> {
    let mut all = Cell::all();
    all.sort_by_key(|cell| hash(&format!("{cell} {commit}")));
    let mut taken: Vec<(usize, Cell)> = Vec::new();
    for change in Change::ALL {
        let of_change = all.iter().filter(|cell| cell.change == change);
        taken.extend(of_change.copied().enumerate());
    }
    // The sort is stable: the first of each change comes before the second of any.
    taken.sort_by_key(|(place, _)| *place);
    taken.into_iter().take(number).map(|(_, cell)| cell).collect()
}

/// FNV-1a: the same on every machine and with every compiler.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

fn commit() -> Result<String> {
    let mut git = Command::new("git");
    let output = git.args(["rev-parse", "HEAD"]).current_dir(checkout()).output()?;
    ensure!(
        output.status.success(),
        "the commit decides which cells are run; without one, name them in {VARIABLE}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMIT: &str = "40a4649612a3e2771896c7f6b77a1cb440546f36";
    const OTHER: &str = "7ef2672612a3e2771896c7f6b77a1cb440546f36";

    #[test]
    fn a_commit_chooses_among_all_changes() {
        let cells = chosen(FEW, COMMIT);
        assert_eq!(cells.iter().map(|cell| cell.change).collect::<Vec<_>>(), Change::ALL);
        assert_eq!(cells, chosen(FEW, COMMIT));
        assert_ne!(cells, chosen(FEW, OTHER));
        assert_eq!(chosen(1000, COMMIT).len(), Cell::all().len());
    }

    #[test]
    fn joins_and_leaves_take_turns() {
        let changes = |group: &Vec<Cell>| group.iter().map(|cell| cell.change).collect();
        let groups: Vec<Vec<Change>> = groups(&Cell::all()).iter().map(changes).collect();
        assert_eq!(groups.iter().flatten().count(), Cell::all().len());
        assert!(groups[..27].iter().all(|group| *group == [Change::Init]));
        assert_eq!(groups[27], [Change::Join, Change::Leave]);
        assert_eq!(groups.last(), Some(&vec![Change::Join]));
    }

    #[test]
    fn the_environment_says_all_or_how_many_or_which() {
        let cell = |text: &str| text.parse::<Cell>().unwrap();
        let these = vec![cell("init/claim/reboot"), cell("leave/drain/kill-sshd")];
        let parsed = |text: &str| text.parse::<Selection>().unwrap();
        assert_eq!(parsed("all"), Selection::All);
        assert_eq!(parsed("missing"), Selection::Missing);
        assert_eq!(parsed("7"), Selection::Number(7));
        assert_eq!(parsed("init/claim/reboot, leave/drain/kill-sshd"), Selection::These(these));
        assert!("some".parse::<Selection>().is_err());
    }
}
