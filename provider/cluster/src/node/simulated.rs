//! A host that exists in memory alone: carries out steps as a real one would.

use super::containerd::configuration;
use super::record::{Change, Record, Scope};
use super::step::{Action, PackageRequest, Step};
use super::{
    CONFIGURATION_FILE, KUBERNETES_KEY_FILE, KUBERNETES_SOURCE_FILE, RUNTIME_UNIT, hosts,
    kubernetes_source,
};
use crate::observed::{
    DirectoryState, Fact, LiveRoute, ManagedFile, Manager, Observed, Package, SwapOrigin, SwapUnit,
    UnitState, module_name,
};
use std::collections::{BTreeMap, BTreeSet};

const DEFAULTS: &str = include_str!("../../tests/data/containerd-1.6-default.toml");
/// What the distribution's package ships.
const SHIPPED: &str = "version = 2\n\n[plugins]\n";

/// Carries out a plan.
pub(crate) fn carry_out(host: &mut Observed, plan: &[Step]) {
    carry_out_some(host, plan, plan.len());
}

/// Begins a plan and is interrupted: everything is recorded first, then some steps are taken.
pub(super) fn carry_out_some(host: &mut Observed, plan: &[Step], steps: usize) {
    let mut record = host.record.known().cloned().unwrap_or_default();
    for step in plan {
        step.changes.iter().for_each(|change| record.add(Scope::Node, change.clone()));
    }
    for step in plan.iter().take(steps) {
        step.actions.iter().for_each(|action| act(host, &mut record, action));
        step.forgets.iter().for_each(|key| record.forget(key));
    }
    host.record = if record == Record::default() { Fact::Absent } else { Fact::Known(record) };
}

fn act(host: &mut Observed, record: &mut Record, action: &Action) {
    match action {
        Action::SwapOff(device) => list(&mut host.swap.active).retain(|one| one != device),
        Action::SwapOn(device) => list(&mut host.swap.active).push(device.clone()),
        Action::DisableFstabSwap => move_all(&mut host.swap.fstab, &mut host.swap.marked),
        Action::EnableFstabSwap => move_all(&mut host.swap.marked, &mut host.swap.fstab),
        Action::MaskUnit(unit) => mask(host, unit),
        Action::UnmaskUnit(unit) => unmask(host, unit),
        Action::WriteFile { path, file } | Action::WriteChecked { path, file, .. } => {
            write(host, path, Some(file.clone()));
        }
        Action::RemoveFile(path) => write(host, path, None),
        Action::MakeDirectory(path) | Action::ClearDirectory(path) => {
            directories(host).insert(path.clone(), DirectoryState::Empty);
        }
        Action::RemoveDirectory(path) => remove_directory(host, path),
        Action::LoadModule(name) => load(host, name),
        Action::SetSysctl { key, value } => {
            host.kernel.sysctls.insert(key.clone(), Fact::Known(value.clone()));
        }
        Action::EditHosts(block) => edit_hosts(host, block.as_deref()),
        Action::ReplaceRoute(route) => replace_route(host, route, true),
        Action::DeleteRoute(route) => replace_route(host, route, false),
        Action::AddProfileRoute { profile, route } => profile_route(host, profile, route, true),
        Action::RemoveProfileRoute { profile, route } => profile_route(host, profile, route, false),
        Action::WithdrawRoute(route) => {
            if let Fact::Known(tailnet) = &mut host.tailnet {
                tailnet.advertised.retain(|one| one != route);
            }
        }
        Action::AcceptRoutes(accepted) => {
            if let Fact::Known(tailnet) = &mut host.tailnet {
                tailnet.accepts_routes = *accepted;
            }
        }
        Action::ReloadUnits
        | Action::ReloadNetwork
        | Action::RefreshPackages
        | Action::AwaitRuntime
        | Action::RestartUnit(_) => {}
        Action::PutInForce { path, sha256 } => record.add(
            Scope::Node,
            Change::File {
                path: path.clone(),
                before: None,
                after: Some(sha256.clone()),
                made_from: None,
            },
        ),
        Action::EnableUnit(unit) => "enabled".clone_into(&mut self::unit(host, unit).file),
        Action::DisableUnit(unit) => "disabled".clone_into(&mut self::unit(host, unit).file),
        Action::StartUnit(unit) | Action::ReloadOrStart(unit) => {
            "active".clone_into(&mut self::unit(host, unit).active);
        }
        Action::StopUnit(unit) => "inactive".clone_into(&mut self::unit(host, unit).active),
        Action::InstallPackages(requests) => {
            for request in requests {
                install(host, request);
            }
        }
        Action::AddKubernetesRepository(packages) => {
            let list = kubernetes_source(&packages.source, &packages.version);
            write(host, KUBERNETES_SOURCE_FILE, Some(list));
            write(host, KUBERNETES_KEY_FILE, Some(ManagedFile::public("key")));
        }
        Action::PurgePackages(names) => names.iter().for_each(|name| purge(host, name)),
        Action::HoldPackage(name) => set_held(host, name, true),
        Action::UnholdPackage(name) => set_held(host, name, false),
        Action::ConfigureRuntime(runtime) => {
            let text = configuration(DEFAULTS, &runtime.intent).unwrap();
            let file = ManagedFile::public(text);
            let (path, after, made_from) =
                (runtime.path.clone(), Some(file.sha256()), Some(runtime.fingerprint.clone()));
            record.add(Scope::Node, Change::File { path, before: None, after, made_from });
            write(host, &runtime.path, Some(file));
            "active".clone_into(&mut unit(host, RUNTIME_UNIT).active);
        }
    }
    refresh(host);
}

fn replace_route(host: &mut Observed, route: &LiveRoute, keep: bool) {
    let routes = list(&mut host.routing.routes);
    routes.retain(|one| !one.is_same_entry(route));
    routes.extend(keep.then(|| route.clone()));
}

fn profile_route(host: &mut Observed, uuid: &str, route: &LiveRoute, keep: bool) {
    for (_, manager) in list(&mut host.routing.managers) {
        if let Manager::NetworkManager { profile, routes } = manager
            && profile == uuid
        {
            routes.retain(|one| one != route);
            routes.extend(keep.then(|| route.clone()));
        }
    }
}

fn list<T>(fact: &mut Fact<Vec<T>>) -> &mut Vec<T> {
    if fact.known().is_none() {
        *fact = Fact::Known(Vec::new());
    }
    match fact {
        Fact::Known(list) => list,
        _ => unreachable!("made known above"),
    }
}

fn move_all(from: &mut Fact<Vec<String>>, to: &mut Fact<Vec<String>>) {
    let moved = std::mem::take(list(from));
    list(to).extend(moved);
}

fn mask(host: &mut Observed, unit: &str) {
    list(&mut host.swap.units).retain(|one| one.name != unit);
    list(&mut host.swap.masked).push(unit.to_owned());
}

fn unmask(host: &mut Observed, unit: &str) {
    list(&mut host.swap.masked).retain(|one| one != unit);
    list(&mut host.swap.units).push(SwapUnit { name: unit.to_owned(), origin: SwapOrigin::Other });
}

fn write(host: &mut Observed, path: &str, file: Option<ManagedFile>) {
    let parent = path.rsplit_once('/').unwrap().0.to_owned();
    if file.is_some() {
        directories(host).insert(parent, DirectoryState::Used);
    }
    host.files.by_path.insert(path.to_owned(), file.map_or(Fact::Absent, Fact::Known));
}

fn directories(host: &mut Observed) -> &mut BTreeMap<String, DirectoryState> {
    match &mut host.directories.0 {
        Fact::Known(all) => all,
        _ => panic!("a simulated host is wholly seen"),
    }
}

fn remove_directory(host: &mut Observed, path: &str) {
    if directories(host).get(path) == Some(&DirectoryState::Empty) {
        directories(host).remove(path);
    }
}

fn load(host: &mut Observed, name: &str) {
    if let Fact::Known(modules) = &mut host.kernel.modules {
        modules.insert(module_name(name));
    }
}

fn edit_hosts(host: &mut Observed, block: Option<&str>) {
    let file = host.files.file(hosts::HOSTS_FILE).known().cloned().unwrap();
    let content = hosts::with_block(&file.content, block);
    host.files
        .by_path
        .insert(hosts::HOSTS_FILE.to_owned(), Fact::Known(ManagedFile { content, ..file }));
}

fn unit<'h>(host: &'h mut Observed, name: &str) -> &'h mut UnitState {
    match &mut host.units.0 {
        Fact::Known(units) => units.entry(name.to_owned()).or_default(),
        _ => panic!("a simulated host is wholly seen"),
    }
}

fn packages(host: &mut Observed) -> &mut BTreeMap<String, Package> {
    match &mut host.packages.0 {
        Fact::Known(packages) => packages,
        _ => panic!("a simulated host is wholly seen"),
    }
}

fn install(host: &mut Observed, request: &PackageRequest) {
    let version = request.version.clone().unwrap_or_else(|| "1.6.20".to_owned()) + "~ds1-1";
    let new =
        packages(host).insert(request.name.clone(), Package { version, held: false }).is_none();
    if request.name == "containerd" && new {
        directories(host).entry("/etc/containerd".to_owned()).or_insert(DirectoryState::Empty);
        for data in ["/var/lib/containerd", "/opt/containerd"] {
            directories(host).insert(data.to_owned(), DirectoryState::Used);
        }
        // dpkg keeps a file that was there.
        if host.files.file(CONFIGURATION_FILE).is_absent() {
            write(host, CONFIGURATION_FILE, Some(ManagedFile::public(SHIPPED)));
        }
        *unit(host, RUNTIME_UNIT) = UnitState {
            load: "loaded".to_owned(),
            active: "active".to_owned(),
            file: "enabled".to_owned(),
            restarts: 0,
            entered: None,
        };
    }
}

fn purge(host: &mut Observed, name: &str) {
    if packages(host).remove(name).is_some() && name == "containerd" {
        write(host, CONFIGURATION_FILE, None);
        refresh(host);
        remove_directory(host, "/etc/containerd");
        "not-found".clone_into(&mut unit(host, RUNTIME_UNIT).load);
    }
}

fn set_held(host: &mut Observed, name: &str, held: bool) {
    if let Some(package) = packages(host).get_mut(name) {
        package.held = held;
    }
}

/// Whether something is in each directory that holds files of ours.
fn refresh(host: &mut Observed) {
    let files: BTreeSet<String> = host
        .files
        .by_path
        .iter()
        .filter(|(_, fact)| fact.known().is_some())
        .map(|(path, _)| path.clone())
        .collect();
    let all: Vec<String> = directories(host).keys().cloned().collect();
    for directory in all.iter().filter(|path| {
        let ends = [".service.d", ".network.d"];
        path.starts_with("/etc/containerd") || ends.iter().any(|end| path.ends_with(end))
    }) {
        let prefix = format!("{directory}/");
        let used = files.iter().chain(&all).any(|path| path.starts_with(&prefix));
        let state = if used { DirectoryState::Used } else { DirectoryState::Empty };
        directories(host).insert(directory.clone(), state);
    }
}
