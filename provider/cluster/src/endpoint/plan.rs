//! What is to be done so that a host has what it should of the endpoint.

use super::attachment::{Attachment, Configuration, Service};
use super::tailscale;
use crate::finding::Finding;
use crate::node::{
    Action, Area, Change, Difference, HEADER, PackageRequest, Parts, Record, Scope, Step,
    is_in_force,
};
use crate::observed::{DirectoryState, Fact, ManagedFile, Observed, UnitState};

/// The steps that give a host what it should have of the endpoint; none when it has it.
///
/// # Errors
/// When a service has a configuration that is somebody else's: it is not overwritten.
pub fn plan(attachment: &Attachment, observed: &Observed) -> Result<Vec<Step>, Finding> {
    let packages = install(attachment, observed)?;
    let services = services(attachment, observed).into_step(Area::EndpointServices);
    Ok(packages.into_iter().chain(services).collect())
}

/// The step that installs what will serve the endpoint, if anything of it is missing.
///
/// # Errors
/// As [`plan`].
pub fn install(attachment: &Attachment, observed: &Observed) -> Result<Option<Step>, Finding> {
    attachment.services.iter().try_for_each(|service| not_foreign(service, observed))?;
    let foreign = attachment.static_pods.keys().find(|path| is_foreign(path, observed));
    foreign.map_or(Ok(()), |path| Err(foreign_pod(path)))?;
    Ok(packages(attachment, observed).into_step(Area::EndpointPackages))
}

/// What still differs: nothing once the steps have reached their goal.
#[must_use]
pub fn left(attachment: &Attachment, observed: &Observed) -> Vec<Difference> {
    let mut left = packages(attachment, observed).differences;
    left.extend(services(attachment, observed).differences);
    left
}

/// Whether what the host has of an endpoint was made for another kind, and goes before the new one
/// comes.
#[must_use]
pub fn is_retired(attachment: Option<&Attachment>, record: &Record) -> bool {
    let entries = record.entries.iter().filter(|entry| entry.scope == Scope::Endpoint);
    let changes: Vec<&Change> = entries.map(|entry| &entry.change).collect();
    let wanted: Vec<&str> = attachment.into_iter().flat_map(Attachment::paths).collect();
    let packages = attachment.map(|attachment| attachment.packages).unwrap_or_default();
    let is_file = |change: &&&Change| matches!(change, Change::File { .. });
    let is_wanted = |change: &&&Change| match change {
        Change::File { path, .. } => wanted.contains(&path.as_str()),
        Change::Package { name } => packages.contains(&name.as_str()),
        _ => false,
    };
    // Two kinds may need one package; their files tell them apart.
    let (files, others): (Vec<&Change>, Vec<&Change>) = changes.iter().partition(|it| is_file(it));
    let telling = if files.is_empty() { others } else { files };
    !telling.is_empty() && !telling.iter().any(|it| is_wanted(&it))
}

/// Whether anything was configured for an endpoint on the host: packages alone serve nobody, and bring
/// files of their own.
#[must_use]
pub fn was_attached(record: &Record) -> bool {
    let is_file = |change: &Change| matches!(change, Change::File { .. });
    record.entries.iter().any(|it| it.scope == Scope::Endpoint && is_file(&it.change))
}

fn packages(attachment: &Attachment, observed: &Observed) -> Parts {
    let mut parts = Parts::default();
    let missing = attachment.packages.iter();
    let missing = missing.filter(|name| observed.packages.package(name).known().is_none());
    let requests: Vec<PackageRequest> = missing
        .map(|name| {
            parts.differences.push(Difference::new(
                format!("package {name}"),
                "installed",
                "not installed",
                "it serves the cluster's endpoint",
            ));
            parts.changes.push(Change::Package { name: (*name).to_owned() });
            PackageRequest::newest(*name)
        })
        .collect();
    if !requests.is_empty() {
        // The packages leave what we put there, and what they made when they ran.
        attachment.paths().for_each(|path| parts.directories_of(path, observed));
        parts.changes.extend(attachment.data.iter().filter_map(|path| data(path, observed)));
        parts.actions.extend([Action::RefreshPackages, Action::InstallPackages(requests)]);
    }
    parts
}

/// A directory that what we install fills; one with something in it is somebody's.
fn data(path: &str, observed: &Observed) -> Option<Change> {
    let state = observed.directories.directory(path);
    let existed = state.known().is_some();
    let unused = state != Fact::Known(DirectoryState::Used);
    unused.then(|| Change::DataDirectory { path: path.to_owned(), existed })
}

fn services(attachment: &Attachment, observed: &Observed) -> Parts {
    let mut parts = Parts::default();
    if let Some(address) = attachment.advertised {
        // First, so that it is looked at once its service has gone.
        let route = tailscale::route(address);
        let is_noted = is_recorded(&format!("advertised-route:{route}"), observed);
        parts.changes.extend((!is_noted).then_some(Change::AdvertisedRoute { route }));
    }
    for service in &attachment.services {
        let before = parts.differences.len();
        let written = files(&mut parts, service, observed);
        state(&mut parts, service, observed);
        if parts.differences.len() == before {
            continue;
        }
        parts.actions.push(Action::ReloadUnits);
        parts.actions.push(Action::ReloadOrStart(service.unit.to_owned()));
        parts.actions.push(Action::EnableUnit(service.unit.to_owned()));
        parts.actions.extend(written);
    }
    parts.files(&attachment.static_pods, observed, "it serves the cluster's endpoint");
    advertised(&mut parts, attachment, observed);
    parts
}

/// What the service keeps by itself, and looks for at once when it reads its configuration.
fn advertised(parts: &mut Parts, attachment: &Attachment, observed: &Observed) {
    let Some(address) = attachment.advertised else { return };
    let lacks = tailscale::lacks(address, observed);
    if !lacks.is_empty() && parts.differences.is_empty() {
        let units = attachment.services.iter().map(|service| service.unit.to_owned());
        parts.actions.extend(units.map(Action::ReloadOrStart));
    }
    parts.differences.extend(lacks);
}

/// What the service reads: all else before the configuration that tells of it. Gives what notes that
/// it is in force.
fn files(parts: &mut Parts, service: &Service, observed: &Observed) -> Vec<Action> {
    const BECAUSE: &str = "it serves the cluster's endpoint";
    let configuration = &service.configuration;
    let first = parts.changes.len();
    parts.files(&service.others, observed, BECAUSE);
    let own = [(configuration.path.to_owned(), configuration.file.clone())].into();
    parts.files(&own, observed, BECAUSE);
    for action in &mut parts.actions {
        if let Action::WriteFile { path, file } = action
            && path == configuration.path
        {
            let (path, file) = (path.clone(), file.clone());
            *action = Action::WriteChecked { path, file, check: configuration.check };
        }
    }
    let packaged = is_installed_by_us(configuration, observed);
    for change in parts.changes.iter_mut().skip(first) {
        if let Change::File { path, before, after, .. } = change {
            *after = None;
            // What a package of ours brought goes with it, and what we wrote, with us.
            let written = before.as_ref().is_some_and(is_written);
            if written || packaged && path == configuration.path {
                *before = None;
            }
        }
    }
    let stale = |path: &&str| !is_in_force(path, observed);
    for path in service.paths().filter(stale) {
        let found = "written, and its service has not read it since";
        parts.differences.push(Difference::new(path, "in force", found, BECAUSE));
    }
    let all = service.others.iter().map(|(path, file)| (path.as_str(), file));
    let all = all.chain([(configuration.path, &configuration.file)]);
    let note = |(path, file): (&str, &ManagedFile)| {
        let key = format!("file:{path}");
        let written = parts.changes.iter().any(|change| change.key() == key);
        (written || stale(&path))
            .then(|| Action::PutInForce { path: path.to_owned(), sha256: file.sha256() })
    };
    all.filter_map(note).collect()
}

/// Whether we configured the service before, or installed it.
fn is_ours(service: &Service, observed: &Observed) -> bool {
    let configuration = &service.configuration;
    is_recorded(&format!("file:{}", configuration.path), observed)
        || is_installed_by_us(configuration, observed)
}

fn is_installed_by_us(configuration: &Configuration, observed: &Observed) -> bool {
    configuration.package.is_some_and(|name| is_recorded(&format!("package:{name}"), observed))
}

/// Whether a file has our mark, which scripts have below their first line.
fn is_written(file: &ManagedFile) -> bool {
    let text = &file.content;
    text.strip_prefix("#!/bin/sh\n").unwrap_or(text).starts_with(HEADER)
}

fn is_recorded(key: &str, observed: &Observed) -> bool {
    observed.record.known().is_some_and(|record| record.change(key).is_some())
}

/// A unit that was there before us is put back to what it was; one that a package of ours brought goes
/// with it, and one that somebody stopped since is just started again.
fn state(parts: &mut Parts, service: &Service, observed: &Observed) {
    let unit = service.unit;
    let fact = observed.units.unit(unit);
    let found = fact.known().cloned().unwrap_or_default();
    if found.is_active() && found.is_enabled() {
        return;
    }
    let shown = if fact.is_absent() { "not there".to_owned() } else { shown(&found) };
    let because = "it serves the cluster's endpoint, also after a boot";
    parts.differences.push(Difference::new(unit, "active, enabled", shown, because));
    if service.configuration.package.is_none() {
        let unit = unit.to_owned();
        parts.changes.push(Change::Unit { unit, enabled: false, active: false });
    } else if !is_ours(service, observed)
        && let Fact::Known(found) = fact
    {
        let (enabled, active) = (found.is_enabled(), found.is_active());
        parts.changes.push(Change::Unit { unit: unit.to_owned(), enabled, active });
    }
}

fn shown(unit: &UnitState) -> String {
    format!("{}, {}", unit.active, unit.file)
}

/// A configuration that was there before us is somebody's who runs the service for something else.
fn not_foreign(service: &Service, observed: &Observed) -> Result<(), Finding> {
    let configuration = &service.configuration;
    let Some(package) = configuration.package else { return Ok(()) };
    if is_ours(service, observed) || !is_foreign(configuration.path, observed) {
        return Ok(());
    }
    let summary = format!("the host has a {package} of its own");
    Err(Finding::error("PF-ENDPOINT-FOREIGN", summary)
        .because(format!("{} is there, and this provider did not write it", configuration.path))
        .advise(format!(
            "Remove the package {package} with its configuration if nothing needs it, or serve the \
             endpoint elsewhere, with external = {{}}; then apply again"
        )))
}

fn foreign_pod(path: &str) -> Finding {
    Finding::error("PF-ENDPOINT-FOREIGN", "the host has a kube-vip of its own")
        .because(format!("{path} is there, and this provider did not write it"))
        .advise("Remove the file, which ends that kube-vip, or keep it with external = {}; then apply again")
}

/// Whether a file is there that we neither noted nor wrote; a record may be lost.
fn is_foreign(path: &str, observed: &Observed) -> bool {
    let recorded = is_recorded(&format!("file:{path}"), observed);
    match observed.files.file(path) {
        Fact::Absent => false,
        Fact::Known(file) => !recorded && !is_written(&file),
        Fact::Unreadable(_) => !recorded,
    }
}
