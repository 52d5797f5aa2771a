//! kube-proxy on all nodes: who has not read its configuration, and restarting those.

use super::wait::{Look, Wait};
use crate::error::OperateError;
use crate::kubernetes::{Kubernetes, api_error, is_gone};
use cluster::membership::kube_proxy::{is_settled_on, outdated};
use k8s_openapi::api::core::v1::{ConfigMap, Pod};
use kube::Api;
use kube::api::{DeleteParams, ListParams};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const SYSTEM: &str = "kube-system";
const NAME: &str = "kube-proxy";

/// Longest time until kube-proxy runs anew on a node.
const RESTART: Duration = Duration::from_mins(5);

/// How many times all nodes are gone through at most: with more of them, several restart at once.
const ROUNDS: usize = 20;

impl Kubernetes {
    /// Pods of kube-proxy that have not read its configuration, by their nodes.
    pub(super) async fn outdated_proxies(&self) -> Result<BTreeMap<String, String>, OperateError> {
        let Some((configuration, pods)) = self.proxies().await? else {
            return Ok(BTreeMap::new());
        };
        Ok(outdated(&configuration, &pods, &self.nodes().await?))
    }

    /// Starts kube-proxy anew where it has not read its configuration, a few nodes at a time.
    ///
    /// The pods are deleted: a mark in their template, as `kubectl rollout restart` makes it, would be
    /// taken out by the next run of kubeadm, which restarts all of them for nothing.
    pub(super) async fn restart_outdated_proxies(
        &self,
        cancel: &CancellationToken,
    ) -> Result<(), OperateError> {
        let outdated: Vec<(String, String)> = self.outdated_proxies().await?.into_iter().collect();
        let at_once = outdated.len().div_ceil(ROUNDS).max(1);
        for some in outdated.chunks(at_once) {
            for (_, pod) in some {
                self.delete_pod(pod).await?;
            }
            for (node, _) in some {
                self.await_proxy(node, cancel).await?;
            }
        }
        Ok(())
    }

    async fn await_proxy(
        &self,
        node: &str,
        cancel: &CancellationToken,
    ) -> Result<(), OperateError> {
        let what = format!("kube-proxy to run anew on {node}");
        let wait = Wait { what: &what, limit: RESTART, cancel };
        wait.until(|| async {
            let Some((configuration, pods)) = self.proxies().await? else {
                return Ok(Look::NotYet("its configuration is missing".to_owned()));
            };
            Ok(if is_settled_on(node, &configuration, &pods, &self.nodes().await?) {
                Look::Met(())
            } else {
                Look::NotYet("it is not ready".to_owned())
            })
        })
        .await
    }

    /// Its configuration and its pods; none where it has no configuration.
    async fn proxies(&self) -> Result<Option<(ConfigMap, Vec<Pod>)>, OperateError> {
        const INTENT: &str = "look at kube-proxy";
        let maps = Api::<ConfigMap>::namespaced(self.client.clone(), SYSTEM);
        let configuration = maps.get_opt(NAME).await.map_err(|error| api_error(INTENT, error))?;
        let Some(configuration) = configuration else { return Ok(None) };
        let labelled = ListParams::default().labels("k8s-app=kube-proxy");
        let pods = self.system_pods().list(&labelled).await;
        let pods = pods.map_err(|error| api_error(INTENT, error))?;
        Ok(Some((configuration, pods.items)))
    }

    async fn delete_pod(&self, name: &str) -> Result<(), OperateError> {
        match self.system_pods().delete(name, &DeleteParams::default()).await {
            Err(error) if is_gone(&error) => Ok(()),
            Err(error) => Err(api_error(format!("restart {SYSTEM}/{name}"), error)),
            Ok(_) => Ok(()),
        }
    }

    pub(super) fn system_pods(&self) -> Api<Pod> {
        Api::namespaced(self.client.clone(), SYSTEM)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kubernetes::mock::{Answer, Call, kubernetes};
    use serde_json::{Value, json};
    use std::sync::{Arc, Mutex};

    const BEFORE: &str = "2026-01-01T00:00:00Z";
    const SINCE: &str = "2026-01-01T00:02:00Z";

    fn pod(node: &str, began: &str) -> Value {
        json!({
            "metadata": {"name": format!("of-{node}"), "creationTimestamp": began},
            "spec": {"nodeName": node, "containers": []},
            "status": {"conditions": [{"type": "Ready", "status": "True"}]},
        })
    }

    fn node(name: &str) -> Value {
        let conditions = json!([{"type": "Ready", "status": "True"}]);
        json!({"metadata": {"name": name}, "status": {"conditions": conditions}})
    }

    /// An API in which a pod that is deleted comes back at once; what was deleted is noted.
    fn cluster(outdated: &[&str], current: &[&str]) -> (Kubernetes, Arc<Mutex<Vec<String>>>) {
        let deleted = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&deleted);
        let all: Vec<String> =
            outdated.iter().chain(current).map(|node| (*node).to_owned()).collect();
        let outdated: Vec<String> = outdated.iter().map(|node| format!("of-{node}")).collect();
        let mock = kubernetes(move |call: &Call| {
            let mut deleted = seen.lock().unwrap();
            let name = call.path.rsplit('/').next().unwrap().to_owned();
            if call.method == "DELETE" {
                deleted.push(name);
                return Answer::ok(&json!({"kind": "Status", "apiVersion": "v1", "metadata": {}}));
            }
            let is_old = |pod: &String| outdated.contains(pod) && !deleted.contains(pod);
            let began = |pod: &String| if is_old(pod) { BEFORE } else { SINCE };
            match name.as_str() {
                "nodes" => Answer::list(&all.iter().map(|name| node(name)).collect::<Vec<_>>()),
                "pods" => {
                    let pods = all.iter().map(|name| pod(name, began(&format!("of-{name}"))));
                    Answer::list(&pods.collect::<Vec<_>>())
                }
                _ => {
                    let managed = json!([{"time": SINCE, "fieldsV1": {"f:data": {}}}]);
                    Answer::ok(&json!({"metadata": {"name": name, "managedFields": managed}}))
                }
            }
        });
        (mock, deleted)
    }

    #[tokio::test(start_paused = true)]
    async fn who_has_read_its_configuration_is_left_alone() {
        let (mock, deleted) = cluster(&["a", "c"], &["b"]);
        assert_eq!(mock.outdated_proxies().await.unwrap().len(), 2);
        mock.restart_outdated_proxies(&CancellationToken::new()).await.unwrap();
        assert_eq!(*deleted.lock().unwrap(), ["of-a", "of-c"]);
        assert!(mock.outdated_proxies().await.unwrap().is_empty());
    }
}
