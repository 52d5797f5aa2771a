//! What was measured, as a page of the documentation.

use std::fmt::Write as _;
use std::fs;
use std::time::Duration;

use acceptance::checkout;
use anyhow::{Context, Result};

use super::Figures;
use super::plan::PlanFigures;
use crate::shell;

const PAGE: &str = "docs/benchmarks.md";

const INTRODUCTION: &str = "\
# Benchmarks

`make bench` measures and writes this page.

## Three control plane members and two workers

`tofu apply` of [the scenario high-availability](../examples/scenarios/high-availability), with a
release build, against [a shell script](../acceptance/bench/ha.sh) that does the same steps over SSH
in the order of kubeadm's own guide. Both start from fresh hosts of [the lab](../acceptance/lab) and a
load balancer that runs, and end when all five nodes are Ready. They take turns, and one run of the
script before is not counted: it fills the lab's caches.

The script does two things side by side that the graph of resources does not: images of the control
plane are fetched on one host while others still install packages, and the pod network starts while
members join. `kubeadm_cni` follows the members: one that waited for them without an edge of the graph
would wait for ever where core does one thing at a time.

";

const PLAN: &str = "
## A plan without changes

`tofu plan` of the same five hosts, against `ssh HOST true` on each in turn with connections of their own,
and against `ansible-playbook --check` of [a playbook](../acceptance/bench/check.yml) with ansible-core, ten
hosts at once and pipelining on, which gathers facts and looks at the same kind of settings. They take turns.

";

/// Writes the page, and says the same.
pub(super) fn write(figures: &Figures, plan: &PlanFigures) -> Result<()> {
    let measured = format!("{}{PLAN}{}", table(figures)?, plan_table(plan)?);
    let page = format!("{INTRODUCTION}{measured}\n{}", surroundings()?);
    fs::write(checkout().join(PAGE), page).with_context(|| format!("writing {PAGE}"))?;
    say(&format!("\n{measured}\nwritten to {PAGE}\n"));
    Ok(())
}

/// Tells the person who runs it.
#[expect(clippy::print_stdout, reason = "a build tool talks to the person who runs it")]
pub(super) fn say(text: &str) {
    print!("{text}");
}

fn table(figures: &Figures) -> Result<String> {
    let mut text = "| | script | `tofu apply` |\n|---|---|---|\n".to_owned();
    for (index, (script, apply)) in figures.script.iter().zip(&figures.apply).enumerate() {
        let (script, apply) = (script.as_secs_f64(), apply.as_secs_f64());
        writeln!(text, "| run {} | {script:.1} s | {apply:.1} s |", index + 1)?;
    }
    let (script, apply) = (median(&figures.script)?, median(&figures.apply)?);
    writeln!(text, "| median | {script:.1} s | {apply:.1} s |")?;
    writeln!(
        text,
        "\nThe apply takes {:.2} times as long; the goal is at most 1.0.",
        apply / script
    )?;
    Ok(text)
}

fn plan_table(figures: &PlanFigures) -> Result<String> {
    let mut text = "| | `tofu plan` | `ssh` | ansible-core |\n|---|---|---|---|\n".to_owned();
    let runs = figures.plan.iter().zip(&figures.ssh).zip(&figures.ansible);
    for (index, ((plan, ssh), ansible)) in runs.enumerate() {
        let [plan, ssh, ansible] = [plan, ssh, ansible].map(Duration::as_secs_f64);
        writeln!(text, "| run {} | {plan:.2} s | {ssh:.2} s | {ansible:.2} s |", index + 1)?;
    }
    let all = [&figures.plan, &figures.ssh, &figures.ansible].map(|all| median(all));
    let [plan, ssh, ansible] = all;
    let (plan, ssh, ansible) = (plan?, ssh?, ansible?);
    writeln!(text, "| median | {plan:.2} s | {ssh:.2} s | {ansible:.2} s |")?;
    writeln!(
        text,
        "\nThe plan takes {:.2} times as long as the five logins, whose goal is at most 1.0, and {:.2} \
         times as long as the playbook.",
        plan / ssh,
        plan / ansible
    )?;
    Ok(text)
}

fn median(durations: &[Duration]) -> Result<f64> {
    let mut sorted = durations.to_vec();
    sorted.sort();
    let middle = sorted.get(sorted.len() / 2).context("nothing was measured")?;
    Ok(middle.as_secs_f64())
}

/// Where, when and of what.
fn surroundings() -> Result<String> {
    let cores = std::thread::available_parallelism()?;
    let kernel = shell::output("uname", &["-sr"])?;
    let date = shell::output("date", &["--utc", "+%F"])?;
    let (kernel, date) = (kernel.trim(), date.trim());
    let (memory, commit) = (memory_gib()?, commit()?);
    Ok(format!(
        "Measured on {date} at commit {commit}, on one machine of {cores} cores and {memory} GiB of \
         memory under\n{kernel}, which carries all hosts.\n"
    ))
}

fn memory_gib() -> Result<u64> {
    let text = fs::read_to_string("/proc/meminfo")?;
    let total = text.lines().find_map(|line| line.strip_prefix("MemTotal:"));
    let kib = total.and_then(|rest| rest.split_whitespace().next()).context("MemTotal")?;
    Ok(kib.parse::<u64>()? / (1024 * 1024))
}

/// The commit, and whether the checkout has changes that are not in it.
fn commit() -> Result<String> {
    let commit = shell::output("git", &["rev-parse", "--short=12", "HEAD"])?;
    let but_this_page = format!(":!{PAGE}");
    let changes = shell::output("git", &["status", "--porcelain", "--", ".", &but_this_page])?;
    let with_changes = if changes.is_empty() { "" } else { " with changes" };
    Ok(format!("{}{with_changes}", commit.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_decides() -> Result<()> {
        let seconds = |all: [u64; 3]| all.map(Duration::from_secs).to_vec();
        let figures = Figures { script: seconds([100, 80, 300]), apply: seconds([75, 60, 90]) };
        let text = table(&figures)?;
        assert!(text.contains("| run 3 | 300.0 s | 90.0 s |\n| median | 100.0 s | 75.0 s |\n"));
        assert!(text.contains("takes 0.75 times as long"), "{text}");
        Ok(())
    }

    #[test]
    fn a_plan_has_two_measures() -> Result<()> {
        let seconds = |all: [u64; 3]| all.map(Duration::from_secs).to_vec();
        let (plan, ssh, ansible) = (seconds([2, 1, 3]), seconds([4, 4, 4]), seconds([20, 8, 9]));
        let text = plan_table(&PlanFigures { plan, ssh, ansible })?;
        assert!(text.contains("| median | 2.00 s | 4.00 s | 9.00 s |"), "{text}");
        assert!(text.contains("takes 0.50 times") && text.contains("and 0.22 times"), "{text}");
        Ok(())
    }
}
