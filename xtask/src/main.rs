//! Build tools: `cargo xtask VERB`. The `GNUmakefile` names the verbs people need.

mod bench;
mod demo;
mod generate;
mod install;
mod lint;
mod prerequisites;
mod shell;
mod testacc;
mod tidy;

use anyhow::{Result, bail};

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["lint"] => lint::run(),
        ["tidy"] => tidy::run(),
        ["generate"] => generate::write(),
        ["generate", "--check"] => generate::check(),
        ["prerequisites"] => prerequisites::install(),
        ["install"] => install::run(),
        ["testacc", "--long"] => testacc::run_long(),
        ["testacc", filter @ ..] => testacc::run(filter),
        ["bench"] => bench::run(),
        ["demo", scenario] => demo::up(scenario),
        ["demo-down", scenario] => demo::down(scenario),
        _ => bail!(
            "usage: cargo xtask lint|tidy|generate [--check]|install|testacc [--long|NAME]|bench|demo NAME|demo-down NAME"
        ),
    }
}
