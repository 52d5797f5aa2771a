use super::component::{ComponentType, KUBE_PROXY, KUBELET, merged};
use crate::intent::{Addon, ClusterIntent};
use crate::secret::Secret;
use crate::yaml::{self, JsonMap, YamlError};
use serde_json::{Map, Value, json};

/// The `KubeletConfiguration` that kubeadm is given: our defaults under the user's settings, with
/// `apiVersion` and `kind`.
///
/// Our one default is `cgroupDriver: systemd`, which the container runtime is set up with too.
/// What kubeadm itself fills in (cluster DNS, CA file, static pods) is left to it.
#[must_use]
pub fn kubelet_configuration(cluster: &ClusterIntent) -> Map<String, Value> {
    let mut defaults = typed(KUBELET);
    defaults.insert("cgroupDriver".to_owned(), json!("systemd"));
    merged(defaults, &cluster.kubelet_configuration)
}

/// The `KubeProxyConfiguration` that kubeadm is given: the user's settings with `apiVersion` and
/// `kind`. `None` when there are no settings or kube-proxy is disabled: kubeadm's own defaults
/// hold then.
#[must_use]
pub fn kube_proxy_configuration(cluster: &ClusterIntent) -> Option<Map<String, Value>> {
    let wanted = cluster.proxy == Addon::Enabled && !cluster.kube_proxy_configuration.is_empty();
    wanted.then(|| merged(typed(KUBE_PROXY), &cluster.kube_proxy_configuration))
}

/// The components' documents of one `kubeadm init` file.
pub(super) fn component_documents(cluster: &ClusterIntent) -> Result<Vec<Secret>, YamlError> {
    let kubelet = Some(kubelet_configuration(cluster));
    let maps = kubelet.into_iter().chain(kube_proxy_configuration(cluster));
    maps.map(|map| yaml::write(&JsonMap(&map)).map(Secret::new)).collect()
}

fn typed(component: ComponentType) -> Map<String, Value> {
    let mut map = Map::new();
    map.insert("apiVersion".to_owned(), json!(component.api_version));
    map.insert("kind".to_owned(), json!(component.kind));
    map
}
