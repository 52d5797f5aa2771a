//! What is to be done for a control plane member.

use super::subject::{Subject, summary};
use crate::error::OperateError;
use cluster::intent::NodeReference;
use cluster::membership::member::{MemberSituation, Peer, Purpose, plan};
use cluster::membership::{HostState, Step};

impl Subject<'_> {
    /// The steps that make the host a member, or a member what it should be.
    pub(crate) async fn plan_member(&self, purpose: Purpose) -> Result<Vec<Step>, OperateError> {
        let host = self.state().await?;
        let api = self.api().await?;
        let version = self.cluster().kubernetes_version.to_string();
        let alone = MemberSituation {
            purpose,
            cluster_id: &self.cluster().id,
            version: &version,
            host_name: self.name(),
            host: &host,
            peers: &[],
            api: &api,
        };
        // Only a host that may yet run `kubeadm init` asks what the others carry.
        let peers = if alone.may_initialize() { self.peers().await? } else { Vec::new() };
        let situation = MemberSituation { peers: &peers, ..alone };
        let steps = plan(situation).map_err(|refusal| self.refused(refusal))?;
        self.sound(&steps, Some(&host), &peers, &api)?;
        Ok(steps)
    }

    /// The other control plane hosts: none may carry a cluster already.
    async fn peers(&self) -> Result<Vec<Peer>, OperateError> {
        let others = self.cluster().control_plane_nodes.iter();
        let others = others.filter(|other| other.name != self.name());
        futures::future::try_join_all(others.map(|other| self.peer(other))).await
    }

    async fn peer(&self, other: &NodeReference) -> Result<Peer, OperateError> {
        let observed = self.operator.observe_node(other, self.cancel).await;
        let state = match observed {
            Ok(observed) => HostState::of(&other.name, &observed).map_err(|refusal| refusal.text),
            Err(error) if error.is_cancelled() => return Err(error),
            Err(error) => Err(summary(&error)),
        };
        Ok(Peer { name: other.name.clone(), state })
    }
}
