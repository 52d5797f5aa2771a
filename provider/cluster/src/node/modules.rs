//! Kernel modules, now and at every boot.

use super::HEADER;
use super::intent::NodeIntent;
use super::parts::Parts;
use super::step::{Action, Difference};
use crate::observed::{Fact, ManagedFile, Observed};
use std::collections::{BTreeMap, BTreeSet};

/// Where the modules to load at boot are listed.
pub(super) const MODULES_FILE: &str = "/etc/modules-load.d/terraform-provider-kubeadm.conf";

/// Container file systems, and packet filtering on bridges, which kubeadm no longer checks.
const NEEDED: [&str; 2] = ["overlay", "br_netfilter"];

const BECAUSE: &str = "pods need it for their file systems and for packet filtering between them";

/// Modules that are to be loaded.
#[must_use]
pub(super) fn wanted_modules(intent: &NodeIntent) -> BTreeSet<String> {
    NEEDED
        .iter()
        .map(|name| (*name).to_owned())
        .chain(intent.kernel_modules.iter().cloned())
        .collect()
}

pub(super) fn files(intent: &NodeIntent) -> BTreeMap<String, ManagedFile> {
    let modules = wanted_modules(intent);
    let lines = modules.iter().flat_map(|name| [name.as_str(), "\n"]);
    let content: String = std::iter::once(HEADER).chain(lines).collect();
    BTreeMap::from([(MODULES_FILE.to_owned(), ManagedFile::public(content))])
}

pub(super) fn parts(intent: &NodeIntent, observed: &Observed) -> Parts {
    let mut parts = Parts::default();
    parts.files(&files(intent), observed, "modules must be there after a reboot, too");
    for name in wanted_modules(intent) {
        if observed.kernel.has_module(&name) != Fact::Known(true) {
            parts.differences.push(Difference::new(
                format!("kernel module {name}"),
                "loaded",
                "not loaded",
                BECAUSE,
            ));
            parts.actions.push(Action::LoadModule(name));
        }
    }
    parts
}
