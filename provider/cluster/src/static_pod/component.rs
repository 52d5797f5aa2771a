use serde::{Deserialize, Serialize};
use std::fmt;

/// A component of the control plane that runs as a static pod on each of its hosts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Component {
    /// etcd.
    Etcd,
    /// kube-apiserver.
    KubeApiserver,
    /// kube-controller-manager.
    KubeControllerManager,
    /// kube-scheduler.
    KubeScheduler,
}

impl Component {
    /// All, in the order in which `kubeadm upgrade` renews them: each needs those before it.
    pub const ALL: [Self; 4] =
        [Self::Etcd, Self::KubeApiserver, Self::KubeControllerManager, Self::KubeScheduler];

    /// Name of the component, which is its manifest's and its pod's.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Etcd => "etcd",
            Self::KubeApiserver => "kube-apiserver",
            Self::KubeControllerManager => "kube-controller-manager",
            Self::KubeScheduler => "kube-scheduler",
        }
    }

    /// The component of a name.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|component| component.name() == name)
    }

    /// Its manifest on control plane hosts.
    #[must_use]
    pub fn manifest(self) -> &'static str {
        match self {
            Self::Etcd => "/etc/kubernetes/manifests/etcd.yaml",
            Self::KubeApiserver => "/etc/kubernetes/manifests/kube-apiserver.yaml",
            Self::KubeControllerManager => "/etc/kubernetes/manifests/kube-controller-manager.yaml",
            Self::KubeScheduler => "/etc/kubernetes/manifests/kube-scheduler.yaml",
        }
    }

    /// Name of the pod that mirrors it in the API.
    #[must_use]
    pub fn mirror_pod(self, node: &str) -> String {
        format!("{}-{node}", self.name())
    }
}

impl fmt::Display for Component {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}
