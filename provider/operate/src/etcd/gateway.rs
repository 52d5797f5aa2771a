//! One etcd server's JSON gateway, through an SSH tunnel.

use crate::kubernetes::{Target, client_of, innermost, plain_client_of};
use http::Request;
use rustls::ClientConfig;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

/// Longest time for one answer: longer than etcd takes to elect a leader, shorter than a user
/// waits for a server that hangs.
const ANSWER: Duration = Duration::from_secs(5);

/// Why a call came to nothing.
#[derive(Debug)]
pub(crate) enum CallError {
    /// The server did not answer, and why.
    Silent(String),
    /// It refused, in its own words.
    Refused(String),
}

impl std::fmt::Display for CallError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Silent(reason) => write!(formatter, "it does not answer: {reason}"),
            Self::Refused(words) => formatter.write_str(words),
        }
    }
}

/// A client of one etcd server. The Kubernetes client is one of HTTP, too, and reads the gateway's
/// refusals, whose form is that of the API server's.
pub(crate) struct Gateway(kube::Client);

impl Gateway {
    /// An encrypted server; connects at the first request.
    pub(crate) fn new(target: Target, tls: Arc<ClientConfig>) -> Self {
        Self(client_of(target, tls))
    }

    /// A server that speaks in the clear, at `base`; connects at the first request.
    pub(crate) fn plain(target: Target, base: http::Uri) -> Self {
        Self(plain_client_of(target, base))
    }

    /// Calls a method of the server, such as `/v3/cluster/member/list`.
    ///
    /// # Errors
    /// What the server refused, or why it did not answer.
    pub(crate) async fn call(&self, path: &str, request: &Value) -> Result<String, CallError> {
        let request = Request::post(path)
            .header("content-type", "application/json")
            .body(request.to_string().into_bytes())
            .map_err(|error| CallError::Refused(error.to_string()))?;
        match tokio::time::timeout(ANSWER, self.0.request_text(request)).await {
            Ok(Ok(text)) => Ok(text),
            Ok(Err(kube::Error::Api(refusal))) => Err(CallError::Refused(refusal.message.clone())),
            Ok(Err(error)) => Err(CallError::Silent(innermost(&error))),
            Err(_) => Err(CallError::Silent(format!("no answer within {}s", ANSWER.as_secs()))),
        }
    }
}
