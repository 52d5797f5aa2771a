//! A look at etcd as a whole: its members, how each of them is, and alarms.

use super::gateway::{CallError, Gateway};
use crate::error::{ErrorKind, OperateError};
use crate::kubernetes::Target;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cluster::etcd::{self, EtcdMember, EtcdState, Health, MemberId, MemberStatus};
use futures::future::join_all;
use host::Host;
use rustls::ClientConfig;
use serde_json::{Value, json};
use std::sync::Arc;

/// Port on which etcd serves clients when its URL names none.
const CLIENT_PORT: u16 = 2379;

/// Lists members.
const LIST: &str = "/v3/cluster/member/list";

/// etcd of a control plane, reached through one of its hosts.
pub(crate) struct Etcd {
    pub(super) host: Host,
    pub(super) tls: Option<Arc<ClientConfig>>,
    pub(super) servers: Vec<Server>,
}

/// A server that can be asked about the others.
pub(super) struct Server {
    /// How messages call it.
    pub(super) title: String,
    pub(super) url: String,
}

impl Etcd {
    /// Members, how each is, and alarms, as the first server tells that answers.
    ///
    /// # Errors
    /// When none does: etcd may have lost its quorum.
    pub(crate) async fn state(&self) -> Result<EtcdState, OperateError> {
        let mut silent = OperateError::new("look at etcd's members", ErrorKind::Unreachable);
        for server in &self.servers {
            match self.seen_by(server).await {
                Err(error) if error.is_unreachable() => {
                    silent = error.details.notes.into_iter().fold(silent, OperateError::note);
                }
                looked => return looked,
            }
        }
        Err(silent)
    }

    async fn seen_by(&self, server: &Server) -> Result<EtcdState, OperateError> {
        let list = self.list(server).await?;
        let listed = etcd::members(&list).map_err(|error| malformed(server, error))?;
        let alarms = json!({"action": "GET"});
        let alarms = self.call(server, "/v3/maintenance/alarm", &alarms).await?;
        let alarms = etcd::alarms(&alarms).map_err(|error| malformed(server, error))?;
        let members = join_all(listed.into_iter().map(|member| self.examined(member))).await;
        Ok(EtcdState { members, alarms })
    }

    /// What a majority agrees on; where there is none, what this server knew last, so that it can
    /// be told who is missing.
    async fn list(&self, server: &Server) -> Result<String, OperateError> {
        match self.call(server, LIST, &json!({"linearizable": true})).await {
            Ok(list) => Ok(list),
            Err(_) => self.call(server, LIST, &json!({})).await,
        }
    }

    /// How many keys there are below `prefix`, which ends with a slash, as the first server tells
    /// that answers.
    ///
    /// # Errors
    /// When none does.
    pub(crate) async fn keys_below(&self, prefix: &str) -> Result<u64, OperateError> {
        // The next letter after a slash is a zero.
        let end = format!("{}0", prefix.trim_end_matches('/'));
        let [key, range_end] = [prefix, &end].map(|text| STANDARD.encode(text));
        let request = json!({"key": key, "range_end": range_end, "count_only": true});
        let mut silent = OperateError::new("look into etcd", ErrorKind::Unreachable);
        for server in &self.servers {
            match self.call(server, "/v3/kv/range", &request).await {
                Err(error) if error.is_unreachable() => silent = error,
                answer => {
                    return etcd::key_count(&answer?).map_err(|error| malformed(server, error));
                }
            }
        }
        Err(silent)
    }

    /// Asks for the removal of a member.
    ///
    /// # Errors
    /// What etcd refused, or why it did not answer.
    pub(crate) async fn remove(&self, member: MemberId) -> Result<(), CallError> {
        let request = json!({"ID": member.0.to_string()});
        let silent = || CallError::Silent("no server is known".to_owned());
        let server = self.servers.first().ok_or_else(silent)?;
        self.ask_at(&server.url, "/v3/cluster/member/remove", &request).await.map(drop)
    }

    /// Asks the leader to hand over to `successor`; only the leader can be asked.
    ///
    /// # Errors
    /// What etcd refused, or why it did not answer.
    pub(crate) async fn lead_by(
        &self,
        state: &EtcdState,
        successor: MemberId,
    ) -> Result<(), CallError> {
        let leader = state.leader().and_then(|leader| self.url_of(leader));
        let leader = leader.ok_or_else(|| CallError::Silent("no leader is known".to_owned()))?;
        let request = json!({"targetID": successor.0.to_string()});
        self.ask_at(leader, "/v3/maintenance/transfer-leadership", &request).await.map(drop)
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
        let url = self.url_of(member).ok_or("it has never started")?;
        let answer = self.ask_at(url, "/v3/maintenance/status", &json!({})).await;
        let answer = answer.map_err(|error| error.to_string())?;
        etcd::status(&answer).map_err(|error| error.to_string())
    }

    /// Where a member is reached: where it is known to be, for it may name addresses, too, that only
    /// its own host reaches.
    fn url_of<'a>(&self, member: &'a EtcdMember) -> Option<&'a str> {
        let is_known = |url: &&String| self.servers.iter().any(|server| server.url == **url);
        let urls = &member.client_urls;
        urls.iter().find(is_known).or_else(|| urls.first()).map(String::as_str)
    }

    /// The server at this URL, reached from the host.
    fn gateway(&self, url: &str) -> Result<Gateway, String> {
        let malformed = || format!("{url:?} is no URL");
        let uri: http::Uri = url.parse().map_err(|_| malformed())?;
        let address = uri.host().ok_or_else(malformed)?.trim_matches(['[', ']']);
        let target = target(&self.host, address, uri.port_u16().unwrap_or(CLIENT_PORT));
        if uri.scheme_str() == Some("http") {
            return Ok(Gateway::plain(target, uri));
        }
        let tls = self.tls.as_ref().ok_or("it wants https, and no files for that are known")?;
        Ok(Gateway::new(target, Arc::clone(tls)))
    }

    async fn ask_at(&self, url: &str, path: &str, request: &Value) -> Result<String, CallError> {
        self.gateway(url).map_err(CallError::Refused)?.call(path, request).await
    }

    async fn call(
        &self,
        server: &Server,
        path: &str,
        request: &Value,
    ) -> Result<String, OperateError> {
        let answer = self.ask_at(&server.url, path, request).await;
        answer.map_err(|error| {
            let kind = match error {
                CallError::Silent(_) => ErrorKind::Unreachable,
                CallError::Refused(_) => ErrorKind::Api,
            };
            let note = format!("{}: {error}", server.title);
            OperateError::new("look at etcd's members", kind).note(note)
        })
    }
}

fn malformed(server: &Server, error: etcd::EtcdAnswerError) -> OperateError {
    let note = format!("{} gave an answer that is none", server.title);
    OperateError::new("look at etcd's members", ErrorKind::Malformed).note(note).caused_by(error)
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
