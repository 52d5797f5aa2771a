//! The hosts on which cells are run, one after the other.

use crate::faults::change::Change;

/// Hosts of its own, so that several lanes run side by side. Two members are the least
/// fault-tolerant control plane there is: etcd stops while either is restarted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lane {
    /// The control plane's hosts. The first begins the cluster.
    pub(crate) members: &'static [&'static str; 2],
    /// The load balancer before them.
    pub(crate) balancer: &'static str,
}

/// As many as the machine carries.
const LANES: [Lane; 2] = [
    Lane { members: &["cp1", "cp2"], balancer: "lb1" },
    Lane { members: &["cp3", "cp4"], balancer: "lb2" },
];

/// How many cells are worth a lane more, which begins with hosts and a cluster of its own.
const WORTH: usize = 12;

impl Lane {
    /// The lanes for so many cells: at least one.
    pub(crate) fn for_cells(cells: usize) -> impl Iterator<Item = Self> {
        LANES.into_iter().take((cells / WORTH).max(1))
    }

    /// The host that changes.
    pub(crate) fn host(self, change: Change) -> &'static str {
        let [first, second] = self.members;
        match change {
            Change::Init => first,
            Change::Join | Change::Leave => second,
        }
    }

    /// The members before a change.
    pub(crate) fn before(self, change: Change) -> &'static [&'static str] {
        match change {
            Change::Init => &[],
            Change::Join => &self.members[..1],
            Change::Leave => self.members,
        }
    }

    /// The members after it.
    pub(crate) fn after(self, change: Change) -> &'static [&'static str] {
        match change {
            Change::Init | Change::Leave => &self.members[..1],
            Change::Join => self.members,
        }
    }
}
