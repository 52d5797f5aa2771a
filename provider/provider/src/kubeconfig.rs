//! The ephemeral resource `kubeadm_kubeconfig`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tfplugin::attribute::{computed, required};
use tfplugin::{Context, Diagnostics, Ephemeral, Opened, Tf};

use crate::explain::{diagnostics, explain};
use crate::membership::LIMITS;
use crate::model::{ControlPlane, contacts};
use crate::provider::Kubeadm;
use crate::within::within;

/// The ephemeral resource `kubeadm_kubeconfig`.
pub(crate) struct KubeconfigEphemeral;

/// The administrator's way into the cluster, for other providers of the same run.
///
/// It is read from a control plane host when it is needed and rests nowhere: neither in the state
/// nor in the plan.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
pub(crate) struct KubeconfigModel {
    /// Members through which the cluster is reached: `kubeadm_cni.this.control_plane` or
    /// `values(kubeadm_control_plane_member.this)`.
    #[schemars(extend("x-tf" = required()))]
    pub(crate) control_plane: ControlPlane,
    /// The whole kubeconfig, as YAML.
    #[schemars(extend("x-tf" = computed().sensitive()))]
    pub(crate) raw: Tf<String>,
    /// Address of the API server, as `https://HOST:PORT`.
    #[schemars(extend("x-tf" = computed()))]
    pub(crate) host: Tf<String>,
    /// Certificate of the cluster's CA, PEM.
    #[schemars(extend("x-tf" = computed()))]
    pub(crate) cluster_ca_certificate: Tf<String>,
    /// The administrator's certificate, PEM.
    #[schemars(extend("x-tf" = computed()))]
    pub(crate) client_certificate: Tf<String>,
    /// The administrator's private key, PEM.
    #[schemars(extend("x-tf" = computed().sensitive()))]
    pub(crate) client_key: Tf<String>,
}

impl Ephemeral for KubeconfigEphemeral {
    type Provider = Kubeadm;
    type State = KubeconfigModel;
    type Private = ();
    const TYPE_NAME: &'static str = "kubeadm_kubeconfig";

    fn validate(&self, config: &KubeconfigModel) -> Diagnostics {
        let finding = contacts::check(&config.control_plane);
        diagnostics(&finding.into_iter().collect::<Vec<_>>())
    }

    async fn open(
        &self,
        context: &Context<Kubeadm>,
        config: KubeconfigModel,
    ) -> Result<Opened<Self>, Diagnostics> {
        let clients = context.require_data()?;
        let ways_in = contacts::ways_in(&config.control_plane, clients.ports());
        let ways_in = ways_in.map_err(|found| diagnostics(&found))?;
        let work = |stop| async move { clients.operations().kubeconfig(&ways_in, &stop).await };
        let found = within(context, LIMITS.read, work).await.map_err(|error| explain(&error))?;
        Ok(Opened::new(KubeconfigModel {
            control_plane: config.control_plane,
            raw: Tf::Known(found.kubeconfig.expose().to_owned()),
            host: Tf::Known(found.server),
            cluster_ca_certificate: Tf::Known(found.ca_certificate),
            client_certificate: Tf::Known(found.client_certificate),
            client_key: Tf::Known(found.client_key.expose().to_owned()),
        }))
    }
}

#[cfg(test)]
mod tests {
    use crate::double::World;
    use crate::samples::control_plane;
    use serde_json::json;

    #[tokio::test]
    async fn the_credentials_are_given_part_by_part() {
        let harness = World::new().harness(&json!({})).await;
        let config = json!({ "control_plane": control_plane(&["192.0.2.1"]) });
        let opened = harness.open("kubeadm_kubeconfig", &config).await.unwrap();
        assert_eq!(opened.result["host"], "https://cp1:6443");
        assert_eq!(opened.result["client_key"], "key");
        let none = json!({ "control_plane": [] });
        assert!(harness.open("kubeadm_kubeconfig", &none).await.is_err());
    }
}
