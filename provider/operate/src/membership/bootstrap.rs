//! What joins left in the cluster: found and withdrawn.

use crate::error::OperateError;
use crate::kubernetes::{Kubernetes, api_error};
use cluster::membership::bootstrap::{UPLOADED_CERTIFICATES, is_used_up};
use k8s_openapi::api::core::v1::Secret;
use kube::api::ListParams;
use std::collections::BTreeSet;

impl Kubernetes {
    /// Names of the Secrets of `kube-system` that no join needs any more: tokens of ours that have done
    /// their work, and uploaded certificates, which a join under way needs in the control plane's turn
    /// only.
    pub(super) async fn bootstrap_leftovers(&self) -> Result<BTreeSet<String>, OperateError> {
        const INTENT: &str = "look for what joins left";
        let failed = |error| api_error(INTENT, error);
        let uploaded = self.secrets().get_metadata_opt(UPLOADED_CERTIFICATES).await;
        let uploaded = uploaded.map_err(failed)?.map(|_| UPLOADED_CERTIFICATES.to_owned());
        let mut all: BTreeSet<String> = uploaded.into_iter().collect();
        let tokens = self.bootstrap_tokens().await.map_err(failed)?;
        if !tokens.is_empty() {
            let nodes = self.nodes().await?;
            let used_up = tokens.into_iter().filter(|token| is_used_up(token, &nodes));
            all.extend(used_up.filter_map(|token| token.metadata.name));
        }
        Ok(all)
    }

    /// Deletes what joins left.
    pub(super) async fn withdraw_bootstrap_leftovers(&self) -> Result<(), OperateError> {
        for name in self.bootstrap_leftovers().await? {
            let withdrawn = match name.as_str() {
                UPLOADED_CERTIFICATES => self.withdraw_certificates().await,
                token => self.delete_secret(token).await,
            };
            withdrawn.map_err(|error| api_error(format!("delete kube-system/{name}"), error))?;
        }
        Ok(())
    }

    /// Every Secret of a bootstrap token, whoever made it.
    pub(super) async fn bootstrap_tokens(&self) -> Result<Vec<Secret>, kube::Error> {
        let of_type = ListParams::default().fields("type=bootstrap.kubernetes.io/token");
        Ok(self.secrets().list(&of_type).await?.items)
    }
}

#[cfg(test)]
mod tests {
    use crate::kubernetes::mock::{Answer, Call, kubernetes};
    use cluster::membership::bootstrap::TokenPurpose;
    use k8s_openapi::ByteString;
    use serde_json::{Value, json};
    use std::sync::{Arc, Mutex};

    fn token(id: &str, description: &str) -> Value {
        let text = ByteString(description.as_bytes().to_vec());
        json!({
            "metadata": {"name": id, "creationTimestamp": "2026-01-01T00:00:00Z"},
            "data": {"description": text},
        })
    }

    #[tokio::test]
    async fn what_joins_left_is_withdrawn_and_nothing_else() {
        let deleted = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&deleted);
        let mock = kubernetes(move |call: &Call| {
            let name = call.path.rsplit('/').next().unwrap();
            if call.method == "DELETE" {
                seen.lock().unwrap().push(name.to_owned());
                return Answer::not_found();
            }
            match name {
                "secrets" => Answer::list(&[
                    token("used", &TokenPurpose::Join("w1").description()),
                    token("in-use", &TokenPurpose::Join("w2").description()),
                    token("foreign", "somebody's"),
                ]),
                "nodes" => Answer::list(&[json!({
                    "metadata": {"name": "w1", "creationTimestamp": "2026-01-01T00:01:00Z"},
                })]),
                _ => Answer::ok(&json!({"metadata": {"name": name}})),
            }
        });
        let found = mock.bootstrap_leftovers().await.unwrap();
        assert_eq!(found.into_iter().collect::<Vec<_>>(), ["kubeadm-certs", "used"]);
        mock.withdraw_bootstrap_leftovers().await.unwrap();
        assert_eq!(*deleted.lock().unwrap(), ["kubeadm-certs", "used"]);
    }
}
