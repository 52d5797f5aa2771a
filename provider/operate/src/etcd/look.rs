//! A look at etcd as a whole: its members, how each of them is, and alarms.

use super::gateway::{CallError, Gateway};
use crate::error::{ErrorKind, OperateError};
use crate::kubernetes::{Identity, Target, config};
use cluster::Secret;
use cluster::etcd::{self, EtcdMember, EtcdState, Health, MemberStatus};
use cluster::intent::ClusterIntent;
use futures::future::join_all;
use host::Host;
use rustls::ClientConfig;
use serde_json::{Value, json};
use std::sync::Arc;

/// Where kubeadm keeps certificates when nothing else is said.
const CERTIFICATES: &str = "/etc/kubernetes/pki";

/// Port on which etcd serves clients.
const CLIENT_PORT: u16 = 2379;

/// etcd of a control plane, reached through one of its hosts.
pub(crate) struct Etcd {
    name: String,
    host: Host,
    tls: Arc<ClientConfig>,
    local: Gateway,
}

impl Etcd {
    /// The etcd that runs beside the API server on `host`, with the API server's own credentials,
    /// which are read into memory. `None` when the host has none.
    ///
    /// # Errors
    /// When the host does not answer, or the credentials are no certificates.
    pub(crate) async fn on(
        name: &str,
        host: &Host,
        cluster: &ClusterIntent,
    ) -> Result<Option<Self>, OperateError> {
        let intent = format!("read etcd's client credentials on {name}");
        let certificates_dir = cluster.certificates_dir.as_deref().unwrap_or(CERTIFICATES);
        let read = async |file: &str| {
            let path = format!("{certificates_dir}/{file}");
            let read = host.read(&path).await;
            read.map_err(|error| OperateError::host(intent.as_str(), error))
        };
        let (ca, certificate, key) = (
            read("etcd/ca.crt").await?,
            read("apiserver-etcd-client.crt").await?,
            read("apiserver-etcd-client.key").await?,
        );
        let (Some(ca), Some(certificate), Some(key)) = (ca, certificate, key) else {
            return Ok(None);
        };
        let key = Secret::new(String::from_utf8_lossy(&key).into_owned());
        let identity = Identity {
            ca: &String::from_utf8_lossy(&ca),
            certificate: &String::from_utf8_lossy(&certificate),
            key: &key,
        };
        let tls = config(&identity).map_err(|error| {
            OperateError::new(intent.as_str(), ErrorKind::Malformed).caused_by(error)
        })?;
        let local = target(host, "127.0.0.1", CLIENT_PORT);
        let local = Gateway::new(local, Arc::clone(&tls));
        Ok(Some(Self { name: name.to_owned(), host: host.clone(), tls, local }))
    }

    /// Members, how each is, and alarms.
    ///
    /// # Errors
    /// When the server on the host does not answer: it may have lost its quorum.
    pub(crate) async fn state(&self) -> Result<EtcdState, OperateError> {
        let intent = "look at etcd's members";
        let list = self.call(intent, "/v3/cluster/member/list", &json!({})).await?;
        let listed = etcd::members(&list).map_err(|error| self.malformed(intent, error))?;
        let alarms = self.call(intent, "/v3/maintenance/alarm", &json!({"action": "GET"})).await?;
        let alarms = etcd::alarms(&alarms).map_err(|error| self.malformed(intent, error))?;
        let members = join_all(listed.into_iter().map(|member| self.examined(member))).await;
        Ok(EtcdState { members, alarms })
    }

    async fn examined(&self, member: EtcdMember) -> EtcdMember {
        let (health, status) = match self.ask(&member).await {
            Ok(status) if status.leader.is_none() => {
                (Health::Unhealthy("it knows no leader".to_owned()), Some(status))
            }
            Ok(status) => (Health::Healthy, Some(status)),
            Err(reason) => (Health::Unhealthy(reason), None),
        };
        EtcdMember { health, status, ..member }
    }

    async fn ask(&self, member: &EtcdMember) -> Result<MemberStatus, String> {
        let Some(gateway) = self.member(member) else {
            return Err("it has never started".to_owned());
        };
        let answer = gateway.call("/v3/maintenance/status", &json!({})).await;
        let answer = answer.map_err(|error| error.to_string())?;
        etcd::status(&answer).map_err(|error| error.to_string())
    }

    /// A member's own server, reached from the host.
    fn member(&self, member: &EtcdMember) -> Option<Gateway> {
        let uri: http::Uri = member.client_urls.first()?.parse().ok()?;
        let address = uri.host()?.trim_start_matches('[').trim_end_matches(']');
        let target = target(&self.host, address, uri.port_u16().unwrap_or(CLIENT_PORT));
        Some(Gateway::new(target, Arc::clone(&self.tls)))
    }

    async fn call(
        &self,
        intent: &str,
        path: &str,
        request: &Value,
    ) -> Result<String, OperateError> {
        let answer = self.local.call(path, request).await;
        answer.map_err(|error| {
            let kind = match error {
                CallError::Silent(_) => ErrorKind::Unreachable,
                CallError::Refused(_) => ErrorKind::Api,
            };
            OperateError::new(intent, kind).note(format!("etcd on {}: {error}", self.name))
        })
    }

    fn malformed(&self, intent: &str, error: etcd::EtcdAnswerError) -> OperateError {
        let note = format!("etcd on {} gave an answer that is none", self.name);
        OperateError::new(intent, ErrorKind::Malformed).note(note).caused_by(error)
    }
}

/// etcd's certificates carry the address that it is reached at.
fn target(host: &Host, address: &str, port: u16) -> Target {
    Target {
        host: host.clone(),
        address: address.to_owned(),
        port,
        server_name: address.to_owned(),
    }
}
