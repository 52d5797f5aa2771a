//! What the cluster's API says, gathered for the planners.

use crate::error::OperateError;
use crate::kubernetes::{Kubernetes, api_error};
use cluster::intent::{Addon, ClusterIntent};
use cluster::membership::api::{ApiState, Bootstrap};
use cluster::membership::node_object::{is_control_plane, node_state};
use k8s_openapi::api::apps::v1::{DaemonSet, Deployment};
use k8s_openapi::api::core::v1::{ConfigMap, Node};
use kube::Api;
use kube::api::ListParams;
use kube::core::NamespaceResourceScope;
use serde::de::DeserializeOwned;

const SYSTEM: &str = "kube-system";

impl Kubernetes {
    /// Everything a plan needs to know, with respect to the host `name`.
    pub(crate) async fn facts(
        &self,
        name: &str,
        intent: &ClusterIntent,
    ) -> Result<ApiState, OperateError> {
        let nodes = self.nodes().await?;
        let (mine, others): (Vec<Node>, Vec<Node>) =
            nodes.into_iter().partition(|node| node.metadata.name.as_deref() == Some(name));
        let mine = mine.into_iter().next();
        let labelled =
            mine.as_ref().is_some_and(is_control_plane) || others.iter().any(is_control_plane);
        let bootstrap = if labelled && self.has_all_objects(intent).await? {
            Bootstrap::Finished
        } else {
            Bootstrap::Unfinished
        };
        let members: Vec<&Node> = others.iter().filter(|node| is_control_plane(node)).collect();
        let serving = members.iter().copied().filter(|node| node_state(node).serves());
        let (other_members, serving_members) = (names(members.iter().copied()), names(serving));
        Ok(ApiState {
            ca_hash: self.ca_hash(),
            bootstrap,
            node: mine.as_ref().map(node_state),
            other_nodes: names(&others),
            other_members,
            serving_members,
        })
    }

    /// All nodes of the cluster.
    pub(crate) async fn nodes(&self) -> Result<Vec<Node>, OperateError> {
        let nodes = Api::<Node>::all(self.client.clone());
        let list = nodes.list(&ListParams::default()).await;
        Ok(list.map_err(|error| api_error("list the cluster's nodes", error))?.items)
    }

    /// One node, if it exists.
    pub(crate) async fn node(&self, name: &str) -> Result<Option<Node>, OperateError> {
        let nodes = Api::<Node>::all(self.client.clone());
        nodes.get_opt(name).await.map_err(|error| api_error(format!("read node {name}"), error))
    }

    /// What the last phases of `kubeadm init` make.
    async fn has_all_objects(&self, intent: &ClusterIntent) -> Result<bool, OperateError> {
        let dns = intent.dns.addon == Addon::Enabled;
        let proxy = intent.proxy == Addon::Enabled;
        let (kubeadm, kubelet, info, dns, proxy) = tokio::try_join!(
            self.has::<ConfigMap>(SYSTEM, "kubeadm-config"),
            self.has::<ConfigMap>(SYSTEM, "kubelet-config"),
            self.has::<ConfigMap>("kube-public", "cluster-info"),
            async { Ok(!dns || self.has::<Deployment>(SYSTEM, "coredns").await?) },
            async { Ok(!proxy || self.has::<DaemonSet>(SYSTEM, "kube-proxy").await?) },
        )?;
        Ok(kubeadm && kubelet && info && dns && proxy)
    }

    async fn has<K>(&self, namespace: &str, name: &str) -> Result<bool, OperateError>
    where
        K: kube::Resource<Scope = NamespaceResourceScope, DynamicType = ()>,
        K: Clone + DeserializeOwned + std::fmt::Debug,
    {
        let objects = Api::<K>::namespaced(self.client.clone(), namespace);
        let found = objects.get_metadata_opt(name).await;
        Ok(found
            .map_err(|error| api_error(format!("look for {namespace}/{name}"), error))?
            .is_some())
    }
}

fn names<'n>(nodes: impl IntoIterator<Item = &'n Node>) -> Vec<String> {
    nodes.into_iter().filter_map(|node| node.metadata.name.clone()).collect()
}
