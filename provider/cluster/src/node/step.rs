//! Steps of a plan: what is recorded, what is done, in small typed actions.

use super::intent::KubernetesPackages;
use super::record::Change;
use super::runtime::RuntimeConfiguration;
use crate::observed::{LiveRoute, ManagedFile, SysctlKey};
use ipnet::IpNet;
use serde::Serialize;

/// One step of a plan: it has a goal of its own, which is looked at after it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// What the step is about.
    pub area: Area,
    /// What must be in the record before anything of it is done.
    pub changes: Vec<Change>,
    /// What is done, in this order.
    pub actions: Vec<Action>,
    /// Keys of changes that are no longer to be remembered once it is done.
    pub forgets: Vec<String>,
    /// Why, one entry for each thing that is not as it should be.
    pub because: Vec<Difference>,
}

/// Parts of a host's preparation, in the order in which they are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Area {
    /// What is no longer wanted is put back.
    Retired,
    /// Swap off.
    Swap,
    /// Kernel modules.
    Modules,
    /// Kernel settings.
    Sysctls,
    /// Entries in `/etc/hosts`.
    Hosts,
    /// Configuration of the package manager.
    PackageSources,
    /// Proxies of services.
    Proxy,
    /// Programs that kubeadm needs, and the container runtime.
    Packages,
    /// Configuration and state of the container runtime.
    Runtime,
    /// Programs that serve the cluster's endpoint.
    EndpointPackages,
    /// Their configuration and state.
    EndpointServices,
    /// Routes, and what lets packets pass.
    Routes,
    /// Undoing everything.
    Release,
}

impl Area {
    /// Whether its goal is looked at together with its neighbours': small changes of which none
    /// builds upon another's effect.
    #[must_use]
    pub fn is_small(self) -> bool {
        self < Self::Packages
    }

    /// Its name in messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Retired => "retired settings",
            Self::Swap => "swap",
            Self::Modules => "kernel modules",
            Self::Sysctls => "sysctls",
            Self::Hosts => "hosts entries",
            Self::PackageSources => "package sources",
            Self::Proxy => "proxies",
            Self::Packages => "packages",
            Self::Runtime => "container runtime",
            Self::EndpointPackages => "packages of the endpoint",
            Self::EndpointServices => "services of the endpoint",
            Self::Routes => "routes",
            Self::Release => "release",
        }
    }
}

/// One thing that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// What it is: `sysctl net.ipv4.ip_forward`.
    pub setting: String,
    /// What it should be.
    pub wanted: String,
    /// What it is.
    pub found: String,
    /// Why it should be so.
    pub because: String,
}

impl Difference {
    /// A difference with its reason.
    pub fn new(
        setting: impl Into<String>,
        wanted: impl Into<String>,
        found: impl Into<String>,
        because: impl Into<String>,
    ) -> Self {
        Self {
            setting: setting.into(),
            wanted: wanted.into(),
            found: found.into(),
            because: because.into(),
        }
    }
}

impl std::fmt::Display for Difference {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            formatter,
            "{}: found {}, wanted {} ({})",
            self.setting, self.found, self.wanted, self.because
        )
    }
}

/// One thing done to a host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Action {
    /// Turns one swap device off.
    SwapOff(String),
    /// Turns one swap device on again.
    SwapOn(String),
    /// Puts our mark before swap lines of `/etc/fstab`.
    DisableFstabSwap,
    /// Takes our mark away again.
    EnableFstabSwap,
    /// Keeps a unit from ever starting.
    MaskUnit(String),
    /// Lets it start again.
    UnmaskUnit(String),
    /// Writes a file whole.
    WriteFile {
        /// Where.
        path: String,
        /// What.
        file: ManagedFile,
    },
    /// Writes a file whole, once a program has found it in order.
    WriteChecked {
        /// Where.
        path: String,
        /// What.
        file: ManagedFile,
        /// The program and its arguments before the file's path.
        check: &'static [&'static str],
    },
    /// Removes a file.
    RemoveFile(String),
    /// Makes a directory.
    MakeDirectory(String),
    /// Removes a directory, if it is empty.
    RemoveDirectory(String),
    /// Empties a directory of data.
    ClearDirectory(String),
    /// Loads a kernel module.
    LoadModule(String),
    /// Sets a live kernel setting.
    SetSysctl {
        /// Which.
        key: SysctlKey,
        /// To what.
        value: String,
    },
    /// Replaces our block in `/etc/hosts`; none removes it.
    EditHosts(Option<String>),
    /// Lets systemd read its unit files again.
    ReloadUnits,
    /// Starts a unit at every boot.
    EnableUnit(String),
    /// No longer does.
    DisableUnit(String),
    /// Starts a unit now.
    StartUnit(String),
    /// Stops a unit now.
    StopUnit(String),
    /// Restarts a unit if it runs.
    RestartUnit(String),
    /// Lets a unit read its configuration again, or starts it.
    ReloadOrStart(String),
    /// Adds the repository of Kubernetes' packages, with its key: the given one, or what the host
    /// fetches.
    AddKubernetesRepository(Box<KubernetesPackages>),
    /// Fetches the lists of packages.
    RefreshPackages,
    /// Installs packages and what they depend on.
    InstallPackages(Vec<PackageRequest>),
    /// Removes packages with their configuration.
    PurgePackages(Vec<String>),
    /// Keeps a package at its version.
    HoldPackage(String),
    /// Lets it be upgraded again.
    UnholdPackage(String),
    /// Makes the runtime's configuration on the host, restarts the runtime and waits for it.
    ConfigureRuntime(Box<RuntimeConfiguration>),
    /// Waits until the runtime answers.
    AwaitRuntime,
    /// Puts a route in force, in place of the one of the same entry.
    ReplaceRoute(LiveRoute),
    /// Takes a route out of force.
    DeleteRoute(LiveRoute),
    /// Lets systemd-networkd read its files again.
    ReloadNetwork,
    /// Adds a route to a profile of NetworkManager, which takes it up.
    AddProfileRoute {
        /// UUID of the profile.
        profile: String,
        /// The route, with its interface.
        route: LiveRoute,
    },
    /// Lets Tailscale's client advertise a route no longer, and all others still.
    WithdrawRoute(IpNet),
    /// Lets Tailscale's client take the routes of others, or not.
    AcceptRoutes(bool),
    /// Takes a route out of a profile of NetworkManager again.
    RemoveProfileRoute {
        /// UUID of the profile.
        profile: String,
        /// The route, with its interface.
        route: LiveRoute,
    },
    /// Notes in the record that a file is in force: until here it says that it is not, so that an
    /// interrupted run is taken up again.
    PutInForce {
        /// Which file.
        path: String,
        /// SHA-256 of it.
        sha256: String,
    },
}

/// A package to install.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct PackageRequest {
    /// Its name.
    pub name: String,
    /// Its version, whole or the beginning; none takes the newest.
    pub version: Option<String>,
}

impl PackageRequest {
    /// The newest version of a package.
    pub fn newest(name: impl Into<String>) -> Self {
        Self { name: name.into(), version: None }
    }
}
