//! Writes what of a node object is ours: labels, annotations, taints.

use crate::error::{ErrorKind, OperateError};
use crate::kubernetes::{Kubernetes, api_error};
use cluster::intent::{Registration, Taint};
use cluster::membership::Role;
use cluster::membership::metadata::{self, FIELD_MANAGER};
use k8s_openapi::api::core::v1::Node;
use kube::Api;
use kube::api::{Patch, PatchParams};
use serde_json::json;

/// How often a write is tried that another writer of the node gets ahead of.
const ATTEMPTS: u32 = 5;

impl Kubernetes {
    /// Labels and annotations by server-side apply, taints by a patch that fails when somebody
    /// else was faster; then requires that the node has them.
    ///
    /// Taints go first: the annotation that tells which of them are ours goes with the labels, and
    /// is needed while former ones are still to be removed.
    pub(crate) async fn apply_metadata(
        &self,
        node: &str,
        role: Role,
        wanted: &Registration,
    ) -> Result<(), OperateError> {
        self.apply_taints(node, role, wanted.taints.as_deref()).await?;
        self.apply_labels(node, wanted).await?;
        self.require_metadata(node, role, wanted).await
    }

    async fn apply_labels(&self, node: &str, wanted: &Registration) -> Result<(), OperateError> {
        let document = metadata::apply_document(node, wanted);
        let parameters = PatchParams::apply(FIELD_MANAGER).force();
        let applied = self.node_api().patch(node, &parameters, &Patch::Apply(&document)).await;
        applied.map(drop).map_err(|error| api_error(format!("label node {node}"), error))
    }

    async fn apply_taints(
        &self,
        node: &str,
        role: Role,
        wanted: Option<&[Taint]>,
    ) -> Result<(), OperateError> {
        let told = |error| api_error(format!("taint node {node}"), error);
        for _ in 1..ATTEMPTS {
            match self.try_taints(node, role, wanted).await {
                Err(kube::Error::Api(status)) if status.code == 409 => {}
                result => return result.map_err(told),
            }
        }
        self.try_taints(node, role, wanted).await.map_err(told)
    }

    async fn try_taints(
        &self,
        name: &str,
        role: Role,
        wanted: Option<&[Taint]>,
    ) -> Result<(), kube::Error> {
        let nodes = self.node_api();
        let node = nodes.get(name).await?;
        let Some(taints) = metadata::merged_taints(&node, role, wanted) else { return Ok(()) };
        let patch = json!({
            "metadata": {"resourceVersion": node.metadata.resource_version},
            "spec": {"taints": taints},
        });
        let parameters =
            PatchParams { field_manager: Some(FIELD_MANAGER.to_owned()), ..PatchParams::default() };
        nodes.patch(name, &parameters, &Patch::Merge(&patch)).await.map(drop)
    }

    async fn require_metadata(
        &self,
        name: &str,
        role: Role,
        wanted: &Registration,
    ) -> Result<(), OperateError> {
        let intent = format!("label and taint node {name}");
        let Some(node) = self.node(name).await? else {
            return Err(OperateError::new(intent, ErrorKind::Goal).note("the node object is gone"));
        };
        let found = metadata::found(&node, wanted);
        let taints = metadata::merged_taints(&node, role, wanted.taints.as_deref());
        if found.labels == wanted.labels
            && found.annotations == wanted.annotations
            && taints.is_none()
        {
            return Ok(());
        }
        let error = OperateError::new(intent, ErrorKind::Goal);
        Err(error
            .note("something else on the cluster changes them back")
            .note(format!("found: {found:?}")))
    }

    fn node_api(&self) -> Api<Node> {
        Api::all(self.client.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kubernetes::mock::{Answer, Call, kubernetes};
    use cluster::intent::TaintEffect;
    use serde_json::Value;
    use std::sync::{Arc, Mutex};

    fn wanted() -> Registration {
        Registration {
            labels: [("tier".to_owned(), "db".to_owned())].into(),
            taints: Some(vec![Taint {
                key: "gpu".to_owned(),
                value: None,
                effect: TaintEffect::NoSchedule,
            }]),
            ..Registration::default()
        }
    }

    /// A node that takes what is applied, after `conflicts` writes of somebody else.
    fn cluster(conflicts: usize) -> (Kubernetes, Arc<Mutex<Vec<String>>>) {
        let node = Mutex::new(
            json!({"metadata": {"name": "w1", "resourceVersion": "7", "labels": {}}, "spec": {}}),
        );
        let calls = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&calls);
        let mock = kubernetes(move |call: &Call| {
            let (mut node, mut calls) = (node.lock().unwrap(), seen.lock().unwrap());
            if call.method == "PATCH" {
                let tries = calls.len();
                calls.push(call.query.clone());
                if tries < conflicts {
                    return Answer::failure(409, "Conflict", "modified");
                }
                take(&mut node, &call.body);
            }
            Answer::ok(&node)
        });
        (mock, calls)
    }

    fn take(node: &mut Value, patch: &Value) {
        for pointer in ["/metadata/labels", "/metadata/annotations", "/spec/taints"] {
            if let Some(value) = patch.pointer(pointer) {
                let (parent, key) = pointer.rsplit_once('/').unwrap();
                node.pointer_mut(parent).unwrap()[key] = value.clone();
            }
        }
    }

    #[tokio::test]
    async fn conflicts_of_taints_are_tried_again() {
        let (mock, calls) = cluster(2);
        mock.apply_metadata("w1", Role::Worker, &wanted()).await.unwrap();
        let calls = calls.lock().unwrap();
        assert_eq!(calls.len(), 4, "{calls:?}");
        assert!(
            calls.last().unwrap().contains("force=true&fieldManager=terraform-kubeadm"),
            "{calls:?}"
        );
    }

    #[tokio::test]
    async fn endless_conflicts_are_an_error() {
        let (mock, _) = cluster(100);
        let error = mock.apply_metadata("w1", Role::Worker, &wanted()).await.unwrap_err();
        assert_eq!(error.details.notes, ["the API answered 409 Conflict: modified"]);
    }

    #[tokio::test]
    async fn a_node_that_does_not_keep_them_is_an_error() {
        let mock = kubernetes(|_| Answer::ok(&json!({"metadata": {"name": "w1"}})));
        let error = mock.apply_metadata("w1", Role::Worker, &wanted()).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Goal);
    }
}
