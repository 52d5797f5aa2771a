//! What a look shows of the endpoint on a host.

use super::{keepalived, kube_vip};
use crate::intent::EndpointKind;
use crate::node::is_in_force;
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
}

/// What a look shows; none where the hosts do not serve the endpoint, or a part could not be read.
#[must_use]
pub fn found(kind: &EndpointKind, observed: &Observed) -> Option<Served> {
    let (files, units): (&[&str], &[&str]) = match kind {
        EndpointKind::OwnAddress | EndpointKind::External => return None,
        EndpointKind::Keepalived(_) => (&keepalived::FILES, &super::UNITS),
        EndpointKind::KubeVip(_) => (&[kube_vip::FILE], &[]),
    };
    let mut served = Served::default();
    for &path in files {
        match observed.files.file(path) {
            Fact::Known(file) if is_in_force(path, observed) => {
                served.files.insert(path.to_owned(), file.sha256());
            }
            Fact::Known(_) | Fact::Absent => {}
            Fact::Unreadable(_) => return None,
        }
    }
    for &unit in units {
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

fn word(unit: &UnitState) -> &'static str {
    match (unit.is_active(), unit.is_enabled()) {
        (true, true) => "running",
        (true, false) => "running, not at boot",
        (false, true) => "stopped",
        (false, false) => "stopped, not at boot",
    }
}
