//! Where routes are written so that a boot brings them back.

use super::place::Placed;
use crate::node::HEADER;
use crate::observed::{LiveRoute, ManagedFile, Manager};
use std::collections::BTreeMap;

/// Sets routes at boot where nothing keeps the interface's settings.
pub(super) const UNIT: &str = "kubeadm-endpoint-route.service";
pub(super) const UNIT_FILE: &str = "/etc/systemd/system/kubeadm-endpoint-route.service";
/// Run by ifupdown for each interface that comes up.
pub(super) const HOOK: &str = "/etc/network/if-up.d/kubeadm-endpoint-route";
/// Below `/etc/systemd/network/NAME.network.d/`.
const DROPIN: &str = "60-kubeadm-endpoint-route.conf";
const NETWORKD: &str = "/etc/systemd/network/";

/// The files that keep the routes.
pub(super) fn files(placed: &[Placed]) -> BTreeMap<String, ManagedFile> {
    let mut dropins: BTreeMap<String, Vec<&LiveRoute>> = BTreeMap::new();
    let (mut hooked, mut own) = (Vec::new(), Vec::new());
    for Placed { route, manager } in placed {
        match manager {
            Some(Manager::Networkd { file }) => {
                dropins.entry(dropin(file)).or_default().push(route);
            }
            Some(Manager::NetworkManager { .. }) => {}
            Some(Manager::Ifupdown) => hooked.push(route),
            None => own.push(route),
        }
    }
    let dropins = dropins.into_iter().map(|(path, routes)| (path, networkd(&routes)));
    let hook = (!hooked.is_empty()).then(|| (HOOK.to_owned(), hook(&hooked)));
    let unit = (!own.is_empty()).then(|| (UNIT_FILE.to_owned(), unit(&own)));
    dropins.chain(hook).chain(unit).collect()
}

/// The file beside that of an interface; what it is named does not change from boot to boot.
pub(super) fn dropin(file: &str) -> String {
    let name = file.rsplit('/').next().unwrap_or(file);
    format!("{NETWORKD}{name}.d/{DROPIN}")
}

pub(super) fn is_dropin(path: &str) -> bool {
    let rest = path.strip_prefix(NETWORKD).and_then(|rest| rest.strip_suffix(DROPIN));
    rest.is_some_and(|rest| rest.matches('/').count() == 1 && rest.ends_with(".network.d/"))
}

/// The route as a profile of NetworkManager has it. The metric is always given: it would take the
/// interface's.
#[must_use]
pub fn profile_text(route: &LiveRoute) -> String {
    let gateway = route.gateway.map(|gateway| format!(" {gateway}")).unwrap_or_default();
    let source = route.source.map(|source| format!(" src={source}")).unwrap_or_default();
    let table = if route.table == LiveRoute::MAIN {
        String::new()
    } else {
        format!(" table={}", route.table)
    };
    format!("{}{gateway} {}{source}{table}", route.destination, route.metric)
}

fn networkd(routes: &[&LiveRoute]) -> ManagedFile {
    let section = |route: &&LiveRoute| {
        let gateway = route.gateway.map(|gateway| format!("Gateway={gateway}\n"));
        let source = route.source.map(|source| format!("PreferredSource={source}\n"));
        let metric = (route.metric != LiveRoute::default_metric(&route.destination))
            .then(|| format!("Metric={}\n", route.metric));
        let table = (route.table != LiveRoute::MAIN).then(|| format!("Table={}\n", route.table));
        let rest: String = [gateway, source, metric, table].into_iter().flatten().collect();
        format!("\n[Route]\nDestination={}\n{rest}", route.destination)
    };
    ManagedFile::public(format!("{HEADER}{}", routes.iter().map(section).collect::<String>()))
}

fn replace(route: &LiveRoute) -> String {
    let family = if route.destination.addr().is_ipv4() { "-4" } else { "-6" };
    format!("ip {family} route replace {} proto static", route.words().join(" "))
}

/// An interface may have several routes: each is a case of its own. ifupdown takes a hook that fails for an
/// interface that did not come up.
fn hook(routes: &[&LiveRoute]) -> ManagedFile {
    let case = |route: &&LiveRoute| {
        format!("case $IFACE in\n{}) {} ;;\nesac\n", route.device, replace(route))
    };
    let cases: String = routes.iter().map(case).collect();
    ManagedFile { content: format!("#!/bin/sh\n{HEADER}{cases}exit 0\n"), mode: 0o755 }
}

/// Tried again until all are there: some interfaces are made late at boot, or not at all.
fn unit(routes: &[&LiveRoute]) -> ManagedFile {
    let each = routes.iter().map(|route| format!("{} || failed=1; ", replace(route)));
    let each: String = each.collect::<Vec<_>>().concat();
    ManagedFile::public(format!(
        "{HEADER}[Unit]\nDescription=Routes between the hosts of a cluster\n\
         After=network.target libvirtd.service virtnetworkd.service\nBefore=kubelet.service\n\
         StartLimitIntervalSec=0\n\n\
         [Service]\nType=oneshot\nRemainAfterExit=yes\nRestart=on-failure\nRestartSec=10\n\
         ExecStart=/bin/sh -c '{each}exit $${{failed:-0}}'\n\n\
         [Install]\nWantedBy=multi-user.target\n"
    ))
}
