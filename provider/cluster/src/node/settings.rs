//! What is kept on a host, as attributes: found by a look, or wanted by the intent.

use super::containerd::configuration_facts;
use super::intent::{NodeIntent, SwapPolicy};
use super::parts::is_in_force;
use super::runtime::{CONFIGURATION_FILE, UNIT};
use super::{family, hosts, mirrors, modules, packages, proxy, sysctls};
use crate::observed::{Fact, Observed};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What is kept on a host.
///
/// [`Settings::found`] fills it from a look, [`Settings::wanted`] puts back what we own: the
/// difference is drift.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// `off`, `on`, `on at boot`, or `ignored`.
    pub swap: String,
    /// Modules that are loaded, of those wanted.
    pub kernel_modules: BTreeSet<String>,
    /// Live values of the settings that are wanted; those the kernel lacks are left out.
    pub sysctls: BTreeMap<String, String>,
    /// Our entries in `/etc/hosts`, names by address.
    pub hosts_entries: BTreeMap<String, Vec<String>>,
    /// Packages that are installed, of those that kubeadm needs.
    pub packages: BTreeSet<String>,
    /// The container runtime.
    pub container_runtime: RuntimeSettings,
    /// SHA-256 of each file that we write, by path; files that are missing, or
    /// that no service has read yet, are left out.
    pub files: BTreeMap<String, String>,
}

/// What is kept of the container runtime.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an attribute of its own that may drift alone"
)]
pub struct RuntimeSettings {
    /// Package that has it; none when it was installed without one, or not at all.
    pub package: Option<String>,
    /// Whole version of the package.
    pub version: Option<String>,
    /// Whether upgrades leave the package alone.
    pub held: bool,
    /// Whether it runs.
    pub active: bool,
    /// Whether it starts at boot.
    pub enabled: bool,
    /// `systemd` or `cgroupfs`.
    pub cgroup_driver: Option<String>,
    /// Whether the kubelet can talk to it.
    pub cri_enabled: bool,
    /// Image of the container that holds a pod's namespaces.
    pub sandbox_image: Option<String>,
    /// SHA-256 of its configuration file.
    pub configuration_sha256: Option<String>,
}

impl Settings {
    /// What a look found of what the intent is about.
    #[must_use]
    pub fn found(intent: &NodeIntent, observed: &Observed) -> Self {
        let hosts = observed.files.file(hosts::HOSTS_FILE);
        let block = hosts.known().and_then(|file| hosts::found_block(&file.content));
        let modules = modules::wanted_modules(intent).into_iter();
        Self {
            swap: swap(intent, observed).to_owned(),
            kernel_modules: modules
                .filter(|name| observed.kernel.has_module(name) == Fact::Known(true))
                .collect(),
            sysctls: live_sysctls(intent, observed),
            hosts_entries: block.map(|block| hosts::entries(&block)).unwrap_or_default(),
            packages: required_packages(observed),
            container_runtime: RuntimeSettings::found(observed),
            files: files(intent, observed),
        }
    }

    /// What they should be, as far as a plan can know.
    ///
    /// `kept` is what was found after the last apply of the same intent, `found` what the last
    /// look saw. What follows the host by itself, such as a runtime's version that nobody gave,
    /// is taken as found.
    #[must_use]
    pub fn wanted(intent: &NodeIntent, kept: &Self, found: &Self) -> Self {
        let mut wanted = kept.clone();
        wanted.swap = match intent.swap {
            SwapPolicy::Off => "off".to_owned(),
            SwapPolicy::Ignore => "ignored".to_owned(),
        };
        wanted.kernel_modules = modules::wanted_modules(intent);
        wanted.sysctls = sysctls::wanted_sysctls(intent)
            .into_iter()
            .map(|(key, value)| (key.to_string(), value))
            .collect();
        wanted.hosts_entries.clone_from(&intent.hosts_entries);
        wanted.container_runtime.follow(intent, &found.container_runtime);
        wanted
    }
}

impl RuntimeSettings {
    fn found(observed: &Observed) -> Self {
        let package = packages::runtime_package(observed);
        let unit = observed.units.unit(UNIT).known().cloned().unwrap_or_default();
        let file = observed.files.file(CONFIGURATION_FILE);
        let facts =
            file.known().and_then(|file| configuration_facts(&file.content)).unwrap_or_default();
        Self {
            version: package.as_ref().map(|(_, package)| package.version.clone()),
            held: package.as_ref().is_some_and(|(_, package)| package.held),
            package: package.map(|(name, _)| name.to_owned()),
            active: unit.is_active(),
            enabled: unit.is_enabled(),
            cgroup_driver: facts.cgroup_driver,
            cri_enabled: facts.cri_enabled,
            sandbox_image: facts.sandbox_image,
            configuration_sha256: file.known().map(crate::observed::ManagedFile::sha256),
        }
    }

    /// Upgrades by the host itself are no drift while no version is given; a hold that somebody
    /// else made is none either.
    fn follow(&mut self, intent: &NodeIntent, found: &Self) {
        self.active = true;
        self.enabled = true;
        if intent.container_runtime.version.is_none() && found.package.is_some() {
            self.version.clone_from(&found.version);
            self.package.clone_from(&found.package);
        }
        self.held = packages::is_held(intent) || found.held;
    }
}

fn swap(intent: &NodeIntent, observed: &Observed) -> &'static str {
    if intent.swap == SwapPolicy::Ignore {
        return "ignored";
    }
    let some = |fact: &Fact<Vec<String>>| fact.known().is_some_and(|all| !all.is_empty());
    let units = observed.swap.units.known().into_iter().flatten();
    let at_boot = units.into_iter().any(|unit| unit.origin == crate::observed::SwapOrigin::Other);
    match (some(&observed.swap.active), some(&observed.swap.fstab) || at_boot) {
        (true, _) => "on",
        (false, true) => "on at boot",
        (false, false) => "off",
    }
}

fn live_sysctls(intent: &NodeIntent, observed: &Observed) -> BTreeMap<String, String> {
    let keys = sysctls::wanted_sysctls(intent).into_keys();
    keys.filter_map(|key| Some((key.to_string(), observed.kernel.sysctl(&key).known()?.clone())))
        .collect()
}

fn required_packages(observed: &Observed) -> BTreeSet<String> {
    let names = family::family(observed).map_or(&[][..], |family| family.required);
    names
        .iter()
        .filter(|name| observed.packages.package(name).known().is_some())
        .map(|name| (*name).to_owned())
        .collect()
}

fn files(intent: &NodeIntent, observed: &Observed) -> BTreeMap<String, String> {
    let sets = [
        modules::files(intent),
        sysctls::files(intent),
        proxy::files(intent),
        packages::source_files(intent, observed),
        mirrors::files(&intent.container_runtime),
    ];
    let paths = sets.into_iter().flat_map(BTreeMap::into_keys);
    paths
        .filter(|path| is_in_force(path, observed))
        .filter_map(|path| Some((path.clone(), observed.files.file(&path).known()?.sha256())))
        .collect()
}
