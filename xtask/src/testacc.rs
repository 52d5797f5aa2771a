//! The acceptance tests: real core, real hosts.

use acceptance::{Core, Lab};
use anyhow::{Context, Result};

use crate::{demo, prerequisites, shell};

/// Runs the acceptance tests one after the other.
pub(crate) fn run(filter: &[&str]) -> Result<()> {
    on_the_lab(|| protocol(filter).and_then(|()| hosts(filter)).and_then(|()| the_demo(filter)))
}

/// Stories that only [`run_long`] tells.
const LONG: &str = "long::";

/// Runs the cells of the fault table that the environment names; else tells the long stories and runs
/// every cell, which takes hours.
pub(crate) fn run_long() -> Result<()> {
    const VARIABLE: &str = "KUBEADM_FAULT_CELLS";
    let named = std::env::var(VARIABLE).ok();
    let asked = named.as_deref().unwrap_or("all");
    let cells = format!("{VARIABLE}={asked}");
    let mut arguments = vec![&*cells, "cargo", "test", "--locked", "-p", "acceptance"];
    arguments.extend(["--test", "stories", "the_next", "--", "--test-threads=1"]);
    on_the_lab(|| {
        if named.is_none() {
            acceptance_tests(&["--test=stories"], "1", &[LONG])?;
        }
        shell::run("env", &arguments).context("the fault table")
    })
}

/// Builds the lab's artefacts, does something with the lab, and removes it.
///
/// What an earlier run left, here or in another checkout, is removed first.
fn on_the_lab(work: impl FnOnce() -> Result<()>) -> Result<()> {
    prerequisites::install()?;
    shell::run("acceptance/lab/lab", &["build"])?;
    Lab::down(&[])?;
    let outcome = work();
    Lab::down(&[])?;
    outcome
}

/// The protocol library under every core there is.
fn protocol(filter: &[&str]) -> Result<()> {
    let lab = Lab::up(&[])?;
    let paths = Core::all(&lab).into_iter().filter_map(|core| core.path(&lab));
    let cores: Vec<String> = paths.map(|path| path.display().to_string()).collect();
    let cores = format!("KUBEADM_TEST_CORES={}", cores.join(":"));
    let mut arguments = vec![&*cores, "cargo", "test", "--locked", "-p", "tfplugin", "--test"];
    arguments.extend(["real_core", "--"]);
    arguments.extend_from_slice(filter);
    shell::run("env", &arguments)
}

/// The README's first command, and what undoes it. The other scenario is told whole by a story.
fn the_demo(filter: &[&str]) -> Result<()> {
    if !filter.is_empty() {
        return Ok(());
    }
    demo::up("single")?;
    demo::down("single")
}

/// Stories with hosts of their own wait for much, so that two of them run side by side; the rest
/// looks at the lab as a whole or runs on one host.
fn hosts(filter: &[&str]) -> Result<()> {
    let others = ["--lib", "--test=core", "--test=host", "--test=lab"];
    acceptance_tests(&others, "1", filter)?;
    acceptance_tests(&["--test=stories"], "2", &[&["--skip", LONG], filter].concat())
}

fn acceptance_tests(targets: &[&str], threads: &str, filter: &[&str]) -> Result<()> {
    let threads = format!("--test-threads={threads}");
    let mut arguments = vec!["test", "--locked", "-p", "acceptance"];
    arguments.extend(targets);
    arguments.extend(["--", &threads]);
    arguments.extend_from_slice(filter);
    shell::run("cargo", &arguments).context("the acceptance tests")
}
