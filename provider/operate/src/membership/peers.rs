//! What is seen of a control plane before one of its hosts changes.

use super::subject::{Subject, summary};
use crate::error::OperateError;
use crate::site::Site;
use cluster::etcd::Sight;
use cluster::intent::NodeReference;
use cluster::membership::HostState;
use cluster::membership::api::Api;
use cluster::membership::member::Peer;
use futures::future::try_join_all;

/// What is seen of a control plane.
pub(crate) struct Seen {
    /// Its other hosts.
    pub(crate) peers: Vec<Peer>,
    /// Its API.
    pub(crate) api: Api,
    /// Its etcd.
    pub(crate) etcd: Sight,
    /// Addresses by which the host itself may be known to it.
    pub(crate) addresses: Vec<String>,
}

impl Seen {
    /// What a worker sees: neither other hosts nor etcd are its affair.
    pub(crate) fn of_worker(api: Api) -> Self {
        Self { peers: Vec::new(), api, etcd: Sight::External, addresses: Vec::new() }
    }
}

impl Subject<'_> {
    /// Looks at the whole of the control plane.
    pub(crate) async fn see(&self) -> Result<Seen, OperateError> {
        self.see_beside(self.api().await?).await
    }

    /// Looks at everything else.
    pub(crate) async fn see_beside(&self, api: Api) -> Result<Seen, OperateError> {
        let (peers, etcd) = tokio::try_join!(self.peer_states(), self.etcd_sight())?;
        Ok(Seen { peers, api, etcd, addresses: self.addresses().await })
    }

    /// Looks at no more than the API, where nothing depends on the rest.
    pub(crate) async fn see_api(&self) -> Result<Seen, OperateError> {
        let etcd = Sight::Silent("it was not asked".to_owned());
        Ok(Seen { peers: Vec::new(), api: self.api().await?, etcd, addresses: Vec::new() })
    }

    /// Waits for the runs of kubeadm that an interrupted apply left behind on the other hosts: one
    /// that has only begun to initialize a cluster has left no trace of it yet.
    pub(crate) async fn settle_peers(&self) -> Result<(), OperateError> {
        let peers = self.peers();
        let settled = peers.iter().map(|peer| self.settle_peer(peer));
        try_join_all(settled).await.map(drop)
    }

    /// One that cannot be asked is found silent where it matters: by the plan.
    async fn settle_peer(&self, peer: &NodeReference) -> Result<(), OperateError> {
        let settled = Site::new(self.operator, peer, self.cancel)?.settle_if_same().await;
        settled.or_else(|error| if error.is_cancelled() { Err(error) } else { Ok(()) })
    }

    /// Forgets all that was seen of the control plane's hosts: another may have changed them.
    pub(crate) fn look_anew(&self) {
        self.ways().hosts.iter().for_each(|host| self.operator.forget(host));
    }

    async fn peer_states(&self) -> Result<Vec<Peer>, OperateError> {
        let peers = self.peers();
        let mut looks = Vec::new();
        for other in &peers {
            looks.push(self.peer(other));
        }
        try_join_all(looks).await
    }

    async fn peer(&self, other: &NodeReference) -> Result<Peer, OperateError> {
        let observed = self.operator.observe_node(other, self.cancel).await;
        let state = match observed {
            Ok(observed) => HostState::of(&other.name, &observed)
                .map(|state| state.vouched_by(self.intent.vouched_ca()))
                .map_err(|refusal| refusal.text),
            Err(error) if error.is_cancelled() => return Err(error),
            Err(error) => Err(summary(&error)),
        };
        Ok(Peer { name: other.name.clone(), state })
    }
}
