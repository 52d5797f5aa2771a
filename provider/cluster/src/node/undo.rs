//! Puts back what one change found.

use super::record::Change;
use super::step::Action;
use super::{hosts, proxy};
use crate::observed::{DirectoryState, Fact, LiveRoute, ManagedFile, Observed};
use crate::route;

/// What puts back what a change found; nothing when that is there already.
#[must_use]
pub fn undo(change: &Change, observed: &Observed) -> Vec<Action> {
    match change {
        Change::SwapDevice { device } => swap_device(device, observed),
        Change::FstabSwap { lines } => fstab(lines, observed),
        Change::UnitMask { unit } => unmask(unit, observed),
        Change::File { path, before, .. } => file(path, before.as_ref(), observed),
        Change::Directory { path } => directory(path, observed),
        Change::DataDirectory { path, existed } => data_directory(path, *existed, observed),
        Change::Sysctl { key, before, after } => {
            let ours = observed.kernel.sysctl(key).known() == Some(after);
            ours.then(|| Action::SetSysctl { key: key.clone(), value: before.clone() })
                .into_iter()
                .collect()
        }
        Change::HostsBlock => hosts_block(observed),
        Change::Package { name } => {
            let installed = !observed.packages.package(name).is_absent();
            installed.then(|| Action::PurgePackages(vec![name.clone()])).into_iter().collect()
        }
        Change::Hold { name } => unhold(name, observed),
        Change::Unit { unit, enabled, active } => restore_unit(unit, *enabled, *active, observed),
        Change::Route { route, before } => restore_route(route, before.as_ref(), observed),
        Change::ProfileRoute { profile, route } => profile_route(profile, route, observed),
        Change::AdvertisedRoute { route } => {
            let tailnet = observed.tailnet.known();
            let is_left = tailnet.is_some_and(|tailnet| tailnet.advertised.contains(route));
            is_left.then_some(Action::WithdrawRoute(*route)).into_iter().collect()
        }
        Change::AcceptRoutes { before } => {
            let found = observed.tailnet.known().map(|tailnet| tailnet.accepts_routes);
            let differs = found.is_some_and(|found| found != *before);
            differs.then_some(Action::AcceptRoutes(*before)).into_iter().collect()
        }
    }
}

/// Whether nothing of a change is left.
///
/// A directory with other people's files in it stays, and so does a package that others need by
/// now (whoever removes packages makes sure that the rest is gone): neither is ours any more.
pub(crate) fn is_undone(change: &Change, observed: &Observed) -> bool {
    match change {
        Change::Directory { path } => {
            observed.directories.directory(path) != Fact::Known(DirectoryState::Empty)
        }
        Change::DataDirectory { path, .. } => {
            observed.directories.directory(path) != Fact::Known(DirectoryState::Used)
        }
        Change::Package { .. } => true,
        change => undo(change, observed).is_empty(),
    }
}

fn swap_device(device: &str, observed: &Observed) -> Vec<Action> {
    let active =
        observed.swap.active.known().is_some_and(|active| active.iter().any(|one| one == device));
    if active { Vec::new() } else { vec![Action::SwapOn(device.to_owned())] }
}

/// Lines that somebody deleted meanwhile, mark and all, stay deleted.
fn fstab(lines: &[String], observed: &Observed) -> Vec<Action> {
    let marked =
        |line: &String| observed.swap.marked.known().is_none_or(|marked| marked.contains(line));
    if lines.iter().any(marked) {
        vec![Action::EnableFstabSwap, Action::ReloadUnits]
    } else {
        Vec::new()
    }
}

fn unmask(unit: &str, observed: &Observed) -> Vec<Action> {
    let masked =
        observed.swap.masked.known().is_none_or(|masked| masked.iter().any(|one| one == unit));
    if masked { vec![Action::UnmaskUnit(unit.to_owned())] } else { Vec::new() }
}

fn file(path: &str, before: Option<&ManagedFile>, observed: &Observed) -> Vec<Action> {
    let action = match (observed.files.file(path), before) {
        (Fact::Absent, None) => return Vec::new(),
        (Fact::Known(found), Some(before)) if found == *before => return Vec::new(),
        (_, None) => Action::RemoveFile(path.to_owned()),
        (_, Some(before)) => Action::WriteFile { path: path.to_owned(), file: before.clone() },
    };
    let unit_file = path.starts_with("/etc/systemd/system/");
    let reload = unit_file.then_some(Action::ReloadUnits);
    let network = route::is_dropin(path).then_some(Action::ReloadNetwork);
    std::iter::once(action)
        .chain(reload)
        .chain(network)
        .chain(proxy::after_removal(path, observed))
        .collect()
}

fn directory(path: &str, observed: &Observed) -> Vec<Action> {
    let there = !observed.directories.directory(path).is_absent();
    there.then(|| Action::RemoveDirectory(path.to_owned())).into_iter().collect()
}

fn data_directory(path: &str, existed: bool, observed: &Observed) -> Vec<Action> {
    let removal = if existed { Vec::new() } else { directory(path, observed) };
    let there = !observed.directories.directory(path).is_absent();
    there.then(|| Action::ClearDirectory(path.to_owned())).into_iter().chain(removal).collect()
}

fn hosts_block(observed: &Observed) -> Vec<Action> {
    let ours = match observed.files.file(hosts::HOSTS_FILE) {
        Fact::Known(file) => hosts::found_block(&file.content).is_some(),
        Fact::Absent => false,
        Fact::Unreadable(_) => true,
    };
    if ours { vec![Action::EditHosts(None)] } else { Vec::new() }
}

fn unhold(name: &str, observed: &Observed) -> Vec<Action> {
    let held = observed.packages.package(name).known().is_some_and(|package| package.held);
    if held { vec![Action::UnholdPackage(name.to_owned())] } else { Vec::new() }
}

fn restore_unit(unit: &str, enabled: bool, active: bool, observed: &Observed) -> Vec<Action> {
    let Fact::Known(found) = observed.units.unit(unit) else { return Vec::new() };
    let disable = (found.is_enabled() && !enabled).then(|| Action::DisableUnit(unit.to_owned()));
    let stop = (found.is_active() && !active).then(|| Action::StopUnit(unit.to_owned()));
    disable.into_iter().chain(stop).collect()
}

/// A route that leads another way by now is somebody's.
fn restore_route(
    route: &LiveRoute,
    before: Option<&LiveRoute>,
    observed: &Observed,
) -> Vec<Action> {
    match (observed.routing.found(route), before) {
        (Fact::Known(found), before) if found == *route && before != Some(&found) => {
            let links = observed.network.links.known();
            let has_device =
                |before: &&LiveRoute| links.is_none_or(|all| all.contains(&before.device));
            let delete = Action::DeleteRoute(found);
            let before = before.filter(has_device);
            vec![before.map_or(delete, |before| Action::ReplaceRoute(before.clone()))]
        }
        (Fact::Unreadable(_), _) => vec![Action::DeleteRoute(route.clone())],
        _ => Vec::new(),
    }
}

fn profile_route(profile: &str, route: &LiveRoute, observed: &Observed) -> Vec<Action> {
    let is_there = observed.routing.profile_has(profile, route);
    let profile = profile.to_owned();
    let remove = || Action::RemoveProfileRoute { profile, route: route.clone() };
    is_there.then(remove).into_iter().collect()
}
