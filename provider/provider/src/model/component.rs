//! Settings of control plane components.

use std::collections::BTreeMap;

use cluster::intent;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tfplugin::attribute::required;
use tfplugin::{Set, Tf};

use super::read::{lists, map, set};
use super::{atoms, whole};

/// Settings of a control plane component.
#[expect(clippy::struct_field_names, reason = "kubeadm names them so")]
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq, Default)]
pub(crate) struct Component {
    /// Command-line arguments, name without dashes to values, added after kubeadm's own. An
    /// argument may be given several times, hence the list.
    pub(crate) extra_args: Tf<BTreeMap<String, Tf<Vec<Tf<String>>>>>,
    /// Host paths mounted into the component's pod.
    pub(crate) extra_volumes: Tf<Vec<ExtraVolume>>,
    /// Environment variables of the component.
    pub(crate) extra_envs: Tf<BTreeMap<String, Tf<String>>>,
}

/// Settings of kube-apiserver.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq, Default)]
pub(crate) struct ApiServer {
    /// Command-line arguments, name without dashes to values, added after kubeadm's own. An
    /// argument may be given several times, hence the list.
    pub(crate) extra_args: Tf<BTreeMap<String, Tf<Vec<Tf<String>>>>>,
    /// Host paths mounted into the component's pod.
    pub(crate) extra_volumes: Tf<Vec<ExtraVolume>>,
    /// Environment variables of the component.
    pub(crate) extra_envs: Tf<BTreeMap<String, Tf<String>>>,
    /// Further names and addresses in the API server's certificate; the endpoint is in it anyway.
    pub(crate) cert_sans: Tf<Set<Tf<String>>>,
}

/// A host path mounted into a component's pod.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
pub(crate) struct ExtraVolume {
    /// Name of the volume inside the pod.
    #[schemars(extend("x-tf" = required()))]
    pub(crate) name: Tf<String>,
    /// Absolute path on the host.
    #[schemars(extend("x-tf" = required()))]
    pub(crate) host_path: Tf<String>,
    /// Absolute path inside the container.
    #[schemars(extend("x-tf" = required()))]
    pub(crate) mount_path: Tf<String>,
    /// Whether the container may not write to it. Default `false`.
    pub(crate) read_only: Tf<bool>,
    /// What the kubelet demands of the host path, such as `DirectoryOrCreate`; by default nothing.
    pub(crate) path_type: Tf<PathType>,
}

/// What the kubelet demands of a host path before it mounts it.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PathType {
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

impl Component {
    pub(crate) fn intent(&self) -> intent::Component {
        component(&self.extra_args, &self.extra_volumes, &self.extra_envs)
    }
}

impl ApiServer {
    pub(crate) fn intent(&self) -> intent::ApiServer {
        intent::ApiServer {
            component: component(&self.extra_args, &self.extra_volumes, &self.extra_envs),
            cert_sans: set(&self.cert_sans),
        }
    }
}

fn component(
    extra_args: &Tf<BTreeMap<String, Tf<Vec<Tf<String>>>>>,
    extra_volumes: &Tf<Vec<ExtraVolume>>,
    extra_envs: &Tf<BTreeMap<String, Tf<String>>>,
) -> intent::Component {
    let volumes = extra_volumes.known().into_iter().flatten();
    intent::Component {
        extra_args: lists(extra_args).into(),
        extra_volumes: volumes.filter_map(ExtraVolume::intent).collect(),
        extra_envs: map(extra_envs),
    }
}

impl ExtraVolume {
    fn intent(&self) -> Option<intent::ExtraVolume> {
        Some(intent::ExtraVolume {
            name: self.name.known()?.clone(),
            host_path: self.host_path.known()?.clone(),
            mount_path: self.mount_path.known()?.clone(),
            read_only: self.read_only == Tf::Known(true),
            path_type: self.path_type.known().map(|kind| kind.intent()),
        })
    }
}

impl PathType {
    fn intent(self) -> intent::PathType {
        match self {
            Self::DirectoryOrCreate => intent::PathType::DirectoryOrCreate,
            Self::Directory => intent::PathType::Directory,
            Self::FileOrCreate => intent::PathType::FileOrCreate,
            Self::File => intent::PathType::File,
            Self::Socket => intent::PathType::Socket,
            Self::CharDevice => intent::PathType::CharDevice,
            Self::BlockDevice => intent::PathType::BlockDevice,
        }
    }
}

atoms!(PathType);
whole! {
    Component { extra_args, extra_volumes, extra_envs }
    ApiServer { extra_args, extra_volumes, extra_envs, cert_sans }
    ExtraVolume { name, host_path, mount_path, read_only, path_type }
}
