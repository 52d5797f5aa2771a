//! A cluster that runs: its settings change by intent, by hand and with time.

mod by_hand;
mod by_intent;
mod by_time;

use acceptance::{Core, Story, Topology};
use anyhow::{Result, ensure};

/// Not the other stories' hosts: it may run beside one of them.
pub(crate) const MEMBERS: [&str; 3] = ["r1", "r2", "r3"];
pub(crate) const WORKER: &str = "r4";
pub(crate) const BALANCER: &str = "lb4";

/// Adds to the scenario's configuration.
const OVERRIDE: &str = "running_override.tf";

/// Arguments, certificate names and kubelets' settings change on a cluster that serves; what is
/// changed by hand is shown and put back; what cannot run is put back, too.
#[test]
fn a_running_cluster_is_changed_and_kept() -> Result<()> {
    let story = Story::begin(Core::OpenTofu, &topology(), &[])?;
    story.workspace.apply()?;
    story.require_no_changes()?;

    by_intent::settings_change_while_the_cluster_serves(&story)?;
    by_hand::what_somebody_or_time_changes_is_put_right(&story)?;
    by_intent::what_does_not_run_gets_its_settings_back(&story)?;
    by_intent::a_killed_apply_is_made_up_for(&story)?;

    story.workspace.destroy()?;
    ensure!(!story.workspace.state().contains("kubeadm_node"), "the state should be empty");
    story.end()
}

fn topology() -> Topology {
    Topology::new(&MEMBERS, &[WORKER]).behind(BALANCER)
}

/// Gives the cluster further settings.
pub(crate) fn configure(story: &Story, settings: &str) -> Result<()> {
    story
        .workspace
        .write(OVERRIDE, &format!("resource \"kubeadm_cluster\" \"this\" {{\n{settings}\n}}\n"))
}
