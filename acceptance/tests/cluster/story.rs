//! What every story begins and ends with.

use std::collections::BTreeMap;

use acceptance::{Core, Lab, Topology, Workspace, scenario_workspace};
use anyhow::{Result, bail};
use serde_json::Value;
use tempfile::TempDir;

/// A lab, a workspace with a scenario for it, and the directory that goes when the story ends.
pub(crate) struct Story {
    pub(crate) lab: Lab,
    pub(crate) workspace: Workspace,
    hosts: Vec<String>,
    _directory: TempDir,
}

impl Story {
    /// Boots fresh hosts for a topology of the scenario `single`; `spare` hosts are booted too.
    pub(crate) fn begin(core: Core, topology: &Topology, spare: &[&str]) -> Result<Self> {
        let mut names = topology.names();
        names.extend_from_slice(spare);
        Lab::down(&names)?;
        let lab = Lab::up(&names)?;
        let directory = tempfile::tempdir()?;
        let workspace = scenario_workspace(&lab, core, "single", topology, directory.path())?;
        let hosts = names.into_iter().map(str::to_owned).collect();
        Ok(Self { lab, workspace, hosts, _directory: directory })
    }

    /// Gives the scenario another topology.
    pub(crate) fn rearrange(&self, topology: &Topology) -> Result<()> {
        self.workspace.set_variables(&topology.variables(&self.lab)?)
    }

    /// Gives the scenario another topology and changes some variables.
    pub(crate) fn rearrange_with(
        &self,
        topology: &Topology,
        changes: &[(&str, Value)],
    ) -> Result<()> {
        let mut variables = topology.variables(&self.lab)?;
        for (name, value) in changes {
            variables.insert((*name).to_owned(), value.clone());
        }
        self.workspace.set_variables(&variables)
    }

    /// The second plan is empty.
    pub(crate) fn require_no_changes(&self) -> Result<()> {
        let run = self.workspace.detailed_plan()?;
        if run.code != Some(0) {
            bail!("the plan should be empty, exit status {:?}\n{}", run.code, run.text);
        }
        Ok(())
    }

    /// The plan changes just these resources, by these actions.
    pub(crate) fn require_changes(&self, wanted: &[(&str, &[&str])]) -> Result<()> {
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
    pub(crate) fn end(self) -> Result<()> {
        let hosts: Vec<&str> = self.hosts.iter().map(String::as_str).collect();
        Lab::down(&hosts)
    }
}
