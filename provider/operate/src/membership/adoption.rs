//! A cluster that somebody else made: found, and taken over as it is.

use super::subject::Subject;
use super::ways::Ways;
use crate::Operator;
use crate::error::OperateError;
use crate::kubernetes::{Kubernetes, api_error};
use crate::site::Site;
use cluster::adoption::{ClusterDocuments, adopted, is_member};
use cluster::intent::{ClusterIntent, MembershipIntent, NodeReference};
use cluster::membership::Refusal;
use cluster::membership::addresses::Addresses;
use cluster::membership::member::Purpose;
use cluster::membership::node_object::internal_ip;
use cluster::observed::Observed;
use cluster::shared::SharedObject;
use cluster::static_pod::Component;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::Api;
use std::net::IpAddr;
use tokio_util::sync::CancellationToken;

const SYSTEM: &str = "kube-system";

/// A cluster as it was found.
#[derive(Clone, Debug, PartialEq)]
pub struct ClusterFound {
    /// The intent that would have made it.
    pub intent: ClusterIntent,
    /// Hash of its CA, `sha256:HEX`.
    pub ca_hash: String,
}

impl Operator {
    /// The cluster that control plane `hosts` are in, whoever made it. Changes nothing.
    ///
    /// # Errors
    /// When one of the hosts does not answer or is in no control plane, when they are in different
    /// clusters, no API server answers, or the cluster is one that no intent can describe.
    pub async fn find_cluster(
        &self,
        hosts: &[NodeReference],
        cancel: &CancellationToken,
    ) -> Result<ClusterFound, OperateError> {
        let found = async {
            let kubernetes = self.kubernetes(Ways { cluster_id: None, hosts }, cancel).await?;
            let mut addresses = Vec::new();
            for host in hosts {
                let site = Site::new(self, host, cancel)?;
                let (of, ca_hash) = (&kubernetes.node.name, &kubernetes.ca_hash());
                is_member(&host.name, &site.state().await?, of, ca_hash)
                    .map_err(|refusal| site.refused(refusal))?;
                addresses.push(host.address.clone());
                addresses.extend(local_addresses(&*site.observe().await?));
            }
            let documents = kubernetes.documents().await?;
            let intent = adopted(&documents, hosts.to_vec(), &addresses).map_err(refused)?;
            Ok(ClusterFound { intent, ca_hash: kubernetes.ca_hash() })
        };
        let found: Result<_, OperateError> = Box::pin(found).await;
        found.map_err(|error| error.while_doing("find the cluster"))
    }
}

fn refused(refusal: Refusal) -> OperateError {
    OperateError::refused("find the cluster", vec![refusal.into()])
}

fn local_addresses(observed: &Observed) -> Vec<String> {
    let addresses = observed.network.addresses.known().map(Vec::as_slice).unwrap_or_default();
    let all = addresses.iter().map(|address| address.address.addr());
    all.filter(|address| !address.is_loopback()).map(|address| address.to_string()).collect()
}

impl Kubernetes {
    /// What the cluster tells of itself.
    async fn documents(&self) -> Result<ClusterDocuments, OperateError> {
        let cluster = self.document(SharedObject::KubeadmConfig).await?;
        Ok(ClusterDocuments {
            cluster: cluster.unwrap_or_default(),
            kubelet: self.document(SharedObject::KubeletConfig).await?.unwrap_or_default(),
            kube_proxy: self.document(SharedObject::KubeProxy).await?,
            has_dns: self.config_map("coredns").await?.is_some(),
            server: self.credentials.server.clone(),
        })
    }

    /// The document that members share, as it stands in the API; `None` where its object is missing.
    pub(super) async fn document(
        &self,
        object: SharedObject,
    ) -> Result<Option<String>, OperateError> {
        let map = self.config_map(object.name()).await?;
        let text = |map: ConfigMap| map.data?.remove(object.key());
        Ok(map.map(|map| text(map).unwrap_or_default()))
    }

    async fn config_map(&self, name: &str) -> Result<Option<ConfigMap>, OperateError> {
        let maps = Api::<ConfigMap>::namespaced(self.client.clone(), SYSTEM);
        let found = maps.get_opt(name).await;
        found.map_err(|error| api_error(format!("read {SYSTEM}/{name}"), error))
    }
}

impl Subject<'_> {
    /// Requires of a host that somebody else put into the cluster that it keeps its addresses there.
    pub(super) async fn require_same_addresses(
        &self,
        purpose: Purpose,
    ) -> Result<(), OperateError> {
        let state = self.state().await?;
        if purpose == Purpose::Create || state.claim.is_some() || !state.carries_cluster() {
            return Ok(());
        }
        let addresses = self.cluster_addresses().await?;
        addresses.kept(self.name()).map_err(|refusal| self.refused(refusal))
    }

    async fn cluster_addresses(&self) -> Result<Addresses, OperateError> {
        let node = self.kubernetes().await?.node(self.name()).await?;
        let pods = &self.observe().await?.kubernetes.static_pods;
        let api_server = pods.get(&Component::KubeApiserver).and_then(|pod| pod.known());
        let announced = api_server.and_then(|pod| pod.arguments.last("advertise-address"));
        let arguments = self.kubelet_arguments().await?;
        let local = self.context().await?.local_addresses;
        Ok(Addresses {
            node: node.as_ref().and_then(internal_ip).as_deref().and_then(address),
            wanted_node: arguments.last("node-ip").and_then(address),
            api_server: announced.and_then(address),
            wanted_api_server: match self.intent {
                MembershipIntent::Member(member) => member.advertised(&local),
                MembershipIntent::Worker(_) => None,
            },
        })
    }
}

fn address(text: &str) -> Option<IpAddr> {
    text.parse().ok()
}
