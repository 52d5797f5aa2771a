//! How long a plan without changes takes, against `ssh HOST true` on each host in turn, and against
//! ansible-core, which gathers facts and checks the same kind of settings.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use acceptance::{Core, Lab, Run, Story, checkout};
use anyhow::{Context, Result, ensure};

use super::{NODES, RUNS, report, topology};
use crate::shell;

const PLAYBOOK: &str = "acceptance/bench/check.yml";
/// Of the time of writing; it needs Python on the hosts, and its library of apt.
const ANSIBLE: &str = "ansible-core==2.19.14";
const PYTHON: &str =
    "apt-get install -qq -y --no-install-recommends python3 python3-apt >/dev/null 2>&1";

/// What was measured, a duration a run.
#[derive(Default)]
pub(super) struct PlanFigures {
    pub(super) plan: Vec<Duration>,
    pub(super) ssh: Vec<Duration>,
    pub(super) ansible: Vec<Duration>,
}

/// Makes a cluster of five hosts and looks at it by each of the three in turn.
pub(super) fn measure(provider: &str) -> Result<PlanFigures> {
    let mut story = Story::begin(Core::OpenTofu, &topology(), &[])?;
    story.workspace.set_environment("KUBEADM_PROVIDER_DIR", provider);
    story.workspace.apply()?;
    story.workspace.apply()?;
    let ansible = Ansible::install(&story.lab, checkout().join(".lab/ansible"))?;
    let mut figures = PlanFigures::default();
    for _ in 0..RUNS {
        figures.plan.push(timed("tofu plan", || plan(&story))?);
        figures.ssh.push(timed("ssh", || ssh(&story.lab))?);
        figures.ansible.push(timed("ansible-playbook", || ansible.check(&story.lab))?);
    }
    story.end()?;
    Ok(figures)
}

fn timed(what: &str, work: impl FnOnce() -> Result<()>) -> Result<Duration> {
    let started = Instant::now();
    work().with_context(|| what.to_owned())?;
    let elapsed = started.elapsed();
    report::say(&format!("{what}: {:.2} s\n", elapsed.as_secs_f64()));
    Ok(elapsed)
}

fn plan(story: &Story) -> Result<()> {
    let run = story.workspace.detailed_plan()?;
    ensure!(run.code == Some(0), "the plan should be empty\n{}", run.text);
    Ok(())
}

fn ssh(lab: &Lab) -> Result<()> {
    for name in NODES {
        let mut command = lab.inside("ssh");
        command.args(options(lab)).arg(format!("root@{}", lab.host(name)?.address)).arg("true");
        finish(&mut command)?;
    }
    Ok(())
}

fn options(lab: &Lab) -> Vec<String> {
    let ssh = &lab.status().ssh;
    let known_hosts = format!("UserKnownHostsFile={}", ssh.known_hosts_file.display());
    let options =
        ["-F", "none", "-i", &ssh.private_key_file, "-o", "BatchMode=yes", "-o", &known_hosts];
    options.map(str::to_owned).to_vec()
}

fn finish(command: &mut Command) -> Result<String> {
    Run::of(&command.stdin(Stdio::null()).output()?).require_success()
}

/// ansible-core in an environment of its own.
struct Ansible {
    directory: PathBuf,
}

impl Ansible {
    fn install(lab: &Lab, directory: PathBuf) -> Result<Self> {
        fs::create_dir_all(&directory)?;
        for name in NODES {
            lab.ssh(name, PYTHON)?;
        }
        let environment = directory.join("venv").display().to_string();
        shell::run("python3", &["-m", "venv", &environment])?;
        let pip = format!("{environment}/bin/pip");
        shell::run(&pip, &["install", "--quiet", "--disable-pip-version-check", ANSIBLE])?;
        let mut inventory = String::new();
        for name in NODES {
            writeln!(inventory, "{name} ansible_host={}", lab.host(name)?.address)?;
        }
        fs::write(directory.join("inventory"), inventory)?;
        Ok(Self { directory })
    }

    fn check(&self, lab: &Lab) -> Result<()> {
        let program = self.directory.join("venv/bin/ansible-playbook");
        let mut command = lab.inside(&program.display().to_string());
        command
            .args(["--check", "--forks=10", "--inventory", "inventory"])
            .arg(checkout().join(PLAYBOOK))
            .current_dir(&self.directory)
            .env("ANSIBLE_REMOTE_USER", "root")
            .env("ANSIBLE_PIPELINING", "1")
            .env("ANSIBLE_SSH_ARGS", options(lab).join(" "))
            .env("LC_ALL", "C.UTF-8");
        let text = finish(&mut command)?;
        ensure!(text.contains("changed=0"), "nothing should differ\n{text}");
        Ok(())
    }
}
