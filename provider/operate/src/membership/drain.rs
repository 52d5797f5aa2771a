//! Empties a node before it goes.

use super::subject::Subject;
use super::wait::{Look, Wait};
use crate::error::OperateError;
use crate::kubernetes::{Kubernetes, api_error, is_gone, passes};
use cluster::intent::{DrainMode, DrainPolicy};
use cluster::membership::Refusal;
use cluster::membership::api::Readiness;
use cluster::membership::drain::{is_unmanaged, must_leave, pod_name};
use cluster::membership::metadata::FIELD_MANAGER;
use cluster::membership::node_object::readiness;
use k8s_openapi::api::core::v1::{Node, Pod};
use kube::Api;
use kube::api::{DeleteParams, EvictParams, ListParams, Patch, PatchParams};
use kube::core::Status;
use serde_json::json;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// With `force`, pods that a disruption budget still holds are deleted when so much of the time
/// is left.
const LAST_RESORT: u32 = 4;

impl Subject<'_> {
    /// Cordons the node and moves its pods away, within the policy's time.
    pub(crate) async fn drain(&self) -> Result<(), OperateError> {
        let kubernetes = self.kubernetes().await?;
        kubernetes.drain(self.name(), self.intent.drain(), self.cancel).await
    }
}

impl Kubernetes {
    pub(super) async fn drain(
        &self,
        node: &str,
        policy: DrainPolicy,
        cancel: &CancellationToken,
    ) -> Result<(), OperateError> {
        if policy.mode == DrainMode::Evict {
            self.none_unmanaged(node).await?;
        }
        self.cordon(node).await?;
        let forced_from = Instant::now() + policy.timeout - policy.timeout / LAST_RESORT;
        let wait = Wait { what: "the node's pods to leave", limit: policy.timeout, cancel };
        let drained = wait.until(|| async {
            let force = policy.mode == DrainMode::Force && Instant::now() >= forced_from;
            let how = if force { Expulsion::Delete } else { Expulsion::Evict };
            self.expel_all(node, how).await
        });
        drained.await.map_err(|error| error.advise(advice(node)))
    }

    /// Pods that nothing would make again are the user's to give up, and nothing is touched before.
    async fn none_unmanaged(&self, node: &str) -> Result<(), OperateError> {
        const INTENT: &str = "list the node's pods";
        let pods = self.pods_on(node).await.map_err(|error| api_error(INTENT, error))?;
        let unmanaged: Vec<_> = pods.iter().filter(|pod| is_unmanaged(pod)).map(pod_name).collect();
        if unmanaged.is_empty() {
            return Ok(());
        }
        let refusal = Refusal::new(
            "PF-UNMANAGED-PODS",
            format!(
                "node {node} has pods without a controller, which nothing would start again elsewhere: {}",
                unmanaged.join(", ")
            ),
            "nothing was changed; delete those pods, or set drain.policy to \"force\" and apply that, then remove the node again",
        );
        Err(OperateError::refused(format!("drain node {node}"), vec![refusal.into()]))
    }

    /// Tells every pod to leave; met when none is left, or when the kubelet has fallen silent, as
    /// that of a machine which died a moment ago: its pods end with the node.
    async fn expel_all(&self, node: &str, how: Expulsion) -> Result<Look<()>, OperateError> {
        let pods = match self.pods_on(node).await {
            Ok(pods) if pods.is_empty() => return Ok(Look::Met(())),
            Ok(pods) => pods,
            Err(error) if passes(&error) => return Ok(Look::NotYet(error.to_string())),
            Err(error) => return Err(api_error("list the node's pods", error)),
        };
        if self.is_silent(node).await {
            tracing::info!(node, "its kubelet is silent, so that no pod can end by eviction");
            return Ok(Look::Met(()));
        }
        let mut held = Vec::new();
        for pod in &pods {
            held.extend(self.expel(pod, how).await?);
        }
        Ok(Look::NotYet(remaining(&pods, &held)))
    }

    async fn is_silent(&self, node: &str) -> bool {
        let found = self.node(node).await;
        found.is_ok_and(|node| node.is_some_and(|node| readiness(&node) == Readiness::Unknown))
    }

    /// Deletes what the API still has of pods on a node that is no more, as the cluster itself does
    /// a minute later: until then whoever waits for a daemon set to go waits for them.
    pub(crate) async fn collect_pods(&self, node: &str) -> Result<(), kube::Error> {
        let pods = Api::<Pod>::all(self.client.clone());
        let selected = ListParams::default().fields(&format!("spec.nodeName={node}"));
        for pod in pods.list(&selected).await?.items {
            let namespace = pod.metadata.namespace.as_deref().unwrap_or("default");
            let pods = Api::<Pod>::namespaced(self.client.clone(), namespace);
            match pods
                .delete(
                    pod.metadata.name.as_deref().unwrap_or_default(),
                    &DeleteParams::default().grace_period(0),
                )
                .await
            {
                Ok(_) => {}
                Err(error) if is_gone(&error) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    async fn cordon(&self, node: &str) -> Result<(), OperateError> {
        let nodes = Api::<Node>::all(self.client.clone());
        let parameters =
            PatchParams { field_manager: Some(FIELD_MANAGER.to_owned()), ..PatchParams::default() };
        let patch = Patch::Merge(json!({"spec": {"unschedulable": true}}));
        let cordoned = nodes.patch(node, &parameters, &patch).await;
        cordoned.map(drop).map_err(|error| api_error(format!("cordon node {node}"), error))
    }

    async fn pods_on(&self, node: &str) -> Result<Vec<Pod>, kube::Error> {
        let pods = Api::<Pod>::all(self.client.clone());
        let selected = ListParams::default().fields(&format!("spec.nodeName={node}"));
        Ok(pods.list(&selected).await?.items.into_iter().filter(must_leave).collect())
    }

    /// Tells a pod to leave, once; the reason when it may not yet.
    async fn expel(&self, pod: &Pod, how: Expulsion) -> Result<Option<String>, OperateError> {
        if pod.metadata.deletion_timestamp.is_some() {
            return Ok(None);
        }
        let name = pod.metadata.name.as_deref().unwrap_or_default();
        let namespace = pod.metadata.namespace.as_deref().unwrap_or("default");
        let pods = Api::<Pod>::namespaced(self.client.clone(), namespace);
        let told = match how {
            Expulsion::Evict => pods.evict(name, &EvictParams::default()).await.map(drop),
            Expulsion::Delete => pods.delete(name, &DeleteParams::default()).await.map(drop),
        };
        match told {
            Ok(()) => Ok(None),
            Err(error) if is_gone(&error) => Ok(None),
            Err(kube::Error::Api(status)) if status.code == 429 => {
                Ok(Some(format!("{}: {}", pod_name(pod), said(&status))))
            }
            Err(error) if passes(&error) => Ok(Some(format!("{}: {error}", pod_name(pod)))),
            Err(error) => Err(api_error(format!("evict pod {}", pod_name(pod)), error)),
        }
    }
}

/// How a pod is made to leave.
#[derive(Clone, Copy)]
enum Expulsion {
    /// By an eviction, which a disruption budget may forbid for a while.
    Evict,
    /// By deletion, whatever a disruption budget says.
    Delete,
}

/// A removal goes by the policy in the state, so that another one has to be applied before.
fn advice(node: &str) -> String {
    format!(
        "the node stays cordoned; free the pods (see their PodDisruptionBudget), then apply again: it goes on from there. To give the pods up, keep the node in the configuration, set its drain.policy to \"force\" or \"skip\", apply that, then remove the node again. If it is to stay, run `kubectl uncordon {node}`"
    )
}

/// What the API says of an eviction it refuses: the budget's name is in a cause only.
pub(super) fn said(status: &Status) -> String {
    let causes = status.details.iter().flat_map(|details| &details.causes);
    let texts: Vec<&str> = [status.message.as_str()]
        .into_iter()
        .chain(causes.map(|cause| cause.message.as_str()))
        .filter(|text| !text.is_empty())
        .collect();
    texts.join(" ")
}

fn remaining(pods: &[Pod], held: &[String]) -> String {
    let names = pods.iter().map(pod_name).collect::<Vec<_>>().join(", ");
    if held.is_empty() { format!("still there: {names}") } else { held.join("; ") }
}
