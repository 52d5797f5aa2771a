//! The container runtime and the pod network's directory.

use crate::finding::Finding;
use crate::node::containerd::{configuration_facts, settings_facts};
use crate::node::intent::NodeIntent;
use crate::node::runtime::CONFIGURATION_FILE;
use crate::observed::Observed;

/// What our own pod networks are called; the first by name is the one that is used.
const OURS: &str = "10-flannel.conflist";

pub(super) fn check(intent: &NodeIntent, observed: &Observed) -> Vec<Finding> {
    let checks = [cri_disabled(observed), cgroup_driver(intent), foreign_cni(observed)];
    checks.into_iter().flatten().collect()
}

/// Docker's package of containerd has it off.
fn cri_disabled(observed: &Observed) -> Option<Finding> {
    let file = observed.files.file(CONFIGURATION_FILE);
    let facts = configuration_facts(&file.known()?.content)?;
    (!facts.cri_enabled).then(|| {
        Finding::info("PF-CRI-DISABLED", "containerd's CRI plugin is off and is turned on")
            .because("Docker's packages ship it so; the kubelet cannot work without it.")
    })
}

fn cgroup_driver(intent: &NodeIntent) -> Option<Finding> {
    let facts = settings_facts(intent.container_runtime.settings.as_deref()?)?;
    (facts.cgroup_driver.as_deref() == Some("cgroupfs")).then(|| {
        Finding::error("PF-SYSTEMD-CGROUP", "container_runtime.settings turn the systemd cgroup driver off")
            .at(["container_runtime", "settings"])
            .because("The kubelet is told to use systemd's cgroups; two drivers on one host fight, and pods die.")
            .advise("leave SystemdCgroup out of the settings")
    })
}

fn foreign_cni(observed: &Observed) -> Option<Finding> {
    let names = observed.kubernetes.cni_configurations.known()?;
    let is_configuration = |name: &&String| {
        [".conf", ".conflist", ".json"].iter().any(|ending| name.ends_with(ending))
    };
    let first: Vec<&str> = names
        .iter()
        .filter(is_configuration)
        .map(String::as_str)
        .filter(|name| *name < OURS)
        .collect();
    (!first.is_empty()).then(|| {
        Finding::error("PF-FOREIGN-CNI", format!("/etc/cni/net.d has {}", first.join(", ")))
            .because("The first file by name is the pod network, so this one would win over ours.")
            .advise("remove it if nothing needs it, or ignore PF-FOREIGN-CNI when it belongs to the pod network you use")
    })
}
