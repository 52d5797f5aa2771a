//! The node object of a host: waits for it, writes what of it is ours, deletes it.

use super::subject::{Subject, summary};
use super::wait::{Look, Wait};
use crate::error::{ErrorKind, OperateError};
use crate::kubernetes::{Kubernetes, api_error, is_gone, may_pass, passes};
use cluster::membership::node_object::{node_state, ready_among};
use k8s_openapi::api::core::v1::Node;
use kube::Api;
use kube::api::{DeleteParams, Preconditions};
use std::sync::Arc;
use std::time::Duration;

/// Longest time until a kubelet with credentials has made its node object.
const REGISTRATION: Duration = Duration::from_mins(2);

/// Longest time until a registered node is ready.
const READINESS: Duration = Duration::from_mins(5);

/// Longest time until an API server takes what a node is labelled with: others may be changing the
/// control plane.
const LABELS: Duration = Duration::from_mins(1);

/// Longest time until a deleted node object is gone.
const DELETION: Duration = Duration::from_mins(1);

const AGAIN: &str = "apply again, which decides anew from what is there then";

impl Subject<'_> {
    /// Waits until the node object is there, made by this very machine.
    pub(crate) async fn await_registration(&self) -> Result<(), OperateError> {
        let machine_id = self.state().await?.machine_id;
        let wait =
            Wait { what: "the node to be registered", limit: REGISTRATION, cancel: self.cancel };
        wait.until(|| async {
            Ok(match self.looked_up().await? {
                Ok(Some(node)) if node_state(&node).is_machine(machine_id.as_deref()) => {
                    Look::Met(())
                }
                Ok(Some(node)) => {
                    let found = node_state(&node).machine_id;
                    Look::NotYet(format!("the node object has machine id {found:?}"))
                }
                Ok(None) => Look::NotYet("there is no node object".to_owned()),
                Err(reason) => Look::NotYet(reason),
            })
        })
        .await
    }

    /// Waits until the node is ready, or as ready as it can be while pods have no network.
    pub(crate) async fn await_ready(&self) -> Result<(), OperateError> {
        let wait = Wait { what: "the node to be ready", limit: READINESS, cancel: self.cancel };
        wait.until(|| async {
            let kubernetes = match self.answering().await? {
                Ok(kubernetes) => kubernetes,
                Err(reason) => return Ok(Look::NotYet(reason)),
            };
            Ok(match kubernetes.nodes().await {
                Ok(nodes) => ready_among(self.name(), &nodes).map_or_else(Look::NotYet, Look::Met),
                Err(error) => Look::NotYet(summary(&error)),
            })
        })
        .await
    }

    /// Brings labels, annotations and taints to what is wanted.
    pub(crate) async fn apply_metadata(&self) -> Result<(), OperateError> {
        let wait = Wait { what: "the node to be labelled", limit: LABELS, cancel: self.cancel };
        let (role, wanted) = (self.intent.role(), self.intent.registration());
        wait.until(|| async {
            let kubernetes = match self.answering().await? {
                Ok(kubernetes) => kubernetes,
                Err(reason) => return Ok(Look::NotYet(reason)),
            };
            match kubernetes.apply_metadata(self.name(), role, wanted).await {
                Ok(()) => Ok(Look::Met(())),
                Err(error) if may_pass(&error) => Ok(Look::NotYet(summary(&error))),
                Err(error) => Err(error),
            }
        })
        .await
    }

    /// Deletes the node object and waits until it is gone.
    pub(crate) async fn delete_node(&self) -> Result<(), OperateError> {
        let expected = match &self.node().machine_id {
            Some(id) => Some(id.clone()),
            // A host that is silent tells nothing: its departure was planned without it, too.
            None => self.state().await.ok().and_then(|state| state.machine_id),
        };
        let kubernetes = self.kubernetes().await?;
        kubernetes.delete_node_of(self.name(), expected.as_deref()).await?;
        let wait =
            Wait { what: "the node object to be gone", limit: DELETION, cancel: self.cancel };
        wait.until(|| async {
            Ok(match self.looked_up().await? {
                Ok(None) => Look::Met(()),
                Ok(Some(_)) => Look::NotYet("the node object is still there".to_owned()),
                Err(reason) => Look::NotYet(reason),
            })
        })
        .await?;
        if let Err(error) = kubernetes.collect_pods(self.name()).await {
            tracing::warn!(node = self.name(), %error, "pods of the deleted node are left to the cluster");
        }
        Ok(())
    }

    /// The cluster's API; the inner error is one that may pass: others may be changing the control
    /// plane, and for a moment nobody answers.
    pub(super) async fn answering(&self) -> Result<Result<Arc<Kubernetes>, String>, OperateError> {
        match self.kubernetes().await {
            Ok(kubernetes) => Ok(Ok(kubernetes)),
            Err(error) if matches!(error.kind, ErrorKind::Refused | ErrorKind::Configuration) => {
                Err(error)
            }
            Err(error) if error.is_cancelled() => Err(error),
            Err(error) => Ok(Err(summary(&error))),
        }
    }

    /// The node object; the inner error is one that may pass.
    async fn looked_up(&self) -> Result<Result<Option<Node>, String>, OperateError> {
        let kubernetes = match self.answering().await? {
            Ok(kubernetes) => kubernetes,
            Err(reason) => return Ok(Err(reason)),
        };
        match nodes(&kubernetes).get_opt(self.name()).await {
            Ok(node) => Ok(Ok(node)),
            Err(error) if passes(&error) => Ok(Err(error.to_string())),
            Err(error) => Err(api_error(format!("read node {}", self.name()), error)),
        }
    }
}

impl Kubernetes {
    /// Asks for the deletion of a node object, unless another living machine has it: it may have
    /// taken over the name since the plan was made, for draining takes its time.
    async fn delete_node_of(
        &self,
        name: &str,
        machine_id: Option<&str>,
    ) -> Result<(), OperateError> {
        let intent = format!("delete node {name}");
        let found = nodes(self).get_opt(name).await;
        let Some(node) = found.map_err(|error| api_error(intent.as_str(), error))? else {
            return Ok(());
        };
        let state = node_state(&node);
        if state.lives_elsewhere(machine_id) {
            return Err(OperateError::new(intent, ErrorKind::Goal)
                .note(format!("it is another machine's by now (machine id {})", state.machine_id))
                .advise(AGAIN));
        }
        let uid = Preconditions { uid: node.metadata.uid, ..Preconditions::default() };
        let deleted = nodes(self).delete(name, &DeleteParams::default().preconditions(uid)).await;
        match deleted {
            Err(error) if is_gone(&error) => Ok(()),
            Err(kube::Error::Api(status)) if status.code == 409 => {
                let error = OperateError::new(intent, ErrorKind::Goal);
                Err(error.note("it was made anew in this moment").advise(AGAIN))
            }
            deleted => deleted.map(drop).map_err(|error| api_error(intent, error)),
        }
    }
}

fn nodes(kubernetes: &Kubernetes) -> Api<Node> {
    Api::all(kubernetes.client.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kubernetes::mock::{Answer, Call, kubernetes};
    use serde_json::{Value, json};
    use std::sync::{Arc, Mutex};

    /// A node object of the machine `m2`, and what was sent to delete it.
    fn cluster(ready: &str) -> (Kubernetes, Arc<Mutex<Vec<Value>>>) {
        let node = json!({
            "metadata": {"name": "cp1", "uid": "u7"},
            "status": {
                "nodeInfo": {
                    "machineID": "m2", "architecture": "", "bootID": "", "containerRuntimeVersion": "",
                    "kernelVersion": "", "kubeProxyVersion": "", "kubeletVersion": "",
                    "operatingSystem": "", "osImage": "", "systemUUID": "",
                },
                "conditions": [{"type": "Ready", "status": ready}],
            },
        });
        let deletions = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&deletions);
        let mock = kubernetes(move |call: &Call| {
            if call.method == "DELETE" {
                seen.lock().unwrap().push(call.body.clone());
            }
            Answer::ok(&node)
        });
        (mock, deletions)
    }

    #[tokio::test]
    async fn the_object_is_deleted_that_was_looked_at() {
        for (ready, machine) in [("True", "m2"), ("Unknown", "m1")] {
            let (mock, deletions) = cluster(ready);
            mock.delete_node_of("cp1", Some(machine)).await.unwrap();
            let deletions = deletions.lock().unwrap();
            let uid = deletions.first().and_then(|body| body.pointer("/preconditions/uid"));
            assert_eq!(uid, Some(&json!("u7")), "{deletions:?}");
        }
    }

    #[tokio::test]
    async fn an_object_that_was_made_anew_meanwhile_is_told() {
        let mock = kubernetes(|call: &Call| match call.method.as_str() {
            "DELETE" => Answer::failure(409, "Conflict", "the UID in the precondition differs"),
            _ => Answer::ok(&json!({"metadata": {"name": "cp1", "uid": "u7"}})),
        });
        let error = mock.delete_node_of("cp1", Some("m1")).await.unwrap_err();
        assert_eq!(error.details.notes, ["it was made anew in this moment"]);
        assert_eq!(error.details.advice.as_deref(), Some(AGAIN));
    }

    #[test]
    fn what_may_pass_is_told_from_what_lasts() {
        let answered = |code| {
            let status = kube::core::Status { code, ..kube::core::Status::default() };
            may_pass(&api_error("label node cp1", kube::Error::Api(Box::new(status))))
        };
        assert!(answered(503) && answered(429));
        assert!(!answered(403) && !answered(409));
        assert!(!may_pass(&OperateError::new("label node cp1", ErrorKind::Goal)));
    }

    #[tokio::test]
    async fn a_machine_that_took_over_the_name_keeps_its_node() {
        let (mock, deletions) = cluster("True");
        let error = mock.delete_node_of("cp1", Some("m1")).await.unwrap_err();
        assert_eq!(error.details.notes, ["it is another machine's by now (machine id m2)"]);
        assert!(deletions.lock().unwrap().is_empty());
    }
}
