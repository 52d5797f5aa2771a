use super::cluster::cluster_configuration;
use super::in_one_file;
use super::upload::bare_init_configuration;
use crate::intent::ClusterIntent;
use crate::secret::Secret;
use crate::yaml::YamlError;

/// What `kubeadm config images pull --config` is told: the images of the cluster's control plane.
///
/// # Errors
/// When a value has no form in YAML.
pub fn images_document(cluster: &ClusterIntent, cri_socket: &str) -> Result<Secret, YamlError> {
    let host = bare_init_configuration(cri_socket, None)?;
    Ok(in_one_file(&[host, cluster_configuration(cluster)?]))
}
