//! Proxies of services, as drop-ins of systemd.

use super::HEADER;
use super::intent::{NodeIntent, Proxy};
use super::parts::{Parts, is_in_force};
use super::record::Change;
use super::runtime;
use super::step::{Action, Difference};
use crate::observed::{ManagedFile, Observed, UnitState};
use std::collections::BTreeMap;
use std::fmt::Write;

/// Drop-in of the container runtime, which fetches images.
pub(super) const RUNTIME_PROXY_FILE: &str =
    "/etc/systemd/system/containerd.service.d/90-terraform-provider-kubeadm-proxy.conf";
/// Drop-in of the kubelet.
pub(super) const KUBELET_PROXY_FILE: &str =
    "/etc/systemd/system/kubelet.service.d/90-terraform-provider-kubeadm-proxy.conf";

const KUBELET: &str = "kubelet.service";

pub(super) fn files(intent: &NodeIntent) -> BTreeMap<String, ManagedFile> {
    let Some(content) = intent.proxy.as_ref().and_then(drop_in) else { return BTreeMap::new() };
    // Readable by root alone: the address tells of the network.
    let file = ManagedFile { content, mode: 0o600 };
    [RUNTIME_PROXY_FILE, KUBELET_PROXY_FILE]
        .into_iter()
        .map(|path| (path.to_owned(), file.clone()))
        .collect()
}

pub(super) fn parts(intent: &NodeIntent, observed: &Observed) -> Parts {
    const BECAUSE: &str = "images are fetched through the proxy";
    let (mut parts, wanted) = (Parts::default(), files(intent));
    parts.files(&wanted, observed, BECAUSE);
    for path in wanted.keys().filter(|path| !is_in_force(path, observed)) {
        let found = "written, and its service not restarted since";
        parts.differences.push(Difference::new(path, "in force", found, BECAUSE));
    }
    for change in &mut parts.changes {
        if let Change::File { after, .. } = change {
            *after = None;
        }
    }
    if !parts.differences.is_empty() {
        parts.actions.push(Action::ReloadUnits);
        parts.actions.extend(restart_of_runtime(intent, observed));
        parts.actions.extend(restart(KUBELET, observed));
        let notes = wanted.iter().filter_map(|file| put_in_force(file, &parts.changes, observed));
        parts.actions.extend(notes.collect::<Vec<_>>());
    }
    parts
}

/// What an interrupted removal of a drop-in may have left undone.
pub(super) fn read_again(path: &str, observed: &Observed) -> Vec<Action> {
    let restart = after_removal(path, observed);
    restart.into_iter().flat_map(|restart| [Action::ReloadUnits, restart]).collect()
}

fn put_in_force(
    (path, file): (&String, &ManagedFile),
    changes: &[Change],
    observed: &Observed,
) -> Option<Action> {
    let written = changes.iter().any(|change| change.key() == format!("file:{path}"));
    (written || !is_in_force(path, observed))
        .then(|| Action::PutInForce { path: path.clone(), sha256: file.sha256() })
}

/// What a service needs, after systemd has read its drop-ins again, when one of them was removed.
/// The runtime is not among them: it is restarted when its configuration is made, which depends on
/// the proxy as well.
pub(super) fn after_removal(path: &str, observed: &Observed) -> Option<Action> {
    (path == KUBELET_PROXY_FILE).then(|| restart(KUBELET, observed)).flatten()
}

/// A drop-in that was changed by hand is no reason to make the runtime's configuration again, so
/// nothing else would restart it.
fn restart_of_runtime(intent: &NodeIntent, observed: &Observed) -> Vec<Action> {
    let restart = restart(runtime::UNIT, observed);
    let restart = restart.filter(|_| runtime::is_configured(intent, observed));
    restart.into_iter().flat_map(|restart| [restart, Action::AwaitRuntime]).collect()
}

fn restart(unit: &str, observed: &Observed) -> Option<Action> {
    let runs = observed.units.unit(unit).known().is_some_and(UnitState::is_active);
    runs.then(|| Action::RestartUnit(unit.to_owned()))
}

fn drop_in(proxy: &Proxy) -> Option<String> {
    let mut lines = String::new();
    let values = [("HTTP", proxy.http.as_deref()), ("HTTPS", proxy.https.as_deref())];
    for (name, value) in values.into_iter().filter_map(|(name, value)| Some((name, value?))) {
        variable(&mut lines, &format!("{name}_PROXY"), value);
    }
    if lines.is_empty() {
        return None;
    }
    if !proxy.no_proxy.is_empty() {
        variable(&mut lines, "NO_PROXY", &proxy.no_proxy.join(","));
    }
    Some(format!("{HEADER}[Service]\n{lines}"))
}

/// In upper and lower case, since programs differ; `%` is a specifier to systemd.
fn variable(lines: &mut String, name: &str, value: &str) {
    let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('%', "%%");
    for name in [name.to_owned(), name.to_lowercase()] {
        let _ = writeln!(lines, "Environment=\"{name}={value}\"");
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{fresh, node, prepared};
    use super::super::{Settings, Step, plan};
    use super::*;
    use crate::observed::Fact;

    #[test]
    fn values_are_quoted_for_systemd() {
        let proxy = Proxy {
            http: Some("http://u:p%40w\"@proxy:1".to_owned()),
            https: None,
            no_proxy: vec!["a".to_owned(), "10.0.0.0/8".to_owned()],
        };
        assert_eq!(
            drop_in(&proxy).unwrap().strip_prefix(HEADER).unwrap(),
            "[Service]\nEnvironment=\"HTTP_PROXY=http://u:p%%40w\\\"@proxy:1\"\nEnvironment=\"http_proxy=http://u:p%%40w\\\"@proxy:1\"\nEnvironment=\"NO_PROXY=a,10.0.0.0/8\"\nEnvironment=\"no_proxy=a,10.0.0.0/8\"\n"
        );
        assert_eq!(drop_in(&Proxy { no_proxy: vec!["a".to_owned()], ..Proxy::default() }), None);
    }

    /// A prepared host on which both services run, and what it was prepared for.
    fn behind_a_proxy() -> (NodeIntent, Observed) {
        let mut intent = node();
        intent.proxy = Some(Proxy { http: Some("http://proxy:1".to_owned()), ..Proxy::default() });
        let mut host = prepared(&intent, fresh());
        if let Fact::Known(units) = &mut host.units.0 {
            let running = UnitState { active: "active".to_owned(), ..UnitState::default() };
            units.insert(KUBELET.to_owned(), running);
        }
        (intent, host)
    }

    fn restarted(steps: &[Step]) -> Vec<&str> {
        let actions = steps.iter().flat_map(|step| &step.actions);
        actions
            .filter_map(|action| match action {
                Action::RestartUnit(unit) => Some(unit.as_str()),
                Action::ConfigureRuntime(runtime) => Some(&runtime.unit),
                _ => None,
            })
            .collect()
    }

    /// The run was killed after the drop-ins were written and before the services read them.
    #[test]
    fn a_restart_that_was_missed_is_made_up_for() {
        let (mut intent, mut host) = behind_a_proxy();
        assert!(plan(&intent, &host).unwrap().is_empty());
        let kept = Settings::found(&intent, &host);
        let Fact::Known(record) = &mut host.record else { panic!("a prepared host has a record") };
        let before = record.clone();
        for entry in &mut record.entries {
            if let Change::File { path, after, .. } = &mut entry.change
                && [RUNTIME_PROXY_FILE, KUBELET_PROXY_FILE].contains(&path.as_str())
            {
                *after = None;
            }
        }
        let found = Settings::found(&intent, &host);
        assert_ne!(Settings::wanted(&intent, &kept, &found), found, "the plan should show it");
        assert_eq!(restarted(&plan(&intent, &host).unwrap()), [runtime::UNIT, KUBELET]);
        assert!(plan(&intent, &prepared(&intent, host.clone())).unwrap().is_empty());

        // Likewise when the drop-in was removed.
        host.record = Fact::Known(before);
        host.files.by_path.insert(KUBELET_PROXY_FILE.to_owned(), Fact::Absent);
        intent.proxy = None;
        assert!(restarted(&plan(&intent, &host).unwrap()).contains(&KUBELET));
    }

    #[test]
    fn whatever_changes_a_drop_in_restarts_both_services_once() {
        let (intent, mut host) = behind_a_proxy();
        host.files.by_path.insert(RUNTIME_PROXY_FILE.to_owned(), Fact::Absent);
        assert_eq!(restarted(&plan(&intent, &host).unwrap()), [runtime::UNIT, KUBELET]);

        let (mut other, host) = behind_a_proxy();
        other.proxy = Some(Proxy { https: Some("http://proxy:2".to_owned()), ..Proxy::default() });
        assert_eq!(restarted(&plan(&other, &host).unwrap()), [KUBELET, runtime::UNIT]);

        other.proxy = None;
        assert_eq!(restarted(&plan(&other, &host).unwrap()), [KUBELET, runtime::UNIT]);
    }
}
