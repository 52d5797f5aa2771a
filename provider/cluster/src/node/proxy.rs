//! Proxies of services, as drop-ins of systemd.

use super::HEADER;
use super::intent::{NodeIntent, Proxy};
use super::parts::Parts;
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

/// The runtime is restarted when its configuration is made, which depends on the proxy as well.
pub(super) fn parts(intent: &NodeIntent, observed: &Observed) -> Parts {
    let mut parts = Parts::default();
    parts.files(&files(intent), observed, "images are fetched through the proxy");
    if !parts.differences.is_empty() {
        parts.actions.push(Action::ReloadUnits);
        let runs = observed.units.unit(KUBELET).known().is_some_and(UnitState::is_active);
        parts.actions.extend(runs.then(|| Action::RestartUnit(KUBELET.to_owned())));
    }
    parts
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
    use super::*;

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
}
