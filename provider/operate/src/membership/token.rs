//! Bootstrap tokens: made for one join, revoked after it.

use super::wait::{Look, Wait};
use crate::error::OperateError;
use crate::kubernetes::{Kubernetes, api_error, is_gone, passes};
use cluster::membership::bootstrap::TokenPurpose;
use cluster::token::BootstrapToken;
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::Api;
use kube::api::{DeleteParams, PostParams};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How long a token lives when it is not revoked before.
pub(crate) const LIFE: Duration = Duration::from_mins(15);

/// Longest time until the cluster has signed its info with a new token.
const SIGNING: Duration = Duration::from_mins(1);

/// Longest time for revoking a token, which also an interrupted apply does.
const REVOKING: Duration = Duration::from_secs(10);

impl Kubernetes {
    /// Makes a token for the join of `node` and waits until it can be used.
    pub(crate) async fn new_token(
        &self,
        node: &str,
        cancel: &CancellationToken,
    ) -> Result<BootstrapToken, OperateError> {
        let token = BootstrapToken::generate(&mut rand::rng());
        let intent = format!("make a bootstrap token for {node}");
        let made = self.secrets().create(&PostParams::default(), &secret(&token, node)).await;
        made.map_err(|error| api_error(intent, error))?;
        match self.signed(&token, cancel).await {
            Ok(()) => Ok(token),
            Err(error) => {
                self.revoke(&token).await;
                Err(error)
            }
        }
    }

    /// A joining host trusts the cluster's info by the signature made with its token.
    async fn signed(
        &self,
        token: &BootstrapToken,
        cancel: &CancellationToken,
    ) -> Result<(), OperateError> {
        let infos = Api::<ConfigMap>::namespaced(self.client.clone(), "kube-public");
        let key = format!("jws-kubeconfig-{}", token.id());
        let wait =
            Wait { what: "the cluster's signature with the new token", limit: SIGNING, cancel };
        wait.until(|| async {
            match infos.get_opt("cluster-info").await {
                Ok(Some(info))
                    if info.data.as_ref().is_some_and(|data| data.contains_key(&key)) =>
                {
                    Ok(Look::Met(()))
                }
                Ok(Some(_)) => {
                    Ok(Look::NotYet("kube-public/cluster-info is not signed with it".to_owned()))
                }
                Ok(None) => Ok(Look::NotYet("kube-public/cluster-info is missing".to_owned())),
                Err(error) if passes(&error) => Ok(Look::NotYet(error.to_string())),
                Err(error) => Err(api_error("read kube-public/cluster-info", error)),
            }
        })
        .await
    }

    /// Revokes a token, whatever came of the join and also when core asks us to stop. Failure is
    /// only noted: the token dies by itself.
    pub(crate) async fn revoke(&self, token: &BootstrapToken) {
        let name = token.secret_name();
        let revoked = tokio::time::timeout(REVOKING, self.delete_secret(&name)).await;
        match revoked {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::warn!(id = token.id(), %error, "bootstrap token was not revoked");
            }
            Err(_) => tracing::warn!(id = token.id(), "bootstrap token was not revoked in time"),
        }
    }

    /// Revokes the tokens that interrupted applies made for the same purpose.
    pub(crate) async fn revoke_stale(&self, purpose: TokenPurpose<'_>) -> Result<(), kube::Error> {
        let description = purpose.description();
        let stale = |secret: &Secret| {
            let text = secret.data.as_ref().and_then(|data| data.get("description"));
            text.is_some_and(|text| text.0 == description.as_bytes())
        };
        for secret in self.bootstrap_tokens().await?.into_iter().filter(stale) {
            let name = secret.metadata.name.unwrap_or_default();
            self.delete_secret(&name).await?;
        }
        Ok(())
    }

    /// Deletes a secret of the system; one that is not there is as good as deleted.
    pub(crate) async fn delete_secret(&self, name: &str) -> Result<(), kube::Error> {
        match self.secrets().delete(name, &DeleteParams::default()).await {
            Err(error) if is_gone(&error) => Ok(()),
            deleted => deleted.map(drop),
        }
    }

    pub(crate) fn secrets(&self) -> Api<Secret> {
        Api::namespaced(self.client.clone(), "kube-system")
    }
}

fn secret(token: &BootstrapToken, node: &str) -> Secret {
    let life = SignedDuration::try_from(LIFE).unwrap_or(SignedDuration::from_mins(15));
    let expiration = Timestamp::now().checked_add(life).unwrap_or(Timestamp::MAX);
    let data = [
        ("token-id", token.id().to_owned()),
        ("token-secret", token.secret().expose().to_owned()),
        ("expiration", format!("{expiration:.0}")),
        ("usage-bootstrap-authentication", "true".to_owned()),
        ("usage-bootstrap-signing", "true".to_owned()),
        ("auth-extra-groups", "system:bootstrappers:kubeadm:default-node-token".to_owned()),
        ("description", TokenPurpose::Join(node).description()),
    ];
    let mut object = Secret {
        type_: Some("bootstrap.kubernetes.io/token".to_owned()),
        string_data: Some(
            data.into_iter()
                .map(|(key, value)| (key.to_owned(), value))
                .collect::<BTreeMap<_, _>>(),
        ),
        ..Secret::default()
    };
    object.metadata.name = Some(token.secret_name());
    object
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;
    use crate::kubernetes::mock::{Answer, Call, kubernetes};
    use serde_json::json;
    use std::sync::{Arc, Mutex};

    #[test]
    fn the_secret_is_what_the_bootstrap_controllers_read() {
        let token = BootstrapToken::parse("abcdef.0123456789abcdef").unwrap();
        let object = secret(&token, "w1");
        let data = object.string_data.unwrap();
        assert_eq!(object.metadata.name.as_deref(), Some("bootstrap-token-abcdef"));
        assert_eq!(data["token-secret"], "0123456789abcdef");
        let expiration: Timestamp = data["expiration"].parse().unwrap();
        let life = expiration.duration_since(Timestamp::now());
        assert!(
            life > SignedDuration::from_mins(14) && life <= SignedDuration::from_mins(15),
            "{life}"
        );
        assert!(
            data["expiration"].ends_with('Z') && !data["expiration"].contains('.'),
            "{}",
            data["expiration"]
        );
    }

    /// An API that signs the cluster's info after `looks` looks at it; what was written is noted.
    fn cluster(looks: usize) -> (Kubernetes, Arc<Mutex<Vec<String>>>) {
        let calls = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&calls);
        let id = Mutex::new(String::new());
        let mock = kubernetes(move |call: &Call| {
            let mut calls = seen.lock().unwrap();
            calls.push(format!("{} {}", call.method, call.path));
            let reads = calls.iter().filter(|line| line.starts_with("GET")).count();
            match call.method.as_str() {
                "POST" => {
                    *id.lock().unwrap() =
                        call.body["stringData"]["token-id"].as_str().unwrap().to_owned();
                    Answer::ok(&call.body)
                }
                "GET" if reads > looks => {
                    let key = format!("jws-kubeconfig-{}", id.lock().unwrap());
                    Answer::ok(&json!({"metadata": {"name": "cluster-info"}, "data": {key: "x"}}))
                }
                "GET" => Answer::ok(&json!({"metadata": {"name": "cluster-info"}, "data": {}})),
                _ => Answer::not_found(),
            }
        });
        (mock, calls)
    }

    #[tokio::test(start_paused = true)]
    async fn a_token_is_handed_out_once_the_cluster_signed_with_it() {
        let (mock, calls) = cluster(3);
        let token = mock.new_token("w1", &CancellationToken::new()).await.unwrap();
        assert_eq!(calls.lock().unwrap().len(), 5);
        mock.revoke(&token).await;
        let last = format!("DELETE /api/v1/namespaces/kube-system/secrets/{}", token.secret_name());
        assert_eq!(calls.lock().unwrap().last(), Some(&last));
    }

    #[tokio::test(start_paused = true)]
    async fn a_token_that_cannot_be_used_is_revoked() {
        let (mock, calls) = cluster(usize::MAX);
        let error = mock.new_token("w1", &CancellationToken::new()).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Timeout);
        assert!(calls.lock().unwrap().last().unwrap().starts_with("DELETE "));
    }
}
