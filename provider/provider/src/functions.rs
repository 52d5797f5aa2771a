//! Functions: pure and offline.

use cluster::checks::kubelet_skew;
use cluster::{KubernetesVersion, ca_hash, cidr};
use schemars::JsonSchema;
use serde::Deserialize;
use tfplugin::{Function, FunctionError};

/// `provider::kubeadm::ca_cert_hash`.
pub(crate) struct CaCertHash;

/// Hash of a CA certificate's public key, as `kubeadm join` takes it.
///
/// Gives `sha256:HEX` of the first certificate's subject public key info: the value of
/// `--discovery-token-ca-cert-hash`.
#[derive(Deserialize, JsonSchema, Debug)]
pub(crate) struct CaCertHashArguments {
    /// The certificate, PEM.
    certificate: String,
}

impl Function for CaCertHash {
    type Arguments = CaCertHashArguments;
    type Return = String;
    const NAME: &'static str = "ca_cert_hash";

    fn call(&self, arguments: CaCertHashArguments) -> Result<String, FunctionError> {
        let hashes = ca_hash::ca_hashes(&arguments.certificate).map_err(|error| {
            FunctionError::new(format!("This is no certificate: {error}.")).argument(0)
        })?;
        let none = || FunctionError::new("There is no certificate in this text.").argument(0);
        hashes.first().map(|hash| hash.as_str().to_owned()).ok_or_else(none)
    }
}

/// `provider::kubeadm::pod_cidr_capacity`.
pub(crate) struct PodCidrCapacity;

/// How many nodes a pod subnet has room for.
///
/// Each node gets a part of the pod subnet of its own; this is how many such parts there are.
#[derive(Deserialize, JsonSchema, Debug)]
pub(crate) struct PodCidrCapacityArguments {
    /// The pod subnet, such as `10.50.0.0/16`.
    pod_subnet: String,
    /// Prefix length of a node's part, such as `24`.
    node_mask: u8,
}

impl Function for PodCidrCapacity {
    type Arguments = PodCidrCapacityArguments;
    type Return = u64;
    const NAME: &'static str = "pod_cidr_capacity";

    fn call(&self, arguments: PodCidrCapacityArguments) -> Result<u64, FunctionError> {
        let text = &arguments.pod_subnet;
        let subnet = text.parse().map_err(|_| {
            FunctionError::new(format!("{text:?} is no address range such as 10.50.0.0/16."))
                .argument(0)
        })?;
        cidr::node_capacity(&subnet, arguments.node_mask)
            .map_err(|error| FunctionError::new(format!("{error}.")).argument(1))
    }
}

/// `provider::kubeadm::version_skew`.
pub(crate) struct VersionSkew;

/// Whether a kubelet may run under an API server of another version.
///
/// A kubelet may be up to three minor versions older than the API server, and never newer.
#[derive(Deserialize, JsonSchema, Debug)]
pub(crate) struct VersionSkewArguments {
    /// Version of the kubelet, such as `1.34.2`.
    kubelet: String,
    /// Version of the API server, such as `1.35.4`.
    api_server: String,
}

impl Function for VersionSkew {
    type Arguments = VersionSkewArguments;
    type Return = bool;
    const NAME: &'static str = "version_skew";

    fn call(&self, arguments: VersionSkewArguments) -> Result<bool, FunctionError> {
        let kubelet = version(&arguments.kubelet, 0)?;
        let api_server = version(&arguments.api_server, 1)?;
        Ok(kubelet_skew(&kubelet, &api_server).is_none())
    }
}

fn version(text: &str, position: usize) -> Result<KubernetesVersion, FunctionError> {
    KubernetesVersion::parse_reported(text).map_err(|error| {
        FunctionError::new(format!("It is no version: {error}.")).argument(position)
    })
}

#[cfg(test)]
mod tests {
    use crate::double::World;
    use serde_json::{Value, json};

    async fn call(name: &str, arguments: &[Value]) -> Result<Value, Option<usize>> {
        let harness = World::new().harness(&json!({})).await;
        harness.call(name, arguments).map_err(|error| error.argument)
    }

    #[tokio::test]
    async fn capacity_and_skew() {
        let capacity = |subnet: &'static str, mask: u8| async move {
            call("pod_cidr_capacity", &[json!(subnet), json!(mask)]).await
        };
        assert_eq!(capacity("10.50.0.0/16", 24).await, Ok(json!(256)));
        assert_eq!(capacity("10.50.0.0/24", 24).await, Ok(json!(1)));
        assert_eq!(capacity("10.50.0.0/24", 16).await, Err(Some(1)));
        assert_eq!(capacity("nonsense", 16).await, Err(Some(0)));
        let skew = |kubelet: &'static str, api: &'static str| async move {
            call("version_skew", &[json!(kubelet), json!(api)]).await
        };
        assert_eq!(skew("1.32.0", "1.35.4").await, Ok(json!(true)));
        assert_eq!(skew("1.31.9", "1.35.4").await, Ok(json!(false)));
        assert_eq!(skew("1.36.0", "1.35.4").await, Ok(json!(false)));
        assert_eq!(skew("1.35.4", "new").await, Err(Some(1)));
    }

    #[tokio::test]
    async fn a_text_without_certificate_has_no_hash() {
        assert_eq!(call("ca_cert_hash", &[json!("")]).await, Err(Some(0)));
        assert_eq!(
            call("ca_cert_hash", &[json!("-----BEGIN CERTIFICATE-----")]).await,
            Err(Some(0))
        );
    }
}
