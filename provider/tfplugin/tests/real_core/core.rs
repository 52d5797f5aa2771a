//! Real cores, and workspaces in which they run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// The head of every configuration.
const HEAD: &str = r#"
terraform {
  required_providers {
    probe = { source = "test/probe" }
  }
}
"#;
/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_mins(2);

/// Runs a test with each core.
#[track_caller]
pub(crate) fn with_each_core(test: impl Fn(&Core)) {
    for core in cores() {
        test(core);
    }
}

fn cores() -> &'static [Core] {
    static CORES: OnceLock<Vec<Core>> = OnceLock::new();
    CORES.get_or_init(|| {
        let listed = std::env::var_os("KUBEADM_TEST_CORES").unwrap_or_else(|| "terraform".into());
        let cores: Vec<Core> = std::env::split_paths(&listed).map(Core::find).collect();
        assert!(!cores.is_empty(), "no core to test with");
        cores
    })
}

/// A core program.
pub(crate) struct Core {
    program: PathBuf,
    version: (u64, u64),
    is_tofu: bool,
}

impl Core {
    fn find(program: PathBuf) -> Self {
        let mut command = Command::new(&program);
        let output =
            command.args(["version", "-json"]).env("TF_CLI_CONFIG_FILE", "/dev/null").output();
        let output = output.unwrap_or_else(|error| panic!("{}: {error}", program.display()));
        let version: Value = serde_json::from_slice(&output.stdout).unwrap();
        let version = version["terraform_version"].as_str().unwrap();
        let mut parts = version.split('.').map(|part| part.parse().unwrap_or_default());
        let version = (parts.next().unwrap(), parts.next().unwrap());
        let is_tofu = program.file_name().is_some_and(|name| name == "tofu");
        Self { program, version, is_tofu }
    }

    /// Whether it is at least this version of the one or the other program.
    pub(crate) fn is_at_least(&self, terraform: (u64, u64), tofu: (u64, u64)) -> bool {
        self.version >= if self.is_tofu { tofu } else { terraform }
    }

    /// A workspace with this configuration.
    pub(crate) fn workspace(&self, configuration: &str) -> Workspace {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        for name in ["plugins", "sockets", "work"] {
            fs::create_dir(root.join(name)).unwrap();
        }
        let plugin = root.join("plugins/terraform-provider-probe");
        std::os::unix::fs::symlink(provider(), plugin).unwrap();
        let overrides = format!(
            "provider_installation {{\n  dev_overrides {{ \"test/probe\" = \"{}\" }}\n  direct {{}}\n}}\n\
             disable_checkpoint = true\n",
            root.join("plugins").display()
        );
        fs::write(root.join("rc"), overrides).unwrap();
        let workspace = Workspace { program: self.program.clone(), directory };
        workspace.configure(configuration);
        workspace
    }
}

/// The probe as a binary, built on first use.
pub(crate) fn provider() -> &'static Path {
    static PROVIDER: OnceLock<PathBuf> = OnceLock::new();
    PROVIDER.get_or_init(|| {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let built = Command::new(cargo)
            .args(["build", "--quiet", "--package", "tfplugin", "--example", "protocol_probe"])
            .status();
        assert!(built.unwrap().success(), "the probe does not build");
        let test = std::env::current_exe().unwrap();
        let debug = test.parent().unwrap().parent().unwrap();
        debug.join("examples/protocol_probe")
    })
}

/// A directory in which core runs.
pub(crate) struct Workspace {
    program: PathBuf,
    directory: TempDir,
}

impl Workspace {
    /// Replaces the configuration. `DIR` in it stands for the workspace's directory.
    pub(crate) fn configure(&self, configuration: &str) {
        let configuration = configuration.replace("DIR", self.path("").to_str().unwrap());
        fs::write(self.path("main.tf"), format!("{HEAD}{configuration}")).unwrap();
    }

    /// From now on providers are installed from a directory of releases.
    pub(crate) fn install_from(&self, releases: &Path) {
        let text = format!(
            "provider_installation {{\n  filesystem_mirror {{ path = \"{}\" }}\n}}\n\
             disable_checkpoint = true\n",
            releases.display()
        );
        fs::write(self.directory.path().join("rc"), text).unwrap();
    }

    /// A file of the workspace.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join("work").join(name)
    }

    /// Where the plugins' sockets are.
    pub(crate) fn sockets(&self) -> PathBuf {
        self.directory.path().join("sockets")
    }

    /// A command of core, not yet run.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(arguments)
            .current_dir(self.path(""))
            .env("TF_CLI_CONFIG_FILE", self.directory.path().join("rc"))
            .env("TMPDIR", self.sockets())
            .env("TF_IN_AUTOMATION", "1")
            .env("RUST_BACKTRACE", "0")
            .env_remove("TF_LOG")
            .env_remove("TF_LOG_PROVIDER")
            .env_remove("TF_REATTACH_PROVIDERS")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        Ran::from(self.command(arguments).output().unwrap())
    }

    pub(crate) fn plan(&self) -> Ran {
        self.run(&["plan", "-no-color", "-detailed-exitcode"])
    }

    pub(crate) fn apply(&self) -> Ran {
        self.run(&["apply", "-no-color", "-auto-approve"])
    }

    #[track_caller]
    pub(crate) fn apply_and_find_nothing_to_do(&self) -> Ran {
        let applied = self.apply();
        assert!(applied.succeeded(), "{}", applied.text);
        let second = self.plan();
        assert_eq!(second.code, Some(0), "the second plan: {}", second.text);
        applied
    }

    #[track_caller]
    pub(crate) fn destroy(&self) {
        let destroyed = self.run(&["destroy", "-no-color", "-auto-approve"]);
        assert!(destroyed.succeeded(), "{}", destroyed.text);
    }

    /// The instances in the state: attributes and whether it is tainted.
    pub(crate) fn instances(&self) -> Vec<Value> {
        let state = self.state();
        let resources = state["resources"].as_array().into_iter().flatten();
        let managed = resources.filter(|resource| resource["mode"] == "managed");
        managed.flat_map(|resource| resource["instances"].as_array().unwrap().clone()).collect()
    }

    pub(crate) fn state(&self) -> Value {
        match fs::read(self.path("terraform.tfstate")) {
            Ok(text) => serde_json::from_slice(&text).unwrap(),
            Err(_) => Value::Null,
        }
    }
}

/// How a command of core ended.
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    /// What it said, without the frame around messages and with single spaces.
    pub(crate) text: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let all = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&all).replace(['│', '╷', '╵'], " ");
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        Self { code: output.status.code(), text }
    }
}

impl Ran {
    pub(crate) fn succeeded(&self) -> bool {
        self.code == Some(0)
    }

    #[track_caller]
    pub(crate) fn assert_says(&self, text: &str) -> &Self {
        assert!(self.text.contains(text), "{text:?} is not in: {}", self.text);
        self
    }

    #[track_caller]
    pub(crate) fn assert_failed(&self) -> &Self {
        assert!(!self.succeeded(), "should have failed: {}", self.text);
        self
    }
}

/// Waits until something is so.
#[track_caller]
pub(crate) fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < PATIENCE, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A core that runs in its own process group.
pub(crate) struct Running(Child);

impl Running {
    pub(crate) fn start(mut command: Command) -> Self {
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        Self(command.spawn().unwrap())
    }

    /// As Ctrl-C does: to the whole group.
    pub(crate) fn interrupt(&self) {
        signal("INT", &format!("-{}", self.0.id()));
    }

    /// To core alone.
    pub(crate) fn kill(&self) {
        signal("KILL", &self.0.id().to_string());
    }

    pub(crate) fn wait(self) -> Ran {
        Ran::from(self.0.wait_with_output().unwrap())
    }
}

fn signal(name: &str, target: &str) {
    let sent = Command::new("kill").args(["-s", name, "--", target]).status();
    assert!(sent.unwrap().success());
}
