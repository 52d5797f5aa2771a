//! Kernel settings, now and at every boot.

use super::HEADER;
use super::intent::NodeIntent;
use super::parts::Parts;
use super::record::Change;
use super::step::{Action, Difference};
use crate::observed::{Fact, ManagedFile, Observed, SysctlKey, SysctlLine, sysctl_value};
use std::collections::BTreeMap;

/// Where the settings are kept: its name puts it after all that distributions ship.
pub(super) const SYSCTL_FILE: &str = "/etc/sysctl.d/99-zz-terraform-provider-kubeadm.conf";

/// Forwarding between pods, and packet filtering of what crosses their bridge.
const NEEDED: [(&str, &str); 3] = [
    ("net.bridge.bridge-nf-call-ip6tables", "1"),
    ("net.bridge.bridge-nf-call-iptables", "1"),
    ("net.ipv4.ip_forward", "1"),
];

/// Settings that are to be kept; the user's win over those that kubeadm needs.
#[must_use]
pub fn wanted_sysctls(intent: &NodeIntent) -> BTreeMap<SysctlKey, String> {
    let needed = NEEDED.iter().map(|(key, value)| (SysctlKey::new(key), (*value).to_owned()));
    let given =
        intent.sysctls.iter().map(|(key, value)| (SysctlKey::new(key), sysctl_value(value)));
    needed.chain(given).collect()
}

pub(super) fn files(intent: &NodeIntent) -> BTreeMap<String, ManagedFile> {
    let wanted = wanted_sysctls(intent);
    let lines = wanted.iter().flat_map(|(key, value)| [key.as_str(), " = ", value.as_str(), "\n"]);
    let content: String = std::iter::once(HEADER).chain(lines).collect();
    BTreeMap::from([(SYSCTL_FILE.to_owned(), ManagedFile::public(content))])
}

pub(super) fn parts(intent: &NodeIntent, observed: &Observed) -> Parts {
    let mut parts = Parts::default();
    parts.files(&files(intent), observed, "settings must hold after a reboot, too");
    for (key, value) in wanted_sysctls(intent) {
        live(&mut parts, key, value, observed);
    }
    parts
}

fn live(parts: &mut Parts, key: SysctlKey, value: String, observed: &Observed) {
    let found = observed.kernel.sysctl(&key);
    if found.known() == Some(&value) {
        return;
    }
    let because = "packets must be forwarded to and between pods, or the user wants it so";
    parts.differences.push(Difference::new(
        format!("sysctl {key}"),
        value.clone(),
        shown(&found),
        because,
    ));
    if let Fact::Known(before) = found
        && !is_ours(&key, &value, observed)
    {
        parts.changes.push(Change::Sysctl { key: key.clone(), before, after: value.clone() });
    }
    parts.actions.push(Action::SetSysctl { key, value });
}

/// What our own file sets to this value was set before: another value is drift, and not what we
/// once found.
fn is_ours(key: &SysctlKey, value: &str, observed: &Observed) -> bool {
    let file = observed.files.file(SYSCTL_FILE);
    let ours = format!("{key} = {value}");
    file.known().is_some_and(|file| file.content.lines().any(|line| line == ours))
}

fn shown(fact: &Fact<String>) -> String {
    match fact {
        Fact::Known(value) => value.clone(),
        Fact::Absent => "unknown to the kernel".to_owned(),
        Fact::Unreadable(reason) => reason.clone(),
    }
}

/// Lines of other files that win over ours at boot, with another value.
pub(super) fn shadows(intent: &NodeIntent, observed: &Observed) -> Vec<SysctlLine> {
    let shadow = |(key, value): (SysctlKey, String)| {
        let line = observed.kernel.sysctl_at_boot(&key)?;
        let later = line.file.rsplit('/').next() > SYSCTL_FILE.rsplit('/').next();
        (later && line.value != value).then(|| line.clone())
    };
    wanted_sysctls(intent).into_iter().filter_map(shadow).collect()
}
