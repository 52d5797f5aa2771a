//! What every story begins and ends with.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use serde_json::Value;
use tempfile::TempDir;

use crate::reservation::Reservation;
use crate::{Core, Lab, Topology, Workspace, scenario_workspace};

/// A lab, a workspace with a scenario for it, and the directory that goes when the story ends.
#[derive(Debug)]
pub struct Story {
    /// The lab as it was when the story began, or when it last looked again.
    pub lab: Lab,
    /// The configuration, its variables and its state.
    pub workspace: Workspace,
    hosts: Reservation,
    _directory: TempDir,
}

impl Story {
    /// Boots fresh hosts for a topology and takes the scenario that fits it; `spare` hosts are
    /// booted too. Waits for other stories of this process that have one of these hosts, or load the
    /// machine.
    ///
    /// # Errors
    /// When the lab cannot start, or the load balancer cannot be set up.
    pub fn begin(core: Core, topology: &Topology, spare: &[&str]) -> Result<Self> {
        let mut names = topology.names();
        names.extend_from_slice(spare);
        let hosts = Reservation::of(&names);
        Lab::down(&names)?;
        let lab = Lab::up(&names)?;
        topology.prepare(&lab)?;
        let directory = tempfile::tempdir()?;
        let scenario = topology.scenario();
        let workspace = scenario_workspace(&lab, core, scenario, topology, directory.path())?;
        Ok(Self { lab, workspace, hosts, _directory: directory })
    }

    /// Reads the lab's status again, after a machine was exchanged.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn look_again(&mut self) -> Result<()> {
        self.lab = Lab::running()?;
        Ok(())
    }

    /// Gives the scenario another topology.
    ///
    /// # Errors
    /// When the lab lacks one of its hosts.
    pub fn rearrange(&self, topology: &Topology) -> Result<()> {
        self.workspace.set_variables(&topology.variables(&self.lab)?)
    }

    /// Gives the scenario another topology and changes some variables.
    ///
    /// # Errors
    /// When the lab lacks one of its hosts.
    pub fn rearrange_with(&self, topology: &Topology, changes: &[(&str, Value)]) -> Result<()> {
        let mut variables = topology.variables(&self.lab)?;
        for (name, value) in changes {
            variables.insert((*name).to_owned(), value.clone());
        }
        self.workspace.set_variables(&variables)
    }

    /// The second plan is empty.
    ///
    /// # Errors
    /// When it is not, with what it says.
    pub fn require_no_changes(&self) -> Result<()> {
        let run = self.workspace.detailed_plan()?;
        if run.code != Some(0) {
            bail!("the plan should be empty, exit status {:?}\n{}", run.code, run.text);
        }
        Ok(())
    }

    /// The plan changes just these resources, by these actions.
    ///
    /// # Errors
    /// When it changes anything else.
    pub fn require_changes(&self, wanted: &[(&str, &[&str])]) -> Result<()> {
        let plan = self.workspace.plan()?;
        let owned = |actions: &&[&str]| actions.iter().map(|word| (*word).to_owned()).collect();
        let wanted: BTreeMap<String, Vec<String>> = wanted
            .iter()
            .map(|(address, actions)| ((*address).to_owned(), owned(actions)))
            .collect();
        let found = plan.changes();
        if found != wanted {
            bail!("the plan should change\n{wanted:#?}\nbut changes\n{found:#?}");
        }
        Ok(())
    }

    /// Removes the story's hosts.
    ///
    /// # Errors
    /// When something of them is left.
    pub fn end(self) -> Result<()> {
        Lab::down(&self.hosts.names())
    }
}
