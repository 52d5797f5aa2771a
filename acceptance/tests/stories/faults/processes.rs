//! Processes of this machine, as `/proc` shows them.

use std::fs;
use std::process::Command;

use anyhow::{Result, ensure};

/// All that a process began, and what that began.
pub(crate) fn descendants(ancestor: u32) -> Result<Vec<u32>> {
    let mut all = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let name = entry?.file_name();
        let Some(process) = name.to_str().and_then(|name| name.parse().ok()) else { continue };
        // One that ended meanwhile is nobody's.
        all.extend(parent(process).map(|parent| (process, parent)));
    }
    let mut found = vec![ancestor];
    let mut index = 0;
    while let Some(next) = found.get(index).copied() {
        found.extend(all.iter().filter(|(_, parent)| *parent == next).map(|(process, _)| *process));
        index += 1;
    }
    Ok(found.split_off(1))
}

/// File name of the program that a process runs.
pub(crate) fn program(process: u32) -> Option<String> {
    let path = fs::read_link(format!("/proc/{process}/exe")).ok()?;
    Some(path.file_name()?.to_str()?.to_owned())
}

/// Whether a process is the first one of a namespace of processes within this machine's; not of one
/// within such a one, as pods are.
pub(crate) fn is_first(process: u32) -> bool {
    let ids = status(process, "NSpid:").unwrap_or_default();
    let ids: Vec<&str> = ids.split_whitespace().collect();
    matches!(ids.as_slice(), [_, "1"])
}

/// Ends a process, which cannot do anything about it.
pub(crate) fn kill(process: u32) -> Result<()> {
    signal(&process.to_string())
}

/// Likewise a whole group.
pub(crate) fn kill_group(leader: u32) -> Result<()> {
    signal(&format!("-{leader}"))
}

fn signal(whom: &str) -> Result<()> {
    let status = Command::new("kill").args(["-s", "KILL", "--", whom]).status()?;
    ensure!(status.success(), "kill {whom}: {status}");
    Ok(())
}

fn parent(process: u32) -> Option<u32> {
    status(process, "PPid:")?.parse().ok()
}

/// A line of a process's status, without its name.
fn status(process: u32, name: &str) -> Option<String> {
    let text = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    Some(line.trim().to_owned())
}
