//! Programs that kubeadm needs, the container runtime, and the package manager's configuration.

use super::family::{Family, family};
use super::intent::{Hold, NodeIntent};
use super::kubernetes;
use super::parts::Parts;
use super::record::Change;
use super::step::{Action, Difference, PackageRequest};
use crate::observed::{DirectoryState, Fact, ManagedFile, Observed, Package};
use std::collections::BTreeMap;

/// Directories that the runtime makes when it starts, outermost first.
const RUNTIME_DIRECTORIES: [&str; 2] = ["/etc/cni", "/etc/cni/net.d"];

/// Directories that the runtime fills, and that go when its package does.
const RUNTIME_DATA: [&str; 2] = ["/opt/containerd", "/var/lib/containerd"];

pub(super) fn source_files(
    intent: &NodeIntent,
    observed: &Observed,
) -> BTreeMap<String, ManagedFile> {
    family(observed).map(|family| (family.sources)(intent, observed)).unwrap_or_default()
}

pub(super) fn source_parts(intent: &NodeIntent, observed: &Observed) -> Parts {
    let mut parts = Parts::default();
    parts.files(&source_files(intent, observed), observed, "packages are fetched as configured");
    parts
}

/// The package of the runtime that is there, of those the family knows.
#[must_use]
pub fn runtime_package(observed: &Observed) -> Option<(&'static str, Package)> {
    let family = family(observed)?;
    family
        .runtimes
        .iter()
        .find_map(|name| Some((*name, observed.packages.package(name).known()?.clone())))
}

pub(super) fn parts(intent: &NodeIntent, observed: &Observed) -> Parts {
    let mut parts = Parts::default();
    let Some(family) = family(observed) else { return parts };
    let mut requests = required(&mut parts, family, observed);
    requests.extend(runtime(&mut parts, intent, family, observed));
    requests.extend(kubernetes::requests(&mut parts, intent, observed));
    if !requests.is_empty() {
        parts.actions.push(Action::RefreshPackages);
        parts.actions.push(Action::InstallPackages(requests));
    }
    hold(&mut parts, intent, family, observed);
    parts
}

fn required(parts: &mut Parts, family: &Family, observed: &Observed) -> Vec<PackageRequest> {
    let missing =
        family.required.iter().filter(|name| observed.packages.package(name).known().is_none());
    let request = |name: &&str| {
        let because = "kubeadm and the kubelet call its programs";
        parts.differences.push(Difference::new(
            format!("package {name}"),
            "installed",
            "not installed",
            because,
        ));
        parts.changes.push(Change::Package { name: (*name).to_owned() });
        PackageRequest::newest(*name)
    };
    missing.map(request).collect()
}

/// A runtime that was installed without a package is accepted as it is.
fn runtime(
    parts: &mut Parts,
    intent: &NodeIntent,
    family: &Family,
    observed: &Observed,
) -> Option<PackageRequest> {
    let version = intent.container_runtime.version.clone();
    let because = "pods are run by a container runtime";
    match runtime_package(observed) {
        Some((_, package))
            if version.as_deref().is_none_or(|version| package.is_version(version)) =>
        {
            None
        }
        Some((name, package)) => {
            let wanted = version.clone().unwrap_or_default();
            parts.differences.push(Difference::new(
                format!("package {name}"),
                wanted,
                package.version,
                "its version is given",
            ));
            Some(PackageRequest { name: name.to_owned(), version })
        }
        None if version.is_none() && has_foreign_runtime(observed) => None,
        None => {
            let name = family.runtimes.first()?;
            let wanted = version.clone().unwrap_or_else(|| "installed".to_owned());
            parts.differences.push(Difference::new(
                format!("package {name}"),
                wanted,
                "not installed",
                because,
            ));
            parts.changes.extend(data_directories(observed));
            parts.changes.extend(made_directories(observed));
            parts.changes.push(Change::Package { name: (*name).to_owned() });
            Some(PackageRequest { name: (*name).to_owned(), version })
        }
    }
}

fn has_foreign_runtime(observed: &Observed) -> bool {
    let unit = observed.units.unit(super::runtime::UNIT);
    unit.known().is_some_and(|unit| unit.load == "loaded")
}

fn data_directories(observed: &Observed) -> impl Iterator<Item = Change> {
    let state = |path| (path, observed.directories.directory(path));
    let unused = RUNTIME_DATA
        .into_iter()
        .map(state)
        .filter(|(_, state)| *state != Fact::Known(DirectoryState::Used));
    unused.map(|(path, state)| Change::DataDirectory {
        path: path.to_owned(),
        existed: state.known().is_some(),
    })
}

fn made_directories(observed: &Observed) -> impl Iterator<Item = Change> {
    let missing = |path: &&str| observed.directories.directory(path).is_absent();
    RUNTIME_DIRECTORIES
        .into_iter()
        .filter(missing)
        .map(|path| Change::Directory { path: path.to_owned() })
}

/// Only a runtime whose version is given is held: others get the distribution's fixes.
pub(super) fn is_held(intent: &NodeIntent) -> bool {
    intent.packages.hold == Hold::Held && intent.container_runtime.version.is_some()
}

fn hold(parts: &mut Parts, intent: &NodeIntent, family: &Family, observed: &Observed) {
    if !is_held(intent) {
        return;
    }
    let found = runtime_package(observed);
    if found.as_ref().is_some_and(|(_, package)| package.held) {
        return;
    }
    let Some(name) = found.map(|(name, _)| name).or_else(|| family.runtimes.first().copied())
    else {
        return;
    };
    let because = "its version is given, and upgrades must leave it alone";
    parts.differences.push(Difference::new(format!("package {name}"), "held", "not held", because));
    parts.changes.push(Change::Hold { name: name.to_owned() });
    parts.actions.push(Action::HoldPackage(name.to_owned()));
}
