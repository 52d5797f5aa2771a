//! Control plane members: what the provider calls.

use super::departure::Departed;
use super::found::{MembershipFound, Presence};
use super::subject::{Part, Subject, summary};
use crate::Operator;
use crate::error::{ErrorKind, OperateError};
use cluster::intent::{MemberIntent, NodeReference};
use cluster::membership::api::Api;
use cluster::membership::check::{Facts, check};
use cluster::membership::member::{MemberSituation, Peer, Purpose, plan};
use cluster::membership::{HostState, Step};
use tokio_util::sync::CancellationToken;

impl Operator {
    /// Makes the host the first member of the control plane, from the beginning or from where an
    /// interrupted run has left it; a finished member only gets what it lacks.
    ///
    /// # Errors
    /// When the plan is refused, or a step fails; the next call goes on from there.
    pub async fn create_member(
        &self,
        intent: &MemberIntent,
        cancel: &CancellationToken,
    ) -> Result<MembershipFound, OperateError> {
        let what = format!(
            "make host {} a control plane member of cluster {}",
            intent.node.name, intent.cluster.name
        );
        let created = self.converge_member(intent, Purpose::Create, cancel).await;
        created.map_err(|error| error.while_doing(what))
    }

    /// Brings labels, annotations, taints and kubelet arguments of a member to what is wanted, and
    /// whatever else of it is not as it should be. Never runs `kubeadm init`.
    ///
    /// # Errors
    /// As [`Operator::create_member`], and when the host has lost its control plane.
    pub async fn update_member(
        &self,
        intent: &MemberIntent,
        cancel: &CancellationToken,
    ) -> Result<MembershipFound, OperateError> {
        let what = format!(
            "update control plane member {} of cluster {}",
            intent.node.name, intent.cluster.name
        );
        let updated = self.converge_member(intent, Purpose::Update, cancel).await;
        updated.map_err(|error| error.while_doing(what))
    }

    /// What is found of a member. Changes nothing.
    ///
    /// # Errors
    /// When the host does not answer ([`OperateError::is_unreachable`]) or cannot be read: nothing
    /// may be concluded then.
    pub async fn read_member(
        &self,
        intent: &MemberIntent,
        cancel: &CancellationToken,
    ) -> Result<Presence, OperateError> {
        Subject::new(self, Part::Member(intent), cancel)?.found().await
    }

    /// Removes the member, which is the last: the cluster ends with it.
    ///
    /// # Errors
    /// When other nodes are still there, or a step fails; the next call goes on from there.
    pub async fn delete_member(
        &self,
        intent: &MemberIntent,
        cancel: &CancellationToken,
    ) -> Result<Departed, OperateError> {
        let what = format!(
            "remove control plane member {} of cluster {}",
            intent.node.name, intent.cluster.name
        );
        let _turn = self.membership().locks.hold(&intent.cluster.id, cancel).await?;
        let subject = Subject::new(self, Part::Member(intent), cancel)?;
        subject.depart().await.map_err(|error| error.while_doing(what))
    }

    async fn converge_member(
        &self,
        intent: &MemberIntent,
        purpose: Purpose,
        cancel: &CancellationToken,
    ) -> Result<MembershipFound, OperateError> {
        let _turn = self.membership().locks.hold(&intent.cluster.id, cancel).await?;
        let subject = Subject::new(self, Part::Member(intent), cancel)?;
        subject.settle_same().await?;
        let steps = subject.plan_member(intent, purpose).await?;
        subject.preflight(&steps).await?;
        subject.execute(&steps).await?;
        subject.present().await
    }
}

impl Subject<'_> {
    async fn plan_member(
        &self,
        intent: &MemberIntent,
        purpose: Purpose,
    ) -> Result<Vec<Step>, OperateError> {
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
        let peers = if alone.may_initialize() { self.peers(intent).await? } else { Vec::new() };
        let situation = MemberSituation { peers: &peers, ..alone };
        let steps = plan(situation).map_err(|refusal| self.refused(refusal))?;
        self.sound(&steps, Some(&host), &peers, &api)?;
        Ok(steps)
    }

    /// The other control plane hosts: none may carry a cluster already.
    async fn peers(&self, intent: &MemberIntent) -> Result<Vec<Peer>, OperateError> {
        let others = intent.cluster.control_plane_nodes.iter();
        let others = others.filter(|other| other.name != intent.node.name);
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

    /// The last look before anything is changed: a plan that the linter objects to is a mistake of
    /// ours and is not carried out.
    pub(crate) fn sound(
        &self,
        steps: &[Step],
        host: Option<&HostState>,
        peers: &[Peer],
        api: &Api,
    ) -> Result<(), OperateError> {
        let facts = Facts {
            cluster_id: &self.cluster().id,
            host,
            machine_id: self.node().machine_id.as_deref(),
            peers,
            ca_hash: api.ca_hash(),
            api,
        };
        let broken = check(steps, facts);
        if broken.is_empty() {
            return Ok(());
        }
        let error = OperateError::new(format!("plan for host {}", self.name()), ErrorKind::Refused);
        Err(broken.into_iter().fold(error, OperateError::note))
    }

    /// The membership after a change: it must be there.
    pub(crate) async fn present(&self) -> Result<MembershipFound, OperateError> {
        self.operator.forget(self.node());
        match self.found().await? {
            Presence::Present(found) => Ok(*found),
            Presence::Gone | Presence::OtherMachine { .. } => {
                let error = OperateError::new("look at the result", ErrorKind::Goal);
                Err(error.note(format!("host {} carries no membership after all", self.name())))
            }
        }
    }
}
