use super::ExtraArguments;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Settings that every control plane component has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Component {
    /// Arguments added after kubeadm's own.
    pub extra_args: ExtraArguments,
    /// Host paths mounted into the component's pod.
    pub extra_volumes: Vec<ExtraVolume>,
    /// Environment variables of the component.
    pub extra_envs: BTreeMap<String, String>,
}

/// Settings of kube-apiserver.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiServer {
    /// Arguments, volumes and environment.
    pub component: Component,
    /// Further names and addresses in the certificate; kubeadm adds the endpoint itself.
    pub cert_sans: BTreeSet<String>,
}

/// A host path mounted into a control plane component.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExtraVolume {
    /// Name of the volume inside the pod.
    pub name: String,
    /// Absolute path on the host.
    pub host_path: String,
    /// Absolute path inside the container.
    pub mount_path: String,
    /// Whether the container may not write to it.
    pub read_only: bool,
    /// What the kubelet demands of the host path; default is to check nothing.
    pub path_type: Option<PathType>,
}

/// What the kubelet demands of a host path before it mounts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PathType {
    /// Made as an empty directory when absent.
    DirectoryOrCreate,
    /// An existing directory.
    Directory,
    /// Made as an empty file when absent.
    FileOrCreate,
    /// An existing file.
    File,
    /// An existing socket.
    Socket,
    /// An existing character device.
    CharDevice,
    /// An existing block device.
    BlockDevice,
}
