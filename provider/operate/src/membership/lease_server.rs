//! An API server for tests that keeps one lease.

use super::lease::{HeldLease, take_lease};
use crate::error::OperateError;
use crate::kubernetes::Kubernetes;
use crate::kubernetes::mock::{Answer, Call, kubernetes};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const LEASES: &str = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases";

/// An API that keeps one lease as the real one does, until something is wrong with it.
#[derive(Clone, Default)]
pub(super) struct Server(Arc<Mutex<Kept>>);

/// The lease, how often it was written, and what is wrong.
#[derive(Default)]
pub(super) struct Kept {
    pub(super) lease: Option<Value>,
    pub(super) version: u64,
    pub(super) fault: Option<Fault>,
}

/// What is wrong with the server.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// Nothing is answered well.
    Down,
    /// The next write is done and its answer lost.
    AnswerLost,
}

impl Server {
    pub(super) fn api(&self) -> Arc<Kubernetes> {
        let server = self.clone();
        Arc::new(kubernetes(move |call| server.kept().answer(call)))
    }

    pub(super) fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap()
    }

    pub(super) fn holder(&self) -> Option<String> {
        let holder = self.kept().lease.as_ref()?["spec"]["holderIdentity"].clone();
        holder.as_str().map(str::to_owned)
    }

    /// What a process elsewhere writes.
    pub(super) fn overwrite(&self, holder: &str, renewed: &str) {
        self.kept().write(json!({
            "metadata": {"name": "terraform-provider-kubeadm", "uid": "1"},
            "spec": {"holderIdentity": holder, "leaseDurationSeconds": 30, "renewTime": renewed},
        }));
    }

    pub(super) async fn take(
        &self,
        holder: &str,
        limit: Duration,
    ) -> Result<HeldLease, OperateError> {
        take_lease(self.api(), holder, limit, &CancellationToken::new()).await
    }
}

impl Kept {
    pub(super) fn answer(&mut self, call: &Call) -> Answer {
        assert!(call.path.starts_with(LEASES), "{}", call.path);
        if self.fault == Some(Fault::Down) {
            return Answer::failure(503, "ServiceUnavailable", "etcd has no leader");
        }
        let known = call.body["metadata"]["resourceVersion"].as_str();
        match (call.method.as_str(), &self.lease) {
            ("GET", Some(lease)) => Answer::ok(lease),
            ("GET", None) => Answer::not_found(),
            ("POST", None) => self.write(call.body.clone()),
            ("PUT", Some(_)) if known == Some(&self.version.to_string()) => {
                self.write(call.body.clone())
            }
            ("POST" | "PUT", _) => Answer::failure(409, "Conflict", "it has been modified"),
            (method, _) => panic!("{method} is not expected"),
        }
    }

    fn write(&mut self, mut lease: Value) -> Answer {
        self.version += 1;
        lease["metadata"]["resourceVersion"] = json!(self.version.to_string());
        self.lease = Some(lease.clone());
        match self.fault.take() {
            Some(_) => Answer::failure(500, "InternalError", "timeout"),
            None => Answer::ok(&lease),
        }
    }
}
