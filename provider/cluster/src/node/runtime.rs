//! Configuration and state of the container runtime.

use super::intent::{ContainerRuntime, NodeIntent};
use super::mirrors;
use super::parts::Parts;
use super::record::Change;
use super::step::{Action, Difference};
use crate::observed::{Fact, Observed, UnitState, sha256};
use serde::Serialize;

/// Unit of the runtime.
pub const UNIT: &str = "containerd.service";
/// Configuration of the runtime.
pub const CONFIGURATION_FILE: &str = "/etc/containerd/config.toml";

/// Counts up when the same intent gives another configuration.
const REVISION: u32 = 1;

/// All it takes to make the runtime's configuration on the host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuntimeConfiguration {
    /// Unit that is restarted.
    pub unit: String,
    /// File that is written.
    pub path: String,
    /// What is merged over the runtime's own defaults.
    pub intent: ContainerRuntime,
    /// Says which intent a configuration was made from.
    pub fingerprint: String,
}

/// The configuration file is made on the host, from the defaults of the runtime that is there;
/// whether it is up to date is decided by the intent it was made from and its digest.
pub(super) fn parts(intent: &NodeIntent, observed: &Observed) -> Parts {
    let mut parts = Parts::default();
    parts.files(
        &mirrors::files(&intent.container_runtime),
        observed,
        "images are fetched from the mirror",
    );
    match configuration_difference(intent, observed) {
        Some(difference) => configure(&mut parts, difference, intent, observed),
        None => start(&mut parts, observed),
    }
    parts
}

fn configure(parts: &mut Parts, difference: Difference, intent: &NodeIntent, observed: &Observed) {
    parts.differences.push(difference);
    parts.directories_of(CONFIGURATION_FILE, observed);
    parts.changes.push(Change::File {
        path: CONFIGURATION_FILE.to_owned(),
        before: observed.files.file(CONFIGURATION_FILE).known().cloned(),
        after: None,
        made_from: None,
    });
    parts.changes.extend(unit_change(observed));
    parts.actions.push(Action::ReloadUnits);
    parts.actions.push(Action::EnableUnit(UNIT.to_owned()));
    parts.actions.push(Action::ConfigureRuntime(Box::new(RuntimeConfiguration {
        unit: UNIT.to_owned(),
        path: CONFIGURATION_FILE.to_owned(),
        intent: intent.container_runtime.clone(),
        fingerprint: fingerprint(intent),
    })));
}

fn start(parts: &mut Parts, observed: &Observed) {
    let unit = observed.units.unit(UNIT).known().cloned().unwrap_or_default();
    parts.changes.extend(unit_change(observed));
    if !unit.is_enabled() {
        parts.differences.push(Difference::new(
            UNIT,
            "enabled",
            unit.file.clone(),
            "pods must run after a reboot, too",
        ));
        parts.actions.push(Action::EnableUnit(UNIT.to_owned()));
    }
    if !unit.is_active() {
        parts.differences.push(Difference::new(
            UNIT,
            "active",
            unit.active.clone(),
            "pods are run by it",
        ));
        parts.actions.extend([Action::StartUnit(UNIT.to_owned()), Action::AwaitRuntime]);
    }
}

/// A unit that was there before the first preparation is put back to what it was; one that a
/// package brings goes with it, and one that somebody stopped since is just started again.
fn unit_change(observed: &Observed) -> Option<Change> {
    let record = observed.record.known();
    if record.is_some_and(|record| record.change(&configuration_key()).is_some()) {
        return None;
    }
    let unit: UnitState = observed.units.unit(UNIT).known()?.clone();
    (!unit.is_active() || !unit.is_enabled()).then(|| Change::Unit {
        unit: UNIT.to_owned(),
        enabled: unit.is_enabled(),
        active: unit.is_active(),
    })
}

/// Whether the configuration file is the one of this intent, and in force.
pub(super) fn is_configured(intent: &NodeIntent, observed: &Observed) -> bool {
    configuration_difference(intent, observed).is_none()
}

fn configuration_difference(intent: &NodeIntent, observed: &Observed) -> Option<Difference> {
    let because = "the kubelet needs its CRI, and the same cgroup driver";
    let difference = |found: &str| {
        Some(Difference::new(CONFIGURATION_FILE, "made from the configuration", found, because))
    };
    let found = observed.files.file(CONFIGURATION_FILE);
    let record = observed.record.known();
    let Some(Change::File { after, made_from, .. }) =
        record.and_then(|record| record.change(&configuration_key()))
    else {
        return difference("not ours");
    };
    match (found, after, made_from) {
        (Fact::Known(file), Some(after), _) if file.sha256() != *after => {
            difference("changed by somebody else")
        }
        (Fact::Known(_), Some(_), Some(from)) if *from == fingerprint(intent) => None,
        (Fact::Known(_), Some(_), Some(_)) => difference("made from an earlier configuration"),
        (Fact::Absent, ..) => difference("missing"),
        _ => difference("not finished"),
    }
}

/// Key of the configuration file's change in a record.
#[must_use]
pub fn configuration_key() -> String {
    format!("file:{CONFIGURATION_FILE}")
}

/// What the runtime must be restarted for when it changes.
fn fingerprint(intent: &NodeIntent) -> String {
    let runtime = &intent.container_runtime;
    let parts = (REVISION, &runtime.sandbox_image, &runtime.settings, &intent.proxy);
    sha256(&serde_json::to_string(&parts).unwrap_or_default())
}
