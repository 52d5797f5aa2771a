//! The other hosts of a control plane.

use crate::membership::state::{HostState, Ownership};

/// Another control plane host of the cluster, as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// Its name.
    pub name: String,
    /// What it carries; an error text when it was not reached.
    pub state: Result<HostState, String>,
}

impl Peer {
    /// Whether it was reached and carries the cluster `id`.
    #[must_use]
    pub fn carries(&self, id: &str) -> bool {
        self.state.as_ref().is_ok_and(|state| state.ownership(id, None) == Ownership::Ours)
    }
}
