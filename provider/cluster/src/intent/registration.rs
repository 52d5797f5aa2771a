use super::{ExtraArguments, Taint};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// How a host presents itself as a node: the part members and workers have in common.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registration {
    /// Labels of the node that are ours; other labels are left alone.
    pub labels: BTreeMap<String, String>,
    /// Annotations of the node that are ours; other annotations are left alone.
    pub annotations: BTreeMap<String, String>,
    /// Taints: `None` is kubeadm's default (control plane members get `control-plane:NoSchedule`),
    /// an empty list is none at all.
    pub taints: Option<Vec<Taint>>,
    /// Arguments of this host's kubelet, beside those the provider sets itself.
    pub kubelet_extra_args: ExtraArguments,
    /// kubeadm preflight checks to turn into warnings on this host, beside the cluster's.
    pub ignore_preflight_errors: BTreeSet<String>,
}
