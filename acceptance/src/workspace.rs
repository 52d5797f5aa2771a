//! One directory with a configuration, planned and applied by a real core.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::Value;

use crate::{Core, Lab, Run};

/// One directory with a configuration, its variables and its state.
#[derive(Debug)]
pub struct Workspace {
    lab: Lab,
    core: Core,
    directory: PathBuf,
    environment: BTreeMap<String, String>,
}

/// The part of the JSON plan that tests look at.
#[derive(Debug, Clone, Deserialize)]
pub struct Plan {
    /// What would happen to each resource.
    #[serde(default)]
    pub resource_changes: Vec<Change>,
    /// The whole document.
    #[serde(skip)]
    pub whole: Value,
}

/// What would happen to one resource.
#[derive(Debug, Clone, Deserialize)]
pub struct Change {
    /// Its address.
    pub address: String,
    /// The change.
    pub change: ChangeBody,
}

/// Actions and values of a change.
#[derive(Debug, Clone, Deserialize)]
pub struct ChangeBody {
    /// `no-op`, `create`, `update`, `delete`, or two of them for a replacement.
    pub actions: Vec<String>,
    /// Value before.
    pub before: Value,
    /// Value after, unknown parts left out.
    pub after: Value,
    /// What it is imported by, when it is.
    #[serde(default)]
    importing: Option<Value>,
}

impl Change {
    /// Whether the resource is imported.
    #[must_use]
    pub fn is_import(&self) -> bool {
        self.change.importing.is_some()
    }
}

impl Workspace {
    /// A workspace in `directory`, which is made when it does not exist.
    ///
    /// # Errors
    /// When the directory cannot be made.
    pub fn new(lab: &Lab, core: Core, directory: &Path) -> Result<Self> {
        fs::create_dir_all(directory)?;
        Ok(Self {
            lab: lab.clone(),
            core,
            directory: directory.to_path_buf(),
            environment: BTreeMap::new(),
        })
    }

    /// Where it is.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The same directory under another core.
    #[must_use]
    pub fn with_core(self, core: Core) -> Self {
        Self { core, ..self }
    }

    /// Writes a file of the configuration.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, name: &str, text: &str) -> Result<()> {
        fs::write(self.directory.join(name), text).with_context(|| format!("writing {name}"))
    }

    /// Writes the variables.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn set_variables(&self, variables: &BTreeMap<String, Value>) -> Result<()> {
        self.write("terraform.tfvars.json", &serde_json::to_string_pretty(variables)?)
    }

    /// Gives every later command of the core an environment variable.
    pub fn set_environment(&mut self, name: &str, value: &str) {
        self.environment.insert(name.to_owned(), value.to_owned());
    }

    /// Runs a command of the core to its end.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn run(&self, arguments: &[&str]) -> Result<Run> {
        let output = self.command(arguments).stdin(Stdio::null()).output()?;
        Ok(Run::of(&output))
    }

    /// Starts a command of the core in a process group of its own, as a terminal does. What it prints goes
    /// into a file of the workspace: a pipe that nobody reads would stop it once it is full.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(&self, arguments: &[&str]) -> Result<Child> {
        use std::os::unix::process::CommandExt;
        let mut command = self.command(arguments);
        let log = fs::File::create(self.directory.join("started.log"))?;
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        command.process_group(0).spawn().context("starting the core")
    }

    /// Applies without asking.
    ///
    /// # Errors
    /// When it fails.
    pub fn apply(&self) -> Result<String> {
        self.run(&["apply", "-auto-approve", "-no-color", "-input=false"])?.require_success()
    }

    /// Destroys everything without asking.
    ///
    /// # Errors
    /// When it fails.
    pub fn destroy(&self) -> Result<String> {
        self.run(&["destroy", "-auto-approve", "-no-color", "-input=false"])?.require_success()
    }

    /// Plans and reads the plan.
    ///
    /// # Errors
    /// When planning fails.
    pub fn plan(&self) -> Result<Plan> {
        self.run(&["plan", "-no-color", "-input=false", "-out=test.plan"])?.require_success()?;
        let shown = self.command(&["show", "-json", "test.plan"]).output()?;
        let whole: Value = serde_json::from_slice(&shown.stdout).context("reading the plan")?;
        let mut plan: Plan = serde_json::from_value(whole.clone())?;
        plan.whole = whole;
        Ok(plan)
    }

    /// Plans with `-detailed-exitcode`: 0 nothing to do, 2 something differs.
    ///
    /// # Errors
    /// When the core cannot be started.
    pub fn detailed_plan(&self) -> Result<Run> {
        self.run(&["plan", "-no-color", "-input=false", "-detailed-exitcode"])
    }

    /// The state as text, empty when there is none.
    #[must_use]
    pub fn state(&self) -> String {
        fs::read_to_string(self.directory.join("terraform.tfstate")).unwrap_or_default()
    }

    /// A command of the core, not started yet.
    #[must_use]
    pub fn command(&self, arguments: &[&str]) -> Command {
        self.program(self.core.program(), arguments)
    }

    /// A command of another program that runs the core, not started yet.
    #[must_use]
    pub fn program(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = self.lab.inside(program);
        command.args(arguments).current_dir(&self.directory).envs(&self.environment);
        command
    }
}

impl Plan {
    /// Addresses of the resources that change, each with its actions.
    #[must_use]
    pub fn changes(&self) -> BTreeMap<String, Vec<String>> {
        self.resource_changes
            .iter()
            .filter(|change| {
                change.change.actions != ["no-op"] && change.change.actions != ["read"]
            })
            .map(|change| (change.address.clone(), change.change.actions.clone()))
            .collect()
    }
}

/// Signals what [`Workspace::start`] started, as a terminal does and as a machine that dies does: core
/// and provider alike.
///
/// # Errors
/// When it cannot be sent.
pub fn signal_group(child: &Child, signal: &str) -> Result<()> {
    let status =
        Command::new("kill").args(["-s", signal, "--", &format!("-{}", child.id())]).status()?;
    if !status.success() {
        bail!("kill: {status}");
    }
    Ok(())
}
