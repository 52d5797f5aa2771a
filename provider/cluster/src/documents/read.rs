use crate::version::KubernetesVersion;
use crate::yaml::{self, YamlError};
use serde_json::{Map, Value};

/// `ClusterConfiguration` as found in the `ConfigMap` `kubeadm-config`, in whatever version of
/// kubeadm's documents it was written.
///
/// Only the shape of a map is demanded: a field that is absent, or of another type than expected,
/// reads as absent.
#[derive(Clone, Debug, PartialEq)]
pub struct ObservedClusterConfiguration(Map<String, Value>);

impl ObservedClusterConfiguration {
    /// Reads the value of the `ConfigMap`'s key `ClusterConfiguration`.
    ///
    /// # Errors
    /// When the text is not a map in YAML.
    pub fn read(text: &str) -> Result<Self, YamlError> {
        yaml::read_map(text).map(Self)
    }

    /// Version of the document, such as `kubeadm.k8s.io/v1beta4`.
    #[must_use]
    pub fn api_version(&self) -> Option<&str> {
        self.text(&["apiVersion"])
    }

    /// Name of the cluster.
    #[must_use]
    pub fn cluster_name(&self) -> Option<&str> {
        self.text(&["clusterName"])
    }

    /// Version of the control plane after the last init or upgrade.
    #[must_use]
    pub fn kubernetes_version(&self) -> Option<KubernetesVersion> {
        let text = self.text(&["kubernetesVersion"])?;
        KubernetesVersion::parse_reported(text).ok()
    }

    /// `host:port` of the endpoint.
    #[must_use]
    pub fn control_plane_endpoint(&self) -> Option<&str> {
        self.text(&["controlPlaneEndpoint"])
    }

    /// Range of pods; two with a comma between them in a dual-stack cluster.
    #[must_use]
    pub fn pod_subnet(&self) -> Option<&str> {
        self.text(&["networking", "podSubnet"])
    }

    /// Range of services; two with a comma between them in a dual-stack cluster.
    #[must_use]
    pub fn service_subnet(&self) -> Option<&str> {
        self.text(&["networking", "serviceSubnet"])
    }

    /// DNS domain of services.
    #[must_use]
    pub fn dns_domain(&self) -> Option<&str> {
        self.text(&["networking", "dnsDomain"])
    }

    /// Directory of certificates on control plane hosts.
    #[must_use]
    pub fn certificates_dir(&self) -> Option<&str> {
        self.text(&["certificatesDir"])
    }

    /// Directory of etcd's data on control plane hosts.
    #[must_use]
    pub fn etcd_data_dir(&self) -> Option<&str> {
        self.text(&["etcd", "local", "dataDir"])
    }

    /// The whole document.
    #[must_use]
    pub fn document(&self) -> &Map<String, Value> {
        &self.0
    }

    fn text(&self, path: &[&str]) -> Option<&str> {
        let (last, parents) = path.split_last()?;
        let mut map = &self.0;
        for parent in parents {
            map = map.get(*parent)?.as_object()?;
        }
        map.get(*last)?.as_str().filter(|text| !text.is_empty())
    }
}
