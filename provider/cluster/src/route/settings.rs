//! What a user sees of a host's routes.

use super::forward::{self, FORWARD_UNIT};
use super::intent::{RouteIntent, StaticRoute};
use super::plan::sysctls;
use crate::node::Change;
use crate::observed::{Filter, LiveRoute, Observed, UnitState};
use std::collections::BTreeMap;

/// What is kept on a host, as it was found: name and value of each setting; what is missing is not
/// listed.
#[must_use]
pub fn settings(intent: &RouteIntent, observed: &Observed) -> BTreeMap<String, String> {
    let mut settings = BTreeMap::new();
    for route in &intent.static_routes {
        let entry = entry(route);
        if let Some(found) = observed.routing.found(&entry).known() {
            settings.insert(format!("route {}", entry.entry()), found.way());
        }
    }
    for (key, wanted) in sysctls(intent) {
        // An interface that is not there will have what the file says.
        let value = observed.kernel.sysctl(&key);
        let value = if value.is_absent() { Some(&wanted) } else { value.known() };
        settings.extend(value.map(|value| (format!("sysctl {key}"), value.clone())));
    }
    let families = [
        ([Filter::Pass4, Filter::Translate4], "IPv4"),
        ([Filter::Pass6, Filter::Translate6], "IPv6"),
    ];
    for (filters, family) in families {
        let wanted =
            filters.iter().any(|filter| !forward::rules(*filter, &intent.between).is_empty());
        if wanted && filters.iter().all(|filter| forward::holds(*filter, &intent.between, observed))
        {
            settings.insert(format!("forward {family}"), "accepted before all else".to_owned());
        }
    }
    if let (Some(_), Some(tailnet)) = (intent.accept_routes, observed.tailnet.known()) {
        let (name, found) = ("tailscale accept-routes", tailnet.accepts_routes.to_string());
        settings.insert(name.to_owned(), found);
    }
    let record = observed.routing.record.known();
    let changes = record.iter().flat_map(|record| &record.entries).map(|entry| &entry.change);
    settings.extend(changes.filter_map(|change| kept(change, observed)));
    settings
}

/// What keeps a setting over a boot.
fn kept(change: &Change, observed: &Observed) -> Option<(String, String)> {
    match change {
        Change::File { path, .. } => {
            let file = observed.files.file(path);
            let digest = file.known()?.sha256();
            Some((path.clone(), format!("sha256 {}", digest.get(..12)?)))
        }
        Change::Unit { unit, .. } => {
            let found = observed.units.unit(unit);
            let UnitState { active, file, .. } = found.known()?;
            // The other has done its work, whether it ran or not.
            let runs = unit == FORWARD_UNIT;
            Some((unit.clone(), if runs { format!("{active}, {file}") } else { file.clone() }))
        }
        Change::ProfileRoute { profile, route } => {
            let kept = observed.routing.profile_has(profile, route);
            kept.then(|| (format!("NetworkManager {profile} route {}", route.entry()), route.way()))
        }
        _ => None,
    }
}

/// What the kernel takes for the route's entry, whichever way it leads.
fn entry(route: &StaticRoute) -> LiveRoute {
    LiveRoute {
        destination: route.to,
        gateway: None,
        device: String::new(),
        source: None,
        metric: route.metric.unwrap_or_else(|| LiveRoute::default_metric(&route.to)),
        table: route.table.unwrap_or(LiveRoute::MAIN),
    }
}
