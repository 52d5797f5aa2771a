//! Runs programs and stops at the first that fails.

use std::process::Command;

use anyhow::{Context, Result, bail};

/// Runs a program in the checkout, its output going where ours goes.
pub(crate) fn run(program: &str, arguments: &[&str]) -> Result<()> {
    let status =
        command(program, arguments).status().with_context(|| format!("starting {program}"))?;
    if !status.success() {
        bail!("{program} {}: {status}", arguments.join(" "));
    }
    Ok(())
}

/// What a program prints.
pub(crate) fn output(program: &str, arguments: &[&str]) -> Result<String> {
    let output =
        command(program, arguments).output().with_context(|| format!("starting {program}"))?;
    if !output.status.success() {
        bail!(
            "{program} {}: {}\n{}",
            arguments.join(" "),
            output.status,
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Whether a program can be started and ends well.
pub(crate) fn works(program: &str, arguments: &[&str]) -> bool {
    command(program, arguments).output().is_ok_and(|output| output.status.success())
}

fn command(program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(acceptance::checkout());
    command
}
