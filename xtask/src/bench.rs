//! How long `tofu apply` takes for a highly available cluster, against a shell script of the same
//! steps: on one machine, each time on fresh hosts, one after the other in turn.

mod plan;
mod report;

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use acceptance::{BALANCER, Cluster, Core, Lab, Run, Story, Topology, checkout};
use anyhow::{Context, Result, ensure};

use crate::{prerequisites, shell};

const MEMBERS: [&str; 3] = ["cp1", "cp2", "cp3"];
const WORKERS: [&str; 2] = ["w1", "w2"];
const NODES: [&str; 5] = ["cp1", "cp2", "cp3", "w1", "w2"];
const SCRIPT: &str = "acceptance/bench/ha.sh";
const RUNS: usize = 3;

/// Measures, and writes `docs/benchmarks.md`.
pub(crate) fn run() -> Result<()> {
    prerequisites::install()?;
    let provider = build()?;
    shell::run("acceptance/lab/lab", &["build"])?;
    // Whatever else ran in the lab would be measured, too.
    Lab::down(&[])?;
    let measured = measure(&provider).and_then(|apply| Ok((apply, plan::measure(&provider)?)));
    Lab::down(&[])?;
    let (apply, plan) = measured?;
    report::write(&apply, &plan)
}

/// The hosts of every cluster that is made here.
fn topology() -> Topology {
    Topology::new(&MEMBERS, &WORKERS).behind(BALANCER)
}

/// What was measured, a duration a run.
#[derive(Default)]
struct Figures {
    script: Vec<Duration>,
    apply: Vec<Duration>,
}

/// What makes the cluster.
#[derive(Clone, Copy)]
enum Contender<'a> {
    /// By hand.
    Script,
    /// By the provider in this directory.
    Apply(&'a str),
}

/// The provider as users run it: a release build. Its directory.
fn build() -> Result<String> {
    shell::run("cargo", &["build", "--locked", "--release", "-p", "terraform-provider-kubeadm"])?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let target = target.unwrap_or_else(|| checkout().join("target"));
    Ok(target.join("release").display().to_string())
}

fn measure(provider: &str) -> Result<Figures> {
    // Not counted: what nobody fetched before is in the lab's caches afterwards.
    Contender::Script.time()?;
    let mut figures = Figures::default();
    for _ in 0..RUNS {
        figures.script.push(Contender::Script.time()?);
        figures.apply.push(Contender::Apply(provider).time()?);
    }
    Ok(figures)
}

impl Contender<'_> {
    /// Makes a cluster of fresh hosts; the load balancer is there before. How long it took.
    fn time(self) -> Result<Duration> {
        let mut story = Story::begin(Core::OpenTofu, &topology(), &[])?;
        let mut command = self.command(&mut story)?;
        let started = Instant::now();
        let output = command.stdin(Stdio::null()).output().context("starting a run")?;
        let elapsed = started.elapsed();
        Run::of(&output).require_success().with_context(|| format!("{self}"))?;
        require_whole(&story.lab)?;
        report::say(&format!("{self}: {:.1} s\n", elapsed.as_secs_f64()));
        story.end()?;
        Ok(elapsed)
    }

    fn command(self, story: &mut Story) -> Result<Command> {
        match self {
            Self::Script => topology().by_hand(&story.lab),
            Self::Apply(provider) => {
                story.workspace.set_environment("KUBEADM_PROVIDER_DIR", provider);
                Ok(story.workspace.command(&[
                    "apply",
                    "-auto-approve",
                    "-no-color",
                    "-input=false",
                ]))
            }
        }
    }
}

impl std::fmt::Display for Contender<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Script => SCRIPT,
            Self::Apply(_) => "tofu apply",
        })
    }
}

/// Both have made the same: all nodes Ready, all members voters of etcd.
fn require_whole(lab: &Lab) -> Result<()> {
    let cluster = Cluster::of(lab, "cp1");
    cluster.require_voters(&MEMBERS)?;
    let ready = cluster.ready_nodes()?;
    ensure!(ready == NODES, "all nodes should be Ready, and {ready:?} are");
    Ok(())
}
