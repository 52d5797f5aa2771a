use super::ExtraArguments;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Where the cluster keeps its objects; fixed once the cluster exists. Written down, the two are
/// told apart by their fields.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum EtcdIntent {
    /// In an etcd that kubeadm runs beside each API server.
    Local(LocalEtcd),
    /// In an etcd on servers of its own, which neither kubeadm nor the provider touches.
    External(ExternalEtcd),
}

/// An etcd that somebody else runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExternalEtcd {
    /// Its servers as clients reach them, each `http(s)://HOST:PORT`; see [`super::EtcdEndpoint`].
    pub endpoints: Vec<String>,
    /// The CA of the servers' certificates: a path on every control plane host.
    pub ca_file: Option<String>,
    /// The API servers' client certificate: a path on every control plane host.
    pub cert_file: Option<String>,
    /// Its key: a path on every control plane host.
    pub key_file: Option<String>,
}

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

impl EtcdIntent {
    /// Settings of the etcd beside each API server, where there is one.
    #[must_use]
    pub fn local(&self) -> Option<&LocalEtcd> {
        match self {
            Self::Local(local) => Some(local),
            Self::External(_) => None,
        }
    }

    /// The etcd on servers of its own, where the cluster uses one.
    #[must_use]
    pub fn external(&self) -> Option<&ExternalEtcd> {
        match self {
            Self::Local(_) => None,
            Self::External(external) => Some(external),
        }
    }
}

impl ExternalEtcd {
    /// Paths of the files by which control plane hosts reach it; none for one that is not encrypted.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        [&self.ca_file, &self.cert_file, &self.key_file].into_iter().flatten().map(String::as_str)
    }
}

impl Default for EtcdIntent {
    fn default() -> Self {
        Self::Local(LocalEtcd::default())
    }
}

impl LocalEtcd {
    /// Directory of etcd's data: the one given or kubeadm's default.
    #[must_use]
    pub fn data_dir(&self) -> &str {
        self.data_dir.as_deref().unwrap_or("/var/lib/etcd")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intent::samples::{external_etcd, full_cluster};

    #[test]
    fn both_kinds_are_read_back_as_they_were_written() {
        let bare = ExternalEtcd { endpoints: vec![String::new()], ..ExternalEtcd::default() };
        for etcd in [
            EtcdIntent::default(),
            full_cluster().etcd,
            EtcdIntent::External(external_etcd()),
            EtcdIntent::External(bare),
        ] {
            let text = serde_json::to_string(&etcd).unwrap();
            assert_eq!(serde_json::from_str::<EtcdIntent>(&text).unwrap(), etcd, "{text}");
        }
    }
}
