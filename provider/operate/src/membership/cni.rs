//! The pod network: what the provider calls.

use super::departure::Departed;
use super::objects::{Change, ObjectState};
use super::subject::summary;
use super::wait::{Look, Wait};
use super::ways::{WayOut, Ways};
use crate::Operator;
use crate::error::{ErrorKind, OperateError};
use crate::kubernetes::{Kubernetes, api_error, passes};
use cluster::Finding;
use cluster::flannel::{
    CONFIG_MAP, DAEMON_SET, NAMESPACE, NETWORK_UP_REASON, Object, flannel_found, flannel_objects,
    too_large,
};
use cluster::intent::{CniIntent, FlannelIntent, NodeReference};
use cluster::membership::Refusal;
use cluster::membership::api::Readiness;
use cluster::membership::node_object::{daemon_set_ready, network_serves, readiness};
use futures::future::join_all;
use k8s_openapi::api::apps::v1::DaemonSet;
use k8s_openapi::api::core::v1::{ConfigMap, Node, Pod};
use kube::Api;
use kube::api::ListParams;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Longest time until the network is up on every node: images are pulled.
const UP: Duration = Duration::from_mins(10);

/// The pod network as it was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CniFound {
    /// The state of each object, by `Kind/namespace/name`.
    pub objects: BTreeMap<String, ObjectState>,
}

impl CniFound {
    /// Whether nothing of the network is left.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        self.objects.values().all(|state| *state == ObjectState::Missing)
    }
}

impl Operator {
    /// Applies the network's objects and waits until it is up on every node.
    ///
    /// # Errors
    /// When the API refuses an object, or a node does not become ready; the next call goes on.
    pub async fn apply_cni(
        &self,
        intent: &CniIntent,
        cancel: &CancellationToken,
    ) -> Result<CniFound, OperateError> {
        let what = format!("set up the pod network of cluster {}", intent.cluster.name);
        let applied = async {
            self.require_mtu(intent, cancel).await?;
            let kubernetes = self.kubernetes(ways(intent), cancel).await?;
            for object in objects(intent)? {
                kubernetes.apply(&object, Change::ForGood).await?;
            }
            network_up(&kubernetes, cancel).await?;
            self.read_cni(intent, cancel).await
        };
        applied.await.map_err(|error: OperateError| error.while_doing(what))
    }

    /// Refuses packets that do not fit on a control plane host's interface; a silent host says nothing of it.
    async fn require_mtu(
        &self,
        intent: &CniIntent,
        cancel: &CancellationToken,
    ) -> Result<(), OperateError> {
        let hosts = ways(intent).hosts;
        let looks = hosts.iter().map(|node| async move {
            let observed = self.looking().observe_node(node, cancel).await.ok()?;
            too_large(&intent.flannel, &node.name, &observed)
        });
        let told: Vec<Finding> = join_all(looks).await.into_iter().flatten().collect();
        if told.is_empty() { Ok(()) } else { Err(OperateError::refused("begin", told)) }
    }

    /// Settings of the flannel that a cluster has, whoever installed it; `None` where there is none.
    /// Changes nothing.
    ///
    /// # Errors
    /// When no API server answers, or it is a flannel that no intent can describe.
    pub async fn find_flannel(
        &self,
        hosts: &[NodeReference],
        cancel: &CancellationToken,
    ) -> Result<Option<FlannelIntent>, OperateError> {
        const INTENT: &str = "find the pod network";
        let kubernetes = self.kubernetes(Ways { cluster_id: None, hosts }, cancel).await?;
        let client = &kubernetes.client;
        let maps = Api::<ConfigMap>::namespaced(client.clone(), NAMESPACE);
        let sets = Api::<DaemonSet>::namespaced(client.clone(), NAMESPACE);
        let map = maps.get_opt(CONFIG_MAP).await.map_err(|error| api_error(INTENT, error))?;
        let set = sets.get_opt(DAEMON_SET).await.map_err(|error| api_error(INTENT, error))?;
        let Some((map, set)) = map.zip(set) else { return Ok(None) };
        let found = flannel_found(&map, &set);
        let refused = |refusal: Refusal| OperateError::refused(INTENT, vec![refusal.into()]);
        found.map(Some).map_err(refused)
    }

    /// What is found of the network's objects. Changes nothing: differences are found by asking
    /// the API what applying them would change.
    ///
    /// # Errors
    /// When no API server answers.
    pub async fn read_cni(
        &self,
        intent: &CniIntent,
        cancel: &CancellationToken,
    ) -> Result<CniFound, OperateError> {
        let Some(kubernetes) = self.kubernetes_unless_gone(ways(intent), cancel).await? else {
            let missing =
                objects(intent)?.into_iter().map(|object| (object.key(), ObjectState::Missing));
            return Ok(CniFound { objects: missing.collect() });
        };
        let mut found = CniFound::default();
        for object in objects(intent)? {
            let state = kubernetes.compare(&object).await?;
            found.objects.insert(object.key(), state);
        }
        Ok(found)
    }

    /// Deletes the network's objects in reverse order and waits until they are gone. Where no API
    /// server answers, nor can be woken, they are left in the cluster.
    ///
    /// # Errors
    /// When the API refuses, or a control plane host does not let us in.
    pub async fn delete_cni(
        &self,
        intent: &CniIntent,
        cancel: &CancellationToken,
    ) -> Result<Departed, OperateError> {
        let what = format!("remove the pod network of cluster {}", intent.cluster.name);
        let deleted = async {
            let objects = objects(intent)?;
            let left = match self.kubernetes_to_leave(ways(intent), cancel).await? {
                WayOut::Gone => vec![cluster_gone(intent)],
                WayOut::Silent(reason) => vec![network_left(intent, &objects, &reason)],
                WayOut::Api(kubernetes) => {
                    for object in objects.iter().rev() {
                        kubernetes.delete(object, cancel).await?;
                    }
                    Vec::new()
                }
            };
            Ok(Departed { warnings: left })
        };
        deleted.await.map_err(|error: OperateError| error.while_doing(what))
    }
}

fn ways(intent: &CniIntent) -> Ways<'_> {
    Ways { cluster_id: Some(&intent.cluster.id), hosts: &intent.control_plane }
}

fn cluster_gone(intent: &CniIntent) -> Finding {
    Finding::warning(
        "PW-CLUSTER-GONE",
        format!("the pod network of cluster {} went with it", intent.cluster.name),
    )
    .because("no control plane host carries the cluster any more")
}

fn network_left(intent: &CniIntent, objects: &[Object], reason: &str) -> Finding {
    let what = format!("the pod network was left in cluster {}", intent.cluster.name);
    let keys: Vec<String> = objects.iter().rev().map(Object::key).collect();
    Finding::warning("PW-API-SILENT", what)
        .because(format!("no API server of the cluster answered: {reason}"))
        .advise(format!(
            "if the cluster comes back, and is to go on without it, delete these with kubectl: {}",
            keys.join(", ")
        ))
}

fn objects(intent: &CniIntent) -> Result<Vec<Object>, OperateError> {
    flannel_objects(intent).map_err(|error| {
        OperateError::new("build flannel's objects", ErrorKind::Configuration)
            .advise("set networking.pod_subnet of kubeadm_cluster")
            .caused_by(error)
    })
}

async fn network_up(
    kubernetes: &Kubernetes,
    cancel: &CancellationToken,
) -> Result<(), OperateError> {
    let wait = Wait { what: "the pod network to be up on every node", limit: UP, cancel };
    wait.until(|| async {
        match look(kubernetes).await {
            Ok(look) => Ok(look),
            Err(error) if error.is_cancelled() => Err(error),
            Err(error) => Ok(Look::NotYet(summary(&error))),
        }
    })
    .await
    .map_err(explained)
}

async fn look(kubernetes: &Kubernetes) -> Result<Look<()>, OperateError> {
    let nodes = kubernetes.nodes().await?;
    let sets = Api::<DaemonSet>::namespaced(kubernetes.client.clone(), NAMESPACE);
    let set = sets
        .get_opt(DAEMON_SET)
        .await
        .map_err(|error| api_error("read flannel's daemon set", error))?;
    let waiting: Vec<String> = nodes.iter().filter_map(unready).collect();
    if set.is_some_and(|set| daemon_set_ready(&set, &nodes)) && waiting.is_empty() {
        return Ok(Look::Met(()));
    }
    let pods = Api::<Pod>::namespaced(kubernetes.client.clone(), NAMESPACE);
    let seen = match pods.list(&ListParams::default()).await {
        Ok(pods) => pods.items.iter().flat_map(complaints).collect(),
        Err(error) if passes(&error) => Vec::new(),
        Err(error) => return Err(api_error("list flannel's pods", error)),
    };
    Ok(Look::NotYet([waiting, seen].concat().join("; ")))
}

/// A silent machine holds nothing up.
fn unready(node: &Node) -> Option<String> {
    let name = node.metadata.name.as_deref().unwrap_or_default();
    match readiness(node) {
        Readiness::Unknown => None,
        Readiness::Ready if network_serves(node, NETWORK_UP_REASON) => None,
        Readiness::Ready => Some(format!("node {name} is not served by flannel yet")),
        Readiness::AwaitsNetwork => Some(format!("node {name} waits for the network")),
        Readiness::NotReady(reason) => Some(format!("node {name}: {reason}")),
    }
}

/// What the containers of a pod wait for, or died of.
fn complaints(pod: &Pod) -> Vec<String> {
    let name = pod.metadata.name.as_deref().unwrap_or_default();
    let Some(status) = &pod.status else { return Vec::new() };
    let containers =
        status.init_container_statuses.iter().chain(&status.container_statuses).flatten();
    let complaint = |container: &k8s_openapi::api::core::v1::ContainerStatus| {
        let waiting = container.state.as_ref()?.waiting.as_ref()?;
        let reason = waiting.reason.as_deref().filter(|reason| *reason != "PodInitializing")?;
        let last = container
            .last_state
            .as_ref()
            .and_then(|state| state.terminated.as_ref()?.message.clone());
        let message = waiting.message.clone().or(last).unwrap_or_default();
        Some(format!("pod {name}, container {}: {reason} {message}", container.name))
    };
    containers.filter_map(complaint).collect()
}

/// The causes that the classifier knows are in what was seen last.
fn explained(error: OperateError) -> OperateError {
    let seen = error.details.notes.join("\n");
    super::evidence::attach(error, &super::evidence::Remains::default(), &seen)
}
