//! Proxies of services, as drop-ins of systemd.

use super::HEADER;
use super::intent::{NodeIntent, Proxy};
use super::parts::Parts;
use super::runtime;
use super::step::Action;
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
    let mut parts = Parts::default();
    parts.files(&files(intent), observed, "images are fetched through the proxy");
    if !parts.differences.is_empty() {
        parts.actions.push(Action::ReloadUnits);
        parts.actions.extend(restart_of_runtime(intent, observed));
        parts.actions.extend(restart(KUBELET, observed));
    }
    parts
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
    use super::super::{Step, plan};
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
