use super::{ClusterIntent, DrainPolicy, NodeReference, Registration};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// One host's membership as a worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorkerIntent {
    /// The cluster it belongs to.
    pub cluster: ClusterIntent,
    /// Members through which the cluster is reached.
    pub control_plane: Vec<NodeReference>,
    /// The host.
    pub node: NodeReference,
    /// Labels, annotations, taints, kubelet arguments.
    pub registration: Registration,
    /// How pods leave the host before it is removed.
    pub drain: DrainPolicy,
}

impl WorkerIntent {
    /// Preflight checks to turn into warnings: the cluster's and this host's.
    #[must_use]
    pub fn ignored_preflight_errors(&self) -> BTreeSet<&str> {
        let own = &self.registration.ignore_preflight_errors;
        let all = self.cluster.ignore_preflight_errors.iter().chain(own);
        all.map(String::as_str).collect()
    }
}
