use super::{ClusterIntent, DrainPolicy, NodeReference, Registration};
use serde::{Deserialize, Serialize};

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
