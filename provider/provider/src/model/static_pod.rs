//! Static pods of the control plane as the state keeps them.

use std::collections::BTreeMap;

use cluster::static_pod::{Component, StaticPod};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tfplugin::Tf;

use super::read::text_map;

/// Static pods by their components' names.
pub(crate) type StaticPods = Tf<BTreeMap<String, StaticPodObject>>;

/// A static pod, as its manifest says.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq, Default)]
pub(crate) struct StaticPodObject {
    /// Image of its container.
    pub(crate) image: Tf<String>,
    /// Arguments, name without dashes to values; those of etcd's first start are left out.
    pub(crate) arguments: Tf<BTreeMap<String, Tf<Vec<Tf<String>>>>>,
    /// Environment variables.
    pub(crate) environment: Tf<BTreeMap<String, Tf<String>>>,
    /// Host paths by the volume's name, as `HOST_PATH:MOUNT_PATH`, with `:ro` where it is mounted
    /// read-only.
    pub(crate) volumes: Tf<BTreeMap<String, Tf<String>>>,
    /// SHA-256 of the rest of the manifest: probes, resources, security context, labels.
    pub(crate) rest_sha256: Tf<String>,
}

impl StaticPodObject {
    /// One that only an apply tells.
    fn unknown() -> Self {
        Self {
            image: Tf::Unknown,
            arguments: Tf::Unknown,
            environment: Tf::Unknown,
            volumes: Tf::Unknown,
            rest_sha256: Tf::Unknown,
        }
    }
}

impl From<&StaticPod> for StaticPodObject {
    fn from(pod: &StaticPod) -> Self {
        let mut arguments: BTreeMap<String, Tf<Vec<Tf<String>>>> = BTreeMap::new();
        for name in pod.arguments.names() {
            let values = pod.arguments.values(name).iter().cloned().map(Tf::Known).collect();
            arguments.insert(name.to_owned(), Tf::Known(values));
        }
        Self {
            image: Tf::Known(pod.image.clone()),
            arguments: Tf::Known(arguments),
            environment: Tf::Known(text_map(&pod.environment)),
            volumes: Tf::Known(text_map(&pod.volumes)),
            rest_sha256: Tf::Known(pod.rest_sha256.clone()),
        }
    }
}

/// Static pods in the form of the state; what only an apply tells of those that are `renewed`.
pub(crate) fn static_pods(
    pods: &BTreeMap<Component, StaticPod>,
    renewed: impl Fn(Component) -> bool,
) -> StaticPods {
    let object = |(component, pod): (&Component, &StaticPod)| {
        let object = if renewed(*component) { StaticPodObject::unknown() } else { pod.into() };
        (component.name().to_owned(), object)
    };
    Tf::Known(pods.iter().map(object).collect())
}
