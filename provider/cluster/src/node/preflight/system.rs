//! The machine itself: readable, supported, big enough, and nobody else's.

use crate::finding::{Finding, Severity};
use crate::node::family::family;
use crate::node::intent::{NodeIntent, SwapPolicy};
use crate::node::sysctls;
use crate::observed::{Fact, KubernetesFiles, Observed};
use std::collections::{BTreeMap, BTreeSet};

/// Less than this and images do not fit.
const NEEDED_DISK: u64 = 2 << 30;

pub(super) fn check(intent: &NodeIntent, observed: &Observed) -> Vec<Finding> {
    let mut findings = unreadable(intent, observed);
    findings.extend(supported(observed));
    findings.extend(other_machine(intent, observed));
    findings.extend(swap(intent, observed));
    findings.extend(cgroups(observed));
    findings.extend(disk(observed));
    findings.extend(hostname(observed));
    findings.extend(foreign_cluster(observed));
    findings.extend(shadowed(intent, observed));
    findings
}

/// Nothing is changed on a host that is not wholly seen.
fn unreadable(intent: &NodeIntent, observed: &Observed) -> Vec<Finding> {
    let swap = intent.swap == SwapPolicy::Off;
    let facts = [
        ("the operating system", reason(&observed.system.os)),
        ("/proc/swaps", reason(&observed.swap.active).filter(|_| swap)),
        ("/etc/fstab", reason(&observed.swap.fstab).filter(|_| swap)),
        ("swap units", reason(&observed.swap.units).filter(|_| swap)),
        ("kernel modules", reason(&observed.kernel.modules)),
        ("systemd's units", reason(&observed.units.0)),
        ("installed packages", reason(&observed.packages.0)),
        ("directories", reason(&observed.directories.0)),
        ("the provider's record", reason(&observed.record)),
    ];
    let files = observed.files.by_path.iter().map(|(path, fact)| (path.as_str(), reason(fact)));
    let all = facts.into_iter().chain(files);
    all.filter_map(|(what, reason)| Some(unreadable_finding(what, &reason?))).collect()
}

fn reason<T>(fact: &Fact<T>) -> Option<String> {
    match fact {
        Fact::Unreadable(reason) => Some(reason.clone()),
        Fact::Known(_) | Fact::Absent => None,
    }
}

fn unreadable_finding(what: &str, reason: &str) -> Finding {
    Finding::error("PF-UNREADABLE", format!("{what} cannot be read on the host"))
        .because(format!("The host's answer: {reason}. Nothing is changed where it is unknown what would be changed."))
        .advise("correct it on the host, then apply again")
}

fn supported(observed: &Observed) -> Option<Finding> {
    let os = observed.system.os.known()?;
    if family(observed).is_some() {
        return None;
    }
    let name = if os.name.is_empty() { &os.id } else { &os.name };
    Some(
        Finding::error("PF-OS", format!("{name} is not supported"))
            .because("Packages can be installed on Debian, Ubuntu and what descends from them.")
            .advise("use a host with Debian or Ubuntu"),
    )
}

fn other_machine(intent: &NodeIntent, observed: &Observed) -> Option<Finding> {
    let (expected, found) = (intent.node.machine_id.as_ref()?, observed.system.machine_id.known()?);
    (expected != found).then(|| {
        Finding::error("PF-OTHER-MACHINE", "the address leads to another machine")
            .at(["address"])
            .because(format!("Its machine-id is {found}, expected is {expected}."))
            .advise(
                "replace the node's resource if the machine was replaced, else correct the address",
            )
    })
}

fn swap(intent: &NodeIntent, observed: &Observed) -> Option<Finding> {
    let devices = observed.swap.active.known().filter(|devices| !devices.is_empty())?.join(", ");
    Some(match intent.swap {
        SwapPolicy::Off => Finding::info("PF-SWAP", format!("swap is on ({devices}) and is turned off")),
        SwapPolicy::Ignore => Finding::warning("PF-SWAP", format!("swap is on ({devices}) and is left on"))
            .at(["swap"])
            .because("The kubelet does not start with swap on unless failSwapOn is false in its configuration.")
            .advise("set failSwapOn to false in kubelet_configuration, or swap to \"off\""),
    })
}

fn cgroups(observed: &Observed) -> Option<Finding> {
    let cgroups = observed.system.cgroups.known()?;
    if !cgroups.controllers.contains("memory") {
        return Some(
            Finding::error("PF-CGROUP", "the memory cgroup is off")
                .because("The kubelet cannot limit memory without it; some ARM boards turn it off.")
                .advise("add cgroup_enable=memory to the kernel's command line and reboot"),
        );
    }
    (cgroups.version == 1).then(|| {
        Finding::warning("PF-CGROUP", "the host has cgroups of version 1")
            .because("The kubelet refuses them from 1.35 on, unless failCgroupV1 is false in its configuration.")
            .advise("boot with systemd.unified_cgroup_hierarchy=1, or set failCgroupV1 to false in kubelet_configuration")
    })
}

fn disk(observed: &Observed) -> Vec<Finding> {
    let small = observed.system.disk_free.iter().filter(|(_, free)| **free < NEEDED_DISK);
    let finding = |(path, free): (&String, &u64)| {
        Finding::error("PF-DISK", format!("{path} has {} MiB free", free >> 20))
            .because(format!(
                "Images, containers and etcd need at least {} MiB.",
                NEEDED_DISK >> 20
            ))
            .advise("make room or a larger disk, or ignore PF-DISK")
    };
    small.map(finding).collect()
}

fn hostname(observed: &Observed) -> Vec<Finding> {
    let Some(name) = observed.system.hostname.known() else { return Vec::new() };
    let local =
        matches!(name.as_str(), "localhost" | "localhost.localdomain" | "(none)").then(|| {
            Finding::warning("PF-HOSTNAME", format!("the host calls itself {name}"))
                .because("Programs that go by the host's own name will not find their node.")
                .advise("give the host a name of its own with hostnamectl")
        });
    let cloud = name.ends_with(".novalocal").then(|| {
        Finding::warning("PW-NOVALOCAL", format!("the host calls itself {name}"))
            .because(
                "OpenStack's cloud controller looks servers up by their name, without the ending.",
            )
            .advise("name the node as the server is named in OpenStack")
    });
    local.into_iter().chain(cloud).collect()
}

/// A host that is in a cluster, and not by us, must not have its runtime restarted.
fn foreign_cluster(observed: &Observed) -> Option<Finding> {
    let ours = observed.record.known().is_some_and(|record| record.membership.is_some());
    let signs = [
        (
            KubernetesFiles::KUBELET_KUBECONFIG,
            observed.kubernetes.has(KubernetesFiles::KUBELET_KUBECONFIG),
        ),
        (KubernetesFiles::CA, observed.kubernetes.has(KubernetesFiles::CA)),
        ("/var/lib/etcd", observed.kubernetes.etcd_data.clone()),
    ];
    let found: Vec<&str> = signs
        .iter()
        .filter(|(_, sign)| *sign == Fact::Known(true))
        .map(|(path, _)| *path)
        .collect();
    (!ours && !found.is_empty()).then(|| {
        Finding::error("PF-FOREIGN-CLUSTER", "the host belongs to a cluster that this provider did not make")
            .because(format!("Found {}, and no record of a membership.", found.join(", ")))
            .advise("import the host and its cluster to take them over, reset it yourself (kubeadm reset) if the cluster is not needed, or ignore PF-FOREIGN-CLUSTER to prepare the host all the same")
    })
}

/// Settings that the next boot loses, since somebody wrote another value into a file that is read later:
/// warnings of a look.
#[must_use]
pub fn shadowed_settings(intent: &NodeIntent, observed: &Observed) -> Vec<Finding> {
    let warning = |found: Finding| Finding {
        code: "DR-SYSCTL-SHADOWED",
        severity: Severity::Warning,
        path: Vec::new(),
        ..found
    };
    shadowed(intent, observed).into_iter().map(warning).collect()
}

fn shadowed(intent: &NodeIntent, observed: &Observed) -> Vec<Finding> {
    let host = &intent.node.name;
    let finding = |line: crate::observed::SysctlLine| {
        Finding::error(
            "PF-SYSCTL-SHADOWED",
            format!("{} on host {host} sets {} to {}", line.file, line.key, line.value),
        )
        .at(["sysctls", line.key.as_str()])
        .because("The file is applied after ours, so the setting would be lost at the next boot.")
        .advise("remove the line from that file")
    };
    sysctls::shadows(intent, observed).into_iter().map(finding).collect()
}

/// Hosts that are the same machine, or clones of one: names with their machine-id, looked at
/// together.
#[must_use]
pub fn duplicates<'o>(hosts: impl IntoIterator<Item = (&'o str, &'o str)>) -> Vec<Finding> {
    let mut names: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (name, id) in hosts {
        names.entry(id).or_default().insert(name);
    }
    let finding = |(id, names): (&str, BTreeSet<&str>)| {
        let names: Vec<&str> = names.into_iter().collect();
        Finding::error("PF-DUPLICATE-ID", format!("{} have one machine-id", names.join(" and ")))
            .at(["address"])
            .because(format!(
                "It is {id}. They are one machine, or clones of one; Kubernetes would mix them up."
            ))
            .advise("correct the addresses, or give each clone a machine-id of its own (empty /etc/machine-id, then systemd-machine-id-setup)")
    };
    names.into_iter().filter(|(_, names)| names.len() > 1).map(finding).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_are_named_together() {
        let found = duplicates([("a", "1"), ("b", "2"), ("c", "1"), ("a", "1")]);
        let texts: Vec<_> = found.iter().map(|finding| finding.summary.as_str()).collect();
        assert_eq!(texts, ["a and c have one machine-id"]);
    }
}
