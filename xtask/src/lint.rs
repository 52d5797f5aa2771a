//! Everything that can be said of the source without running it.

use anyhow::Result;

use crate::{generate, shell, tidy};

/// The release of cargo-deny that `deny.toml` is written for.
const CARGO_DENY: &str = "0.20.2";

/// Format, clippy, tidy, generated files and the dependency tree's licences, bans and sources.
pub(crate) fn run() -> Result<()> {
    shell::run("cargo", &["fmt", "--all", "--check"])?;
    shell::run(
        "cargo",
        &["clippy", "--locked", "--workspace", "--all-targets", "--", "--deny", "warnings"],
    )?;
    tidy::run()?;
    generate::check()?;
    deny()
}

fn deny() -> Result<()> {
    if !shell::works("cargo", &["deny", "--version"]) {
        // Built without optimization: it runs for a second, and its build for minutes.
        let build = ["install", "--locked", "--debug", "--version", CARGO_DENY, "cargo-deny"];
        shell::run("cargo", &build)?;
    }
    shell::run("cargo", &["fetch", "--locked", "--quiet"])?;
    // Advisories need a database from outside; continuous integration has none.
    shell::run("cargo", &["deny", "--offline", "check", "bans", "licenses", "sources"])
}
