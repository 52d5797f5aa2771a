//! The data source `kubeadm_certificates`.

use cluster::observed::Fact;
use operate::membership::HostCertificates;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tfplugin::attribute::{computed, required};
use tfplugin::{Context, DataSource, Diagnostic, Diagnostics, Tf};

use crate::explain::{diagnostics, explain};
use crate::membership::LIMITS;
use crate::model::{ControlPlane, contacts};
use crate::provider::Kubeadm;
use crate::within::within;

/// The data source `kubeadm_certificates`.
pub(crate) struct CertificatesDataSource;

/// When the certificates of the control plane hosts end: kubeadm's, those in kubeconfigs, and the
/// kubelets', which renew theirs themselves.
///
/// Each member and worker warns by itself of certificates that end within 30 days. A host that does
/// not answer is a warning, and none of its certificates is shown.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
pub(crate) struct CertificatesModel {
    /// Members on whose hosts is looked: `kubeadm_cni.this.control_plane` or
    /// `values(kubeadm_control_plane_member.this)`.
    #[schemars(extend("x-tf" = required()))]
    pub(crate) control_plane: ControlPlane,
    /// Every certificate, by host and path.
    #[schemars(extend("x-tf" = computed()))]
    pub(crate) certificates: Tf<Vec<CertificateEntry>>,
    /// When the first of them ends, in UTC as in RFC 3339; null when none is known.
    #[schemars(extend("x-tf" = computed()))]
    pub(crate) first_ends_at: Tf<String>,
}

/// One certificate.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
pub(crate) struct CertificateEntry {
    /// Name of the host.
    pub(crate) host: Tf<String>,
    /// The file that holds it.
    pub(crate) path: Tf<String>,
    /// When it ends, in UTC as in RFC 3339, such as `2027-11-26T10:00:00Z`; null when that cannot be read.
    pub(crate) ends_at: Tf<String>,
}

impl DataSource for CertificatesDataSource {
    type Provider = Kubeadm;
    type State = CertificatesModel;
    const TYPE_NAME: &'static str = "kubeadm_certificates";

    fn validate(&self, config: &CertificatesModel) -> Diagnostics {
        diagnostics(&contacts::check(&config.control_plane).into_iter().collect::<Vec<_>>())
    }

    async fn read(
        &self,
        context: &Context<Kubeadm>,
        config: CertificatesModel,
    ) -> Result<CertificatesModel, Diagnostics> {
        let clients = context.require_data()?;
        let hosts = contacts::ways_in(&config.control_plane, clients.ports());
        let hosts = hosts.map_err(|found| diagnostics(&found))?;
        let work = |stop| async move { clients.operations().certificates(&hosts, &stop).await };
        let found = within(context, LIMITS.read, work).await.map_err(|error| explain(&error))?;
        found.iter().filter_map(silent).for_each(|warning| context.warn(warning));
        Ok(CertificatesModel::of(config.control_plane, &found))
    }
}

fn silent(host: &HostCertificates) -> Option<Diagnostic> {
    let reason = host.ends.as_ref().err()?;
    let summary = format!("the certificates of host {} are not known", host.host);
    Some(Diagnostic::warning(summary).detail(format!("{reason}.\n\nNone of them is shown.")))
}

impl CertificatesModel {
    fn of(control_plane: ControlPlane, found: &[HostCertificates]) -> Self {
        let all = found.iter().flat_map(|host| {
            let ends = host.ends.iter().flatten();
            ends.map(|(path, ends)| (host.host.as_str(), path.as_str(), ends))
        });
        let first = all.clone().filter_map(|(_, _, ends)| ends.known()).min();
        Self {
            control_plane,
            first_ends_at: first.map(ToString::to_string).into(),
            certificates: Tf::Known(all.map(CertificateEntry::from).collect()),
        }
    }
}

impl<T: ToString> From<(&str, &str, &Fact<T>)> for CertificateEntry {
    fn from((host, path, ends): (&str, &str, &Fact<T>)) -> Self {
        Self {
            host: Tf::Known(host.to_owned()),
            path: Tf::Known(path.to_owned()),
            ends_at: ends.known().map(ToString::to_string).into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::double::World;
    use crate::samples::control_plane;
    use serde_json::json;

    #[tokio::test]
    async fn the_first_end_is_shown_and_a_silent_host_hides_nothing_of_the_others() {
        let harness = World::new().harness(&json!({})).await;
        let config = json!({ "control_plane": control_plane(&["192.0.2.1", "192.0.2.2"]) });
        let found = harness.read_data_source("kubeadm_certificates", &config).await.unwrap();
        assert_eq!(found["first_ends_at"], "1970-01-01T00:00:00Z");
        let host = &found["certificates"][0]["host"];
        assert_eq!(
            found["certificates"],
            json!([
                { "host": host, "path": "/etc/kubernetes/admin.conf", "ends_at": null },
                { "host": host, "path": "/etc/kubernetes/pki/ca.crt", "ends_at": "1970-01-01T00:00:00Z" },
            ])
        );
    }
}
