use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What kubeadm lays over what it renders: the text of each file by its name,
/// `TARGET[SUFFIX][+strategic|merge|json].(yaml|json)`; kubeadm applies them in the names' order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Patches(BTreeMap<String, String>);

impl Patches {
    /// Where they are on a host while kubeadm runs there.
    pub const DIRECTORY: &str = "/run/terraform-provider-kubeadm/patches";

    /// What can be patched (kubeadm 1.31; `corednsdeployment` since 1.32).
    pub const TARGETS: [&str; 6] = [
        "kube-apiserver",
        "kube-controller-manager",
        "kube-scheduler",
        "etcd",
        Self::KUBELET,
        "corednsdeployment",
    ];

    /// The target that is every kubelet's configuration.
    pub const KUBELET: &str = "kubeletconfiguration";

    /// What a file is laid over; `None` where its name is none of a patch.
    #[must_use]
    pub fn target(name: &str) -> Option<&'static str> {
        let stem = name.strip_suffix(".yaml").or_else(|| name.strip_suffix(".json"))?;
        let (stem, kind) = stem.split_once('+').unwrap_or((stem, "strategic"));
        if !["strategic", "merge", "json"].contains(&kind) {
            return None;
        }
        let target = Self::TARGETS.into_iter().find(|target| stem.starts_with(target))?;
        let suffix = stem.strip_prefix(target)?;
        suffix.chars().all(|c| c.is_ascii_alphanumeric()).then_some(target)
    }

    /// Those of one target.
    #[must_use]
    pub fn of(&self, target: &str) -> Self {
        let own = self.0.iter().filter(|(name, _)| Self::target(name) == Some(target));
        Self(own.map(|(name, text)| (name.clone(), text.clone())).collect())
    }

    /// Every file, in the order in which they are applied.
    pub fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, text)| (name.as_str(), text.as_str()))
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<BTreeMap<String, String>> for Patches {
    fn from(files: BTreeMap<String, String>) -> Self {
        Self(files)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_what_is_patched() {
        for (name, target) in [
            ("kube-apiserver.yaml", Some("kube-apiserver")),
            ("kube-apiserver0+merge.yaml", Some("kube-apiserver")),
            ("etcd+json.json", Some("etcd")),
            ("kubeletconfiguration1+strategic.yaml", Some("kubeletconfiguration")),
            ("kube-apiserver0+other.yaml", None),
            ("kube-apiserver-x.yaml", None),
            ("kube-apiserver.txt", None),
            ("kube-proxy.yaml", None),
            ("../etcd.yaml", None),
        ] {
            assert_eq!(Patches::target(name), target, "{name}");
        }
    }

    #[test]
    fn each_target_has_its_own() {
        let files =
            ["etcd.yaml", "kube-scheduler.yaml"].map(|name| (name.to_owned(), String::new()));
        let patches = Patches::from(BTreeMap::from(files));
        let names = |patches: &Patches| {
            patches.files().map(|(name, _)| name.to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(names(&patches.of("etcd")), ["etcd.yaml"]);
        assert!(patches.of("kube-apiserver").is_empty());
        assert_eq!(names(&patches).len(), 2);
    }
}
