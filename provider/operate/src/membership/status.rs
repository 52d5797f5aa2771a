//! A look at a whole cluster, and the credentials to look oneself.

use super::health;
use super::ways::Ways;
use crate::Operator;
use crate::error::OperateError;
use crate::kubernetes::{AdminCredentials, Kubernetes, api_error};
use cluster::Finding;
use cluster::endpoint::black_hole;
use cluster::intent::{ClusterIntent, NodeReference};
use cluster::membership::api::Readiness;
use cluster::membership::node_object::{
    internal_ip, kubelet_version, node_state, readiness, roles,
};
use cluster::membership::restarts::{restarts, unsteady};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Node;
use kube::api::ListParams;
use std::collections::BTreeMap;
use tokio_util::sync::CancellationToken;

/// A cluster as it was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClusterStatus {
    /// Its nodes, by name.
    pub nodes: Vec<NodeStatus>,
    /// Components of the control plane and its addons: `ok`, or what is wrong with it.
    pub components: BTreeMap<String, String>,
    /// How often containers of the system's pods were started again, by pod; those that never were are
    /// left out.
    pub restarts: BTreeMap<String, u64>,
    /// Whether the API answers at the cluster's endpoint, by the host from which it was tried: nothing, or
    /// what was said.
    pub endpoint: BTreeMap<String, Option<String>>,
    /// What else is to be said.
    pub remarks: Vec<Finding>,
    /// Version of the API server that answered, without the leading `v`.
    pub api_server_version: String,
    /// Every node is ready and every component is `ok`.
    pub ready: bool,
    /// How many more control plane members may fail before the API stops; none when it cannot be
    /// told.
    pub failure_tolerance: Option<usize>,
}

/// A node as it was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeStatus {
    /// Its name.
    pub name: String,
    /// Roles that its labels give it.
    pub roles: Vec<String>,
    /// It takes pods.
    pub ready: bool,
    /// Version its kubelet reported, without the leading `v`.
    pub kubelet_version: String,
    /// Its address inside the cluster's network.
    pub internal_ip: String,
    /// `True`, `False` or `Unknown` of each condition.
    pub conditions: BTreeMap<String, String>,
    /// No new pods are placed on it.
    pub unschedulable: bool,
    /// Machine id its kubelet reported.
    pub machine_id: String,
    /// Its container runtime with version.
    pub runtime: String,
}

impl Operator {
    /// Nodes, components and versions of a cluster. Changes nothing.
    ///
    /// # Errors
    /// When no API server answers.
    pub async fn cluster_status(
        &self,
        cluster: &ClusterIntent,
        ways: &[NodeReference],
        cancel: &CancellationToken,
    ) -> Result<ClusterStatus, OperateError> {
        let looked = async {
            let kubernetes =
                self.kubernetes(Ways { cluster_id: None, hosts: ways }, cancel).await?;
            let endpoint =
                async { Ok(self.endpoint_seen(&cluster.endpoint, ways, &kubernetes).await) };
            let (mut status, etcd, endpoint) = tokio::try_join!(
                kubernetes.status(),
                self.etcd_sight(cluster, ways, cancel),
                endpoint
            )?;
            let members = status.nodes.iter().filter(|node| node.is_ready_member()).count();
            status.remarks.extend(black_hole(&cluster.endpoint, &endpoint));
            let failure_tolerance = etcd.failure_tolerance(members);
            Ok(ClusterStatus { endpoint, failure_tolerance, ..status })
        };
        looked.await.map_err(|error: OperateError| error.while_doing("look at the cluster"))
    }

    /// The administrator's credentials, as the first control plane host that answers has them.
    ///
    /// # Errors
    /// When no API server answers.
    pub async fn kubeconfig(
        &self,
        ways: &[NodeReference],
        cancel: &CancellationToken,
    ) -> Result<AdminCredentials, OperateError> {
        let kubernetes = self.kubernetes(Ways { cluster_id: None, hosts: ways }, cancel).await;
        let kubernetes =
            kubernetes.map_err(|error| error.while_doing("read the cluster's kubeconfig"))?;
        Ok(kubernetes.credentials.clone())
    }
}

impl Kubernetes {
    async fn status(&self) -> Result<ClusterStatus, OperateError> {
        let mut nodes: Vec<NodeStatus> = self.nodes().await?.iter().map(node_status).collect();
        nodes.sort_by(|one, other| one.name.cmp(&other.name));
        let components = self.components().await?;
        let ready = nodes.iter().all(|node| node.ready)
            && components.values().all(|health| health == health::OK);
        let pods = self.system_pods().list(&ListParams::default()).await;
        let pods = pods.map_err(|error| api_error("look at the system's pods", error))?.items;
        Ok(ClusterStatus {
            nodes,
            components,
            restarts: restarts(&pods),
            endpoint: BTreeMap::new(),
            remarks: Vec::from_iter(unsteady(&pods, Timestamp::now())),
            api_server_version: self.version.clone(),
            ready,
            failure_tolerance: None,
        })
    }
}

impl NodeStatus {
    fn is_ready_member(&self) -> bool {
        self.ready && self.roles.iter().any(|role| role == "control-plane")
    }
}

fn node_status(node: &Node) -> NodeStatus {
    let status = node.status.as_ref();
    let conditions = status.and_then(|status| status.conditions.as_deref()).unwrap_or_default();
    let info = status.and_then(|status| status.node_info.as_ref());
    NodeStatus {
        name: node.metadata.name.clone().unwrap_or_default(),
        roles: roles(node),
        ready: readiness(node) == Readiness::Ready,
        kubelet_version: kubelet_version(node).unwrap_or_default(),
        internal_ip: internal_ip(node).unwrap_or_default(),
        conditions: conditions
            .iter()
            .map(|condition| (condition.type_.clone(), condition.status.clone()))
            .collect(),
        unschedulable: node.spec.as_ref().is_some_and(|spec| spec.unschedulable == Some(true)),
        machine_id: node_state(node).machine_id,
        runtime: info.map(|info| info.container_runtime_version.clone()).unwrap_or_default(),
    }
}
