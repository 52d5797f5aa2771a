//! What a host is to be in its cluster.

use std::collections::BTreeSet;

use super::{ClusterIntent, DrainPolicy, MemberIntent, NodeReference, Registration, WorkerIntent};
use crate::membership::Role;

/// What a host is to be in its cluster.
#[derive(Debug, Clone, PartialEq)]
pub enum MembershipIntent {
    /// A member of the control plane.
    Member(MemberIntent),
    /// A worker.
    Worker(WorkerIntent),
}

impl MembershipIntent {
    /// The cluster it belongs to.
    #[must_use]
    pub fn cluster(&self) -> &ClusterIntent {
        match self {
            Self::Member(intent) => &intent.cluster,
            Self::Worker(intent) => &intent.cluster,
        }
    }

    /// The host.
    #[must_use]
    pub fn node(&self) -> &NodeReference {
        match self {
            Self::Member(intent) => &intent.node,
            Self::Worker(intent) => &intent.node,
        }
    }

    /// Labels, annotations, taints, kubelet arguments.
    #[must_use]
    pub fn registration(&self) -> &Registration {
        match self {
            Self::Member(intent) => &intent.registration,
            Self::Worker(intent) => &intent.registration,
        }
    }

    /// How pods leave the host before it is removed.
    #[must_use]
    pub fn drain(&self) -> DrainPolicy {
        match self {
            Self::Member(intent) => intent.drain,
            Self::Worker(intent) => intent.drain,
        }
    }

    /// What the host is.
    #[must_use]
    pub fn role(&self) -> Role {
        match self {
            Self::Member(_) => Role::ControlPlane,
            Self::Worker(_) => Role::Worker,
        }
    }

    /// Hash of the cluster's CA that the user vouches for; the state of a worker has none.
    #[must_use]
    pub fn vouched_ca(&self) -> Option<&str> {
        match self {
            Self::Member(intent) => intent.ca_hash.as_deref(),
            Self::Worker(_) => None,
        }
    }

    /// Preflight checks to turn into warnings: the cluster's and this host's.
    #[must_use]
    pub fn ignored_preflight_errors(&self) -> BTreeSet<&str> {
        self.cluster().ignored_preflight_errors(self.registration())
    }

    /// Hosts through which the cluster is reached, in the order in which they are tried: a member
    /// knows itself best.
    #[must_use]
    pub fn ways(&self) -> Vec<NodeReference> {
        match self {
            Self::Member(intent) => {
                let own = std::iter::once(&intent.node);
                own.chain(intent.peers()).cloned().collect()
            }
            Self::Worker(intent) => intent.control_plane.clone(),
        }
    }
}

impl From<MemberIntent> for MembershipIntent {
    fn from(intent: MemberIntent) -> Self {
        Self::Member(intent)
    }
}

impl From<WorkerIntent> for MembershipIntent {
    fn from(intent: WorkerIntent) -> Self {
        Self::Worker(intent)
    }
}
