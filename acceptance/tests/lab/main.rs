//! The lab keeps its own promises: nothing of it is left, also after a crash.

use std::path::{Path, PathBuf};
use std::process::Command;

use acceptance::Lab;
use anyhow::{Context, Result, ensure};

const NAME: &str = "kubeadm-lab";

/// A host's container manager is killed, then the lab comes down: no process, mount, namespace,
/// interface or cgroup of it is left, and it comes up again.
#[test]
fn nothing_is_left_after_a_crash() -> Result<()> {
    let lab = Lab::up(&["l1", "l2"])?;
    ensure!(!remains()?.is_empty(), "a running lab should be seen");
    let manager = std::fs::read_to_string(host_directory("l1").join("nspawn.pid"))?;
    let killed = Command::new("kill").args(["-KILL", manager.trim()]).status()?;
    ensure!(killed.success(), "no container manager of l1 was found: {killed}");
    drop(lab);
    Lab::down(&[])?;
    let left = remains()?;
    ensure!(left.is_empty(), "left behind:\n{}", left.join("\n"));

    let lab = Lab::up(&["l1"])?;
    ensure!(lab.ssh("l1", "hostname")?.trim() == "l1");
    Lab::down(&[])
}

/// Twelve hosts run at once, each its own machine.
#[test]
fn twelve_hosts_run_at_once() -> Result<()> {
    let names: Vec<String> = (1..=12).map(|number| format!("l{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let lab = Lab::up(&names)?;
    let mut machines = Vec::new();
    for name in &names {
        machines.push(lab.ssh(name, "cat /etc/machine-id /etc/ssh/ssh_host_ed25519_key.pub")?);
    }
    machines.sort();
    machines.dedup();
    ensure!(machines.len() == 12, "every host should be its own machine");
    Lab::down(&names)
}

fn remains() -> Result<Vec<String>> {
    let mut found = Vec::new();
    lines_with(NAME, &std::fs::read_to_string("/proc/self/mounts")?, &mut found);
    lines_with(NAME, &printed("ip", &["netns", "list"])?, &mut found);
    lines_with("systemd-nspawn", &living(&printed("ps", &["-eo", "state,pid,args"])?), &mut found);
    lines_with(
        NAME,
        &printed("find", &["/sys/fs/cgroup", "-type", "d", "-name", NAME])?,
        &mut found,
    );
    lines_with("veth", &printed("ip", &["-brief", "link"])?, &mut found);
    let hosts = host_directory("");
    if let Ok(entries) = std::fs::read_dir(hosts) {
        found.extend(entries.flatten().map(|entry| entry.path().display().to_string()));
    }
    Ok(found)
}

/// Processes that run. One that has ended holds nothing, and when its entry goes is up to the
/// machine's init, which inherits it.
fn living(processes: &str) -> String {
    processes.lines().filter(|line| !line.starts_with('Z')).collect::<Vec<_>>().join("\n")
}

fn host_directory(name: &str) -> PathBuf {
    Path::new("/var/lib").join(NAME).join("hosts").join(name)
}

fn lines_with(word: &str, text: &str, found: &mut Vec<String>) {
    found.extend(text.lines().filter(|line| line.contains(word)).map(str::to_owned));
}

fn printed(program: &str, arguments: &[&str]) -> Result<String> {
    let output = Command::new(program).args(arguments).output().context(program.to_owned())?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
