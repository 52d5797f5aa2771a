//! What all members of a cluster share in its API: the documents that kubeadm keeps there.

use crate::documents::{cluster_document, kube_proxy_configuration, kubelet_configuration};
use crate::duration::parse_duration;
use crate::intent::ClusterIntent;
use crate::leaves::leaves;
use crate::yaml::{self, YamlError};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A document that kubeadm keeps in a `ConfigMap` of `kube-system`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SharedObject {
    /// What joins and upgrades of members go by.
    KubeadmConfig,
    /// The configuration of all kubelets.
    KubeletConfig,
    /// The configuration of kube-proxy.
    KubeProxy,
}

/// Settings by their paths.
pub type Settings = BTreeMap<String, String>;

/// Parts of kubeadm's document that are wholly the intent's: what else is there is foreign.
const OURS: [&str; 7] = [
    "apiServer.",
    "controllerManager.",
    "scheduler.",
    "etcd.",
    "networking.",
    "dns.",
    "featureGates.",
];

const ENDPOINTS: &str = "etcd.external.endpoints";
const HTTP_ENDPOINTS: &str = "etcd.external.httpEndpoints";

impl SharedObject {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::KubeadmConfig, Self::KubeletConfig, Self::KubeProxy];

    /// Name of the `ConfigMap`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::KubeadmConfig => "kubeadm-config",
            Self::KubeletConfig => "kubelet-config",
            Self::KubeProxy => "kube-proxy",
        }
    }

    /// Key of the document in it.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::KubeadmConfig => "ClusterConfiguration",
            Self::KubeletConfig => "kubelet",
            Self::KubeProxy => "config.conf",
        }
    }

    /// The settings that the intent gives it; the version is the members' to write.
    ///
    /// # Errors
    /// When a value has no form in YAML.
    pub fn wanted(self, cluster: &ClusterIntent) -> Result<Settings, YamlError> {
        let document = match self {
            Self::KubeadmConfig => cluster_document(cluster)?,
            Self::KubeletConfig => kubelet_configuration(cluster),
            Self::KubeProxy => kube_proxy_configuration(cluster).unwrap_or_default(),
        };
        Ok(settings(&document))
    }

    /// What of a document that was found is the intent's affair, beside the settings `wanted`.
    ///
    /// # Errors
    /// When the text is no YAML.
    pub fn found(self, text: &str, wanted: &Settings) -> Result<Settings, YamlError> {
        let mut found = settings(&yaml::read_map(text)?);
        // kubeadm 1.35 fills it in from the other list.
        if found.get(HTTP_ENDPOINTS) == found.get(ENDPOINTS) {
            found.remove(HTTP_ENDPOINTS);
        }
        let is_ours = |path: &String| {
            let part = self == Self::KubeadmConfig && OURS.iter().any(|it| path.starts_with(it));
            part || wanted.contains_key(path)
        };
        found.retain(|path, _| is_ours(path));
        Ok(found)
    }
}

/// What a plan promises of a document in which `found` is: `wanted`, as it stands there where that
/// means the same.
#[must_use]
pub fn promised(wanted: &Settings, found: &Settings) -> Settings {
    let value = |(path, wanted): (&String, &String)| {
        let same = found.get(path).filter(|found| means_same(found, wanted));
        (path.clone(), same.unwrap_or(wanted).clone())
    };
    wanted.iter().map(value).collect()
}

/// The path of the first setting in which `found` is not as a plan promises; none when all are.
#[must_use]
pub fn difference(wanted: &Settings, found: &Settings) -> Option<String> {
    let promised = promised(wanted, found);
    let differs = |path: &&String| found.get(*path) != promised.get(*path);
    found.keys().chain(promised.keys()).find(differs).cloned()
}

/// Kubernetes writes `1h0m0s` for `1h`.
fn means_same(found: &str, wanted: &str) -> bool {
    let durations = (parse_duration(found), parse_duration(wanted));
    found == wanted || matches!(durations, (Ok(found), Ok(wanted)) if found == wanted)
}

fn settings(document: &Map<String, Value>) -> Settings {
    let mut all = leaves(document);
    for apart in ["apiVersion", "kind", "kubernetesVersion"] {
        all.remove(apart);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intent::samples::{full_cluster, small_cluster};

    /// As kubeadm 1.35 uploads the document of a small cluster.
    const UPLOADED: &str = "\
apiServer: {}
apiVersion: kubeadm.k8s.io/v1beta4
caCertificateValidityPeriod: 87600h0m0s
certificateValidityPeriod: 8760h0m0s
certificatesDir: /etc/kubernetes/pki
clusterName: prod
controlPlaneEndpoint: 10.77.0.11:6443
controllerManager: {}
dns: {}
encryptionAlgorithm: RSA-2048
etcd:
  local:
    dataDir: /var/lib/etcd
imageRepository: registry.k8s.io
kind: ClusterConfiguration
kubernetesVersion: v1.35.4
networking:
  dnsDomain: cluster.local
  podSubnet: 10.50.0.0/16
  serviceSubnet: 10.96.0.0/12
proxy: {}
scheduler: {}
";

    #[track_caller]
    fn check(text: &str, expected: &[(&str, Option<&str>, Option<&str>)]) {
        let wanted = SharedObject::KubeadmConfig.wanted(&small_cluster()).unwrap();
        let found = SharedObject::KubeadmConfig.found(text, &wanted).unwrap();
        let promised = promised(&wanted, &found);
        let paths: std::collections::BTreeSet<_> = found.keys().chain(promised.keys()).collect();
        let differs = paths.into_iter().filter(|path| found.get(*path) != promised.get(*path));
        let shown: Vec<_> = differs
            .map(|path| {
                let of = |all: &Settings| all.get(path).cloned();
                (path.clone(), of(&found), of(&promised))
            })
            .collect();
        let text = |it: Option<&str>| it.map(str::to_owned);
        let expected: Vec<_> =
            expected.iter().map(|(path, a, b)| ((*path).to_owned(), text(*a), text(*b))).collect();
        assert_eq!(shown, expected);
    }

    #[test]
    fn what_kubeadm_uploads_is_what_was_wanted() {
        check(UPLOADED, &[]);
    }

    #[test]
    fn what_was_edited_is_seen_and_what_is_nobodys_is_not() {
        let edited = UPLOADED
            .replace("apiServer: {}", "apiServer:\n  extraArgs:\n  - name: v\n    value: \"4\"");
        check(&edited, &[("apiServer.extraArgs.v", Some("4"), None)]);
        let edited = UPLOADED.replace("10.50.0.0/16", "10.60.0.0/16");
        let subnet = "networking.podSubnet";
        check(&edited, &[(subnet, Some("10.60.0.0/16"), Some("10.50.0.0/16"))]);
        check(&UPLOADED.replace("8760h0m0s", "17520h0m0s"), &[]);
    }

    #[test]
    fn a_difference_is_missing_foreign_or_another_value() {
        let of = |value: &str| Settings::from([("a".to_owned(), value.to_owned())]);
        let wanted = of("1m");
        assert_eq!(difference(&wanted, &of("1m0s")), None);
        assert_eq!(difference(&wanted, &of("2m")).as_deref(), Some("a"));
        assert_eq!(difference(&wanted, &Settings::new()).as_deref(), Some("a"));
        assert_eq!(difference(&Settings::new(), &wanted).as_deref(), Some("a"));
    }

    #[test]
    fn what_kubeadm_fills_in_is_nobodys() {
        let found = |http: &str| {
            let lists = format!("{{endpoints: [a], httpEndpoints: [{http}]}}");
            let text = format!("etcd:\n  external: {lists}\n");
            SharedObject::KubeadmConfig.found(&text, &Settings::new()).unwrap()
        };
        assert!(!found("a").contains_key(HTTP_ENDPOINTS));
        assert!(found("b").contains_key(HTTP_ENDPOINTS));
    }

    #[test]
    fn durations_mean_the_same_however_they_are_written() {
        let wanted = Settings::from([("a".to_owned(), "1m".to_owned())]);
        let found = Settings::from([("a".to_owned(), "1m0s".to_owned())]);
        assert_eq!(promised(&wanted, &found), found);
        assert_eq!(promised(&wanted, &Settings::new()), wanted);
    }

    #[test]
    fn kubelets_and_kube_proxy_are_compared_in_what_is_given() {
        let wanted = SharedObject::KubeletConfig.wanted(&full_cluster()).unwrap();
        assert_eq!(wanted["cgroupDriver"], "systemd");
        let found = SharedObject::KubeletConfig.found("clusterDomain: x\n", &wanted).unwrap();
        assert_eq!(found, Settings::new());
        assert_eq!(SharedObject::KubeProxy.wanted(&small_cluster()).unwrap(), Settings::new());
    }
}
