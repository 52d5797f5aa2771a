//! Where the results of the whole table are kept.

use std::fs;
use std::process::Command;

use acceptance::checkout;
use anyhow::{Context, Result, ensure};

use crate::table::Table;

const FILE: &str = "docs/testing.md";

/// All below this line is written anew by each run of the whole table.
const MARK: &str = "<!-- Written by `make test-long`. -->\n";

/// Writes the table, with the date and the commit.
pub(crate) fn write(table: &Table) -> Result<()> {
    let file = checkout().join(FILE);
    let text = fs::read_to_string(&file).context(FILE)?;
    let (kept, _) = text.split_once(MARK).with_context(|| format!("{FILE} lacks {MARK}"))?;
    let date = printed("date", &["--utc", "+%F"])?;
    // A change that is not committed is told of by `-dirty`.
    let commit =
        printed("git", &["describe", "--always", "--dirty", "--exclude=*", "--abbrev=12"])?;
    let results = format!("\n{date}, commit {commit}:\n\n{}", table.markdown());
    fs::write(&file, format!("{kept}{MARK}{results}")).context(FILE)
}

fn printed(program: &str, arguments: &[&str]) -> Result<String> {
    let output = Command::new(program).args(arguments).current_dir(checkout()).output()?;
    ensure!(output.status.success(), "{program}: {}", output.status);
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
