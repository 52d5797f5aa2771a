//! An API server for tests: a function from calls to answers.

use super::{AdminCredentials, Kubernetes};
use cluster::Secret;
use http::{Request, Response};
use kube::client::Body;
use serde_json::{Value, json};
use std::convert::Infallible;
use std::sync::Arc;

/// A request as the API server sees it.
pub(crate) struct Call {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) body: Value,
}

/// What the API server says.
pub(crate) struct Answer {
    code: u16,
    body: String,
}

impl Answer {
    pub(crate) fn ok(body: &Value) -> Self {
        Self { code: 200, body: body.to_string() }
    }

    pub(crate) fn list(items: &[Value]) -> Self {
        Self::ok(&json!({"kind": "List", "apiVersion": "v1", "metadata": {}, "items": items}))
    }

    pub(crate) fn failure(code: u16, reason: &str, message: &str) -> Self {
        let status = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "code": code, "reason": reason, "message": message,
        });
        Self { code, body: status.to_string() }
    }

    pub(crate) fn not_found() -> Self {
        Self::failure(404, "NotFound", "not found")
    }
}

/// A cluster whose API answers by `answer`.
pub(crate) fn kubernetes(answer: impl Fn(&Call) -> Answer + Send + Sync + 'static) -> Kubernetes {
    let answer = Arc::new(answer);
    let service = tower::service_fn(move |request: Request<Body>| {
        let answer = Arc::clone(&answer);
        async move { Ok::<_, Infallible>(response(answer(&call(request).await))) }
    });
    let secret = || Secret::new(String::new());
    Kubernetes {
        node: serde_json::from_value(
            serde_json::json!({"name": "cp1", "address": "127.0.0.1", "port": 22}),
        )
        .unwrap(),
        client: kube::Client::new(service, "default"),
        credentials: AdminCredentials {
            server: String::new(),
            ca_certificate: String::new(),
            client_certificate: String::new(),
            client_key: secret(),
            kubeconfig: secret(),
        },
        ca_hashes: Vec::new(),
        version: "1.35.4".to_owned(),
        claim: None,
    }
}

async fn call(request: Request<Body>) -> Call {
    let (head, body) = request.into_parts();
    let body = body.collect_bytes().await.unwrap();
    Call {
        method: head.method.to_string(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        body: serde_json::from_slice(&body).unwrap_or_default(),
    }
}

fn response(answer: Answer) -> Response<Body> {
    Response::builder().status(answer.code).body(Body::from(answer.body.into_bytes())).unwrap()
}
