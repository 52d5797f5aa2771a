//! What a look shows of the endpoint on a host.

use super::{haproxy, keepalived, kube_vip, tailscale};
use crate::intent::EndpointKind;
use crate::node::{Scope, is_in_force};
use crate::observed::{Fact, Observed, UnitState};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a host has of the endpoint; what is wanted is what an apply made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Served {
    /// SHA-256 of each file, by path; files that are missing, or that no service has read yet, are
    /// left out.
    pub files: BTreeMap<String, String>,
    /// Services by their unit: `running`, or what is wrong with it; those that are not installed are
    /// left out.
    pub services: BTreeMap<String, String>,
    /// Which version of the provider's files it was held against.
    #[serde(default)]
    pub revision: u32,
}

impl Served {
    /// Version of what is made of an intent here: what an older one made is not what an apply would
    /// make.
    pub const REVISION: u32 = 1;

    /// Whether an apply of the same intent would make just this.
    #[must_use]
    pub fn is_current(&self) -> bool {
        self.revision == Self::REVISION
    }
}

/// What a look shows; none where the hosts do not serve the endpoint and this one never did, or where a
/// part could not be read.
#[must_use]
pub fn found(kind: &EndpointKind, observed: &Observed) -> Option<Served> {
    let (files, units) = parts(kind, observed)?;
    let mut served = Served { revision: Served::REVISION, ..Served::default() };
    for path in files {
        match observed.files.file(path) {
            Fact::Known(file) if is_in_force(path, observed) => {
                served.files.insert(path.to_owned(), file.sha256());
            }
            Fact::Known(_) | Fact::Absent => {}
            Fact::Unreadable(_) => return None,
        }
    }
    for unit in units {
        match observed.units.unit(unit) {
            Fact::Known(state) => {
                served.services.insert(unit.to_owned(), word(&state).to_owned());
            }
            Fact::Absent => {}
            Fact::Unreadable(_) => return None,
        }
    }
    Some(served)
}

const KEEPALIVED: [&str; 2] = [haproxy::UNIT, keepalived::UNIT];

/// Files and units that are looked at.
fn parts(
    kind: &EndpointKind,
    observed: &Observed,
) -> Option<(Vec<&'static str>, Vec<&'static str>)> {
    match kind {
        EndpointKind::OwnAddress | EndpointKind::External => remains(observed),
        EndpointKind::Keepalived(_) => Some((keepalived::FILES.into(), KEEPALIVED.into())),
        EndpointKind::Tailscale(_) => Some((tailscale::FILES.into(), vec![tailscale::UNIT])),
        EndpointKind::KubeVip(_) => Some((vec![kube_vip::FILE], Vec::new())),
    }
}

/// What another kind has left, and the next apply takes away.
fn remains(observed: &Observed) -> Option<(Vec<&'static str>, Vec<&'static str>)> {
    let record = observed.record.known()?;
    let is_ours = |path: &&str| {
        let key = format!("file:{path}");
        record.entries.iter().any(|it| it.scope == Scope::Endpoint && it.change.key() == key)
    };
    let files: Vec<&str> = super::watched_files().into_iter().filter(is_ours).collect();
    let mut units = Vec::new();
    if files.contains(&keepalived::FILE) {
        units.extend(KEEPALIVED);
    }
    units.extend(files.contains(&tailscale::FILE).then_some(tailscale::UNIT));
    (!files.is_empty()).then_some((files, units))
}

fn word(unit: &UnitState) -> &'static str {
    match (unit.is_active(), unit.is_enabled()) {
        (true, true) => "running",
        (true, false) => "running, not at boot",
        (false, true) => "stopped",
        (false, false) => "stopped, not at boot",
    }
}
