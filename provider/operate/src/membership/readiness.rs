//! The wait for a node to be ready.

use super::subject::{Subject, summary};
use super::wait::{Look, Wait};
use crate::error::OperateError;
use cluster::membership::api::Readiness;
use cluster::membership::node_object::{network_exists, readiness};
use k8s_openapi::api::core::v1::Node;
use std::time::Duration;

/// Longest time until a registered node is ready.
const READINESS: Duration = Duration::from_mins(5);

impl Subject<'_> {
    /// Waits until the node is ready, or as ready as it can be while pods have no network.
    pub(crate) async fn await_ready(&self) -> Result<(), OperateError> {
        let wait = Wait { what: "the node to be ready", limit: READINESS, cancel: self.cancel };
        wait.until(|| async {
            let kubernetes = match self.answering().await? {
                Ok(kubernetes) => kubernetes,
                Err(reason) => return Ok(Look::NotYet(reason)),
            };
            let nodes = match kubernetes.nodes().await {
                Ok(nodes) => nodes,
                Err(error) => return Ok(Look::NotYet(summary(&error))),
            };
            Ok(readiness_of(self.name(), &nodes))
        })
        .await
    }
}

fn readiness_of(name: &str, nodes: &[Node]) -> Look<()> {
    let named = |node: &&Node| node.metadata.name.as_deref() == Some(name);
    let Some(node) = nodes.iter().find(named) else {
        return Look::NotYet("there is no node object".to_owned());
    };
    let others = nodes.iter().filter(|node| !named(node));
    match readiness(node) {
        Readiness::Ready => Look::Met(()),
        Readiness::AwaitsNetwork if !network_exists(others) => Look::Met(()),
        Readiness::AwaitsNetwork => {
            Look::NotYet("its pod network is not up: cni plugin not initialized".to_owned())
        }
        Readiness::NotReady(reason) => Look::NotYet(reason),
        Readiness::Unknown => Look::NotYet("its kubelet has not reported".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const NO_NETWORK: &str = "container runtime network not ready: NetworkReady=false \
                              reason:NetworkPluginNotReady message:cni plugin not initialized";

    fn node(name: &str, status: &str, message: &str) -> Node {
        let ready = json!({"type": "Ready", "status": status, "message": message});
        serde_json::from_value(json!({
            "metadata": {"name": name},
            "status": {"conditions": [ready]},
        }))
        .unwrap()
    }

    fn is_met(nodes: &[Node]) -> bool {
        matches!(readiness_of("w1", nodes), Look::Met(()))
    }

    #[test]
    fn a_network_is_waited_for_where_others_have_one() {
        let new = node("w1", "False", NO_NETWORK);
        assert!(is_met(&[node("w1", "True", "")]));
        assert!(is_met(&[node("cp1", "False", NO_NETWORK), new.clone()]));
        assert!(!is_met(&[node("cp1", "True", ""), new]));
        assert!(!is_met(&[node("w1", "False", "PLEG is not healthy")]));
        assert!(!is_met(&[node("cp1", "True", "")]), "it has not registered");
    }
}
