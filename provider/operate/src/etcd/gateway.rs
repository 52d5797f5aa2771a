//! One etcd server's JSON gateway, through an SSH tunnel.

use crate::kubernetes::{Target, client_of, innermost};
use http::Request;
use rustls::ClientConfig;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

/// Longest time for one answer: longer than etcd takes to elect a leader, shorter than a user
/// waits for a server that hangs.
const ANSWER: Duration = Duration::from_secs(5);

/// A client of one etcd server. The Kubernetes client is one of HTTP, too, and reads the gateway's
/// refusals, whose form is that of the API server's.
pub(crate) struct Gateway(kube::Client);

impl Gateway {
    /// Connects at the first request.
    pub(crate) fn new(target: Target, tls: Arc<ClientConfig>) -> Self {
        Self(client_of(target, tls))
    }

    /// Calls a method of the server, such as `/v3/cluster/member/list`.
    ///
    /// # Errors
    /// What the server refused, in its own words, or why it did not answer.
    pub(crate) async fn call(&self, path: &str, request: &Value) -> Result<String, String> {
        let request = Request::post(path)
            .header("content-type", "application/json")
            .body(request.to_string().into_bytes())
            .map_err(|error| error.to_string())?;
        match tokio::time::timeout(ANSWER, self.0.request_text(request)).await {
            Ok(Ok(text)) => Ok(text),
            Ok(Err(kube::Error::Api(refusal))) => Err(refusal.message.clone()),
            Ok(Err(error)) => Err(innermost(&error)),
            Err(_) => Err(format!("no answer within {}s", ANSWER.as_secs())),
        }
    }
}
