//! What is to be done so that a host has its routes and lets pass what it should.

use super::forward::{self, FORWARD_UNIT};
use super::intent::RouteIntent;
use super::keep;
use super::place::{Placed, placed};
use super::retired::{not_undone, retired};
use crate::endpoint::require_tailnet;
use crate::finding::Finding;
use crate::node::{Action, Area, Change, Difference, HEADER, Parts, Step};
use crate::observed::{Fact, Filter, ManagedFile, Manager, Observed, SysctlKey};
use std::collections::{BTreeMap, BTreeSet};

/// Where kernel settings are kept for the next boot, also those of interfaces that come later: its name
/// puts it after all that distributions ship.
pub(super) const SYSCTL_FILE: &str = "/etc/sysctl.d/99-zz-kubeadm-endpoint-route.conf";

const BECAUSE: &str = "hosts must reach each other, also after a boot";

/// The steps that give a host its routes; none when it has them.
///
/// # Errors
/// For each route that leads nowhere from here, and for a packet filter that cannot be had.
pub fn plan(intent: &RouteIntent, observed: &Observed) -> Result<Vec<Step>, Vec<Finding>> {
    let placed = placed(intent, observed)?;
    can_filter(intent, observed).map_or(Ok(()), |finding| Err(vec![finding]))?;
    in_tailnet(intent, observed).map_err(|finding| vec![finding])?;
    let retired = retired(&placed, intent, observed).into_step(Area::Retired);
    let routes = parts(&placed, intent, observed).into_step(Area::Routes);
    Ok(retired.into_iter().chain(routes).collect())
}

/// What still differs: nothing once the steps have reached their goal.
#[must_use]
pub fn left(intent: &RouteIntent, observed: &Observed) -> Vec<Difference> {
    let placed = match placed(intent, observed) {
        Ok(placed) => placed,
        Err(findings) => return findings.iter().map(misplaced).collect(),
    };
    let mut left = not_undone(&placed, intent, observed);
    left.extend(parts(&placed, intent, observed).differences);
    left
}

/// A route that leads nowhere at the moment, such as while an interface gets its address anew.
fn misplaced(finding: &Finding) -> Difference {
    Difference::new(finding.path.join("."), "a way", finding.summary.clone(), BECAUSE)
}

/// Kernel settings that are looked at.
#[must_use]
pub fn watched_sysctls(intent: &RouteIntent) -> BTreeSet<SysctlKey> {
    sysctls(intent).into_keys().chain([rp_filter_key("all")]).collect()
}

pub(super) fn rp_filter_key(device: &str) -> SysctlKey {
    SysctlKey::new(&format!("net/ipv4/conf/{device}/rp_filter"))
}

/// The kernel settings that are wanted.
pub(super) fn sysctls(intent: &RouteIntent) -> BTreeMap<SysctlKey, String> {
    let filters = intent.rp_filter.iter();
    let filters =
        filters.map(|(device, filter)| (rp_filter_key(device), filter.value().to_string()));
    let forwards = |six: bool| {
        let key = if six { "net.ipv6.conf.all.forwarding" } else { "net.ipv4.ip_forward" };
        let value = u8::from(intent.forwards()?).to_string();
        Some((SysctlKey::new(key), value))
    };
    let six = intent.between.iter().any(|network| network.addr().is_ipv6());
    let six = six.then(|| forwards(true)).flatten();
    filters.chain(forwards(false)).chain(six).collect()
}

/// All files that are kept.
pub(super) fn files(placed: &[Placed], intent: &RouteIntent) -> BTreeMap<String, ManagedFile> {
    let mut files = keep::files(placed);
    files.extend(forward::files(&intent.between));
    let sysctls = sysctls(intent);
    if !sysctls.is_empty() {
        // An interface that is not there at boot is no failure of the others' settings.
        let lines = sysctls.iter().map(|(key, value)| format!("-{key} = {value}\n"));
        let content = std::iter::once(HEADER.to_owned()).chain(lines).collect::<String>();
        files.insert(SYSCTL_FILE.to_owned(), ManagedFile::public(content));
    }
    files
}

/// Units that are ours.
pub(super) fn units(files: &BTreeMap<String, ManagedFile>) -> Vec<&'static str> {
    let all = [(keep::UNIT_FILE, keep::UNIT), (forward::UNIT_FILE, FORWARD_UNIT)];
    let wanted = all.into_iter().filter(|(file, _)| files.contains_key(*file));
    wanted.map(|(_, unit)| unit).collect()
}

fn parts(placed: &[Placed], intent: &RouteIntent, observed: &Observed) -> Parts {
    let mut parts = Parts::default();
    let files = files(placed, intent);
    parts.files(&files, observed, BECAUSE);
    if writes(&parts, keep::UNIT_FILE) || writes(&parts, forward::UNIT_FILE) {
        parts.actions.push(Action::ReloadUnits);
    }
    for (key, value) in sysctls(intent) {
        sysctl(&mut parts, key, value, observed);
    }
    for one in placed {
        route(&mut parts, one, observed);
    }
    if files.keys().any(|path| keep::is_dropin(path) && writes(&parts, path)) {
        parts.actions.push(Action::ReloadNetwork);
    }
    if files.contains_key(keep::UNIT_FILE) {
        at_boot(&mut parts, observed);
    }
    if !intent.between.is_empty() {
        passing(&mut parts, intent, observed);
    }
    accepting(&mut parts, intent, observed);
    parts
}

/// Routes of others in the tailnet.
fn accepting(parts: &mut Parts, intent: &RouteIntent, observed: &Observed) {
    let found = observed.tailnet.known().map(|tailnet| tailnet.accepts_routes);
    let (Some(wanted), Some(found)) = (intent.accept_routes, found) else { return };
    if found != wanted {
        let name = "Tailscale's accept-routes";
        let (shown, is) = (wanted.to_string(), found.to_string());
        parts.differences.push(Difference::new(name, shown, is, BECAUSE));
        parts.changes.push(Change::AcceptRoutes { before: found });
        parts.actions.push(Action::AcceptRoutes(wanted));
    }
}

fn in_tailnet(intent: &RouteIntent, observed: &Observed) -> Result<(), Finding> {
    if intent.accept_routes.is_some() {
        require_tailnet(&intent.node.name, observed)
            .map_err(|finding| finding.at(["tailscale"]))?;
    }
    Ok(())
}

fn writes(parts: &Parts, path: &str) -> bool {
    let is_this =
        |action: &Action| matches!(action, Action::WriteFile { path: one, .. } if one == path);
    parts.actions.iter().any(is_this)
}

/// One of an interface that is not there is set when it comes.
fn sysctl(parts: &mut Parts, key: SysctlKey, value: String, observed: &Observed) {
    let Fact::Known(before) = observed.kernel.sysctl(&key) else { return };
    if before == value {
        return;
    }
    let name = format!("sysctl {key}");
    parts.differences.push(Difference::new(name, value.clone(), before.clone(), BECAUSE));
    // What our file sets was set before: another value is somebody's doing, and not what we found.
    let file = observed.files.file(SYSCTL_FILE);
    let line = format!("-{key} = {value}");
    let is_ours = file.known().is_some_and(|file| file.content.lines().any(|one| one == line));
    if !is_ours {
        parts.changes.push(Change::Sysctl { key: key.clone(), before, after: value.clone() });
    }
    parts.actions.push(Action::SetSysctl { key, value });
}

fn route(parts: &mut Parts, placed: &Placed, observed: &Observed) {
    let wanted = &placed.route;
    let found = observed.routing.found(wanted);
    if found.known() != Some(wanted) {
        let shown =
            found.known().map_or_else(|| "none".to_owned(), crate::observed::LiveRoute::way);
        let name = format!("route to {}", wanted.entry());
        parts.differences.push(Difference::new(name, wanted.way(), shown, BECAUSE));
        let before = found.known().cloned();
        parts.changes.push(Change::Route { route: wanted.clone(), before });
        parts.actions.push(Action::ReplaceRoute(wanted.clone()));
    }
    if let Some(Manager::NetworkManager { profile, routes }) = &placed.manager
        && !routes.contains(wanted)
    {
        let name = format!("NetworkManager's profile {profile}");
        parts.differences.push(Difference::new(name, wanted.entry(), "not in it", BECAUSE));
        let (profile, route) = (profile.clone(), wanted.clone());
        parts.changes.push(Change::ProfileRoute { profile: profile.clone(), route: route.clone() });
        parts.actions.push(Action::AddProfileRoute { profile, route });
    }
}

/// The unit that sets routes at boot: they are set by now, so that it need not run.
fn at_boot(parts: &mut Parts, observed: &Observed) {
    let found = observed.units.unit(keep::UNIT).known().cloned().unwrap_or_default();
    if !found.is_enabled() {
        let shown = or_missing(&found.file);
        parts.differences.push(Difference::new(keep::UNIT, "enabled", shown, BECAUSE));
        enable(parts, keep::UNIT);
    }
}

/// The service that keeps our chain in its place.
fn passing(parts: &mut Parts, intent: &RouteIntent, observed: &Observed) {
    let found = observed.units.unit(FORWARD_UNIT).known().cloned().unwrap_or_default();
    let runs = found.is_active() && found.is_enabled();
    if !runs {
        let shown = format!("{}, {}", or_missing(&found.active), or_missing(&found.file));
        parts.differences.push(Difference::new(FORWARD_UNIT, "active, enabled", shown, BECAUSE));
        enable(parts, FORWARD_UNIT);
    }
    let holds = |filter: &Filter| forward::holds(*filter, &intent.between, observed);
    let holds = Filter::ALL.iter().all(holds);
    if !holds {
        let wanted =
            format!("{} comes first, with a rule for each pair of networks", forward::CHAIN);
        parts.differences.push(Difference::new("packet filter", wanted, "not so", BECAUSE));
    }
    let is_new = writes(parts, forward::SCRIPT) || writes(parts, forward::UNIT_FILE);
    if !runs || !holds || is_new {
        parts.actions.push(Action::ReloadOrStart(FORWARD_UNIT.to_owned()));
    }
}

/// A unit of ours was not there before.
fn enable(parts: &mut Parts, unit: &str) {
    let unit = unit.to_owned();
    parts.changes.push(Change::Unit { unit: unit.clone(), enabled: false, active: false });
    parts.actions.push(Action::EnableUnit(unit));
}

fn or_missing(state: &str) -> &str {
    if state.is_empty() { "missing" } else { state }
}

fn can_filter(intent: &RouteIntent, observed: &Observed) -> Option<Finding> {
    let needed =
        Filter::ALL.into_iter().filter(|it| !forward::rules(*it, &intent.between).is_empty());
    let missing = needed.into_iter().find_map(|filter| match observed.routing.rules(filter) {
        Fact::Unreadable(reason) => Some((filter.place().0, reason.clone())),
        _ => None,
    });
    if !intent.between.is_empty() && observed.routing.has_table(LIBVIRT_TABLE) {
        return Some(overruled());
    }
    let (program, reason) = missing?;
    Some(
        Finding::error("PF-FORWARD", format!("{program} does not answer on the host"))
            .at(["forward"])
            .because(reason)
            .advise("Install iptables there, or leave forward out and let the host's own firewall pass what is needed"),
    )
}

/// Where libvirt has its rules when it goes by nftables alone.
const LIBVIRT_TABLE: &str = "libvirt_network";

fn overruled() -> Finding {
    Finding::error("PF-FORWARD", "libvirt rejects packets by nftables, whatever iptables accepts")
        .at(["forward"])
        .because(format!("The host has the table {LIBVIRT_TABLE}, which looks at packets apart from iptables"))
        .advise(
            "Set firewall_backend = \"iptables\" in /etc/libvirt/network.conf and restart libvirtd or virtnetworkd, \
             or give the networks the forward mode open or route",
        )
}
