use super::ExtraArguments;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The etcd that runs as a static pod beside each API server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocalEtcd {
    /// Directory of etcd's data on the host; kubeadm's default `/var/lib/etcd`.
    pub data_dir: Option<String>,
    /// Registry and path of etcd's image; default is the cluster's.
    pub image_repository: Option<String>,
    /// Tag of etcd's image; default is the one kubeadm knows.
    pub image_tag: Option<String>,
    /// Arguments added after kubeadm's own.
    pub extra_args: ExtraArguments,
    /// Environment variables of etcd.
    pub extra_envs: BTreeMap<String, String>,
    /// Further names and addresses in etcd's server certificate.
    pub server_cert_sans: BTreeSet<String>,
    /// Further names and addresses in etcd's peer certificate.
    pub peer_cert_sans: BTreeSet<String>,
}

impl LocalEtcd {
    /// Directory of etcd's data: the one given or kubeadm's default.
    #[must_use]
    pub fn data_dir(&self) -> &str {
        self.data_dir.as_deref().unwrap_or("/var/lib/etcd")
    }
}
