//! Puts a release build where a core's `dev_overrides` can find it.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::shell;

const PROGRAM: &str = "terraform-provider-kubeadm";

/// Builds a release, copies it into the user's data directory and says how a core takes it from there.
pub(crate) fn run() -> Result<()> {
    shell::run("cargo", &["build", "--locked", "--release", "-p", PROGRAM])?;
    let directory = data_directory()?;
    fs::create_dir_all(&directory)?;
    fs::copy(acceptance::checkout().join("target/release").join(PROGRAM), directory.join(PROGRAM))?;
    say(&format!(
        "installed. In the core's CLI configuration (~/.tofurc or ~/.terraformrc):

provider_installation {{
  dev_overrides {{ \"kubeadm/kubeadm\" = \"{}\" }}
  direct {{}}
}}
",
        directory.display()
    ));
    Ok(())
}

fn data_directory() -> Result<PathBuf> {
    if let Some(directory) = std::env::var_os("XDG_DATA_HOME") {
        return Ok(PathBuf::from(directory).join(PROGRAM));
    }
    let home = std::env::var_os("HOME").context("HOME is not set")?;
    Ok(PathBuf::from(home).join(".local/share").join(PROGRAM))
}

#[expect(clippy::print_stdout, reason = "a build tool talks to the person who runs it")]
fn say(text: &str) {
    print!("{text}");
}
