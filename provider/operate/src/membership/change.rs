//! Memberships come, change and go: what the provider calls.

use super::departure::Departed;
use super::found::{MembershipFound, Presence};
use super::peers::Seen;
use super::subject::Subject;
use crate::Operator;
use crate::error::{ErrorKind, OperateError};
use crate::site::Site;
use cluster::intent::MembershipIntent;
use cluster::membership::check::{Facts, check};
use cluster::membership::member::Purpose;
use cluster::membership::{HostState, Role, Step};
use tokio_util::sync::CancellationToken;

impl Operator {
    /// Makes the host a member of its cluster, from the beginning or from where an interrupted run
    /// has left it; a finished one only gets what it lacks. Only a control plane member may make
    /// the cluster; a worker does not wait for one that is not there yet.
    ///
    /// # Errors
    /// When the plan is refused, or a step fails; the next call goes on from there.
    pub async fn create_membership(
        &self,
        intent: &MembershipIntent,
        cancel: &CancellationToken,
    ) -> Result<MembershipFound, OperateError> {
        let (host, cluster) = (&intent.node().name, &intent.cluster().name);
        let what = match intent.role() {
            Role::ControlPlane => {
                format!("make host {host} a control plane member of cluster {cluster}")
            }
            Role::Worker => format!("join host {host} to cluster {cluster}"),
        };
        let created = self.converge(intent, Purpose::Create, cancel).await;
        created.map_err(|error| error.while_doing(what))
    }

    /// Brings labels, annotations, taints and kubelet arguments to what is wanted, and whatever
    /// else of the membership is not as it should be. Never runs `kubeadm init`; a worker that
    /// lost its membership joins again.
    ///
    /// # Errors
    /// As [`Operator::create_membership`], and when a control plane host has lost its cluster.
    pub async fn update_membership(
        &self,
        intent: &MembershipIntent,
        cancel: &CancellationToken,
    ) -> Result<MembershipFound, OperateError> {
        let what = format!("update {} of cluster {}", title(intent), intent.cluster().name);
        let updated = self.converge(intent, Purpose::Update, cancel).await;
        updated.map_err(|error| error.while_doing(what))
    }

    /// Takes over a membership that somebody else made: marks the host and changes nothing else of
    /// it.
    ///
    /// # Errors
    /// As [`Operator::update_membership`], and when the host would get other addresses in its cluster.
    pub async fn adopt_membership(
        &self,
        intent: &MembershipIntent,
        cancel: &CancellationToken,
    ) -> Result<MembershipFound, OperateError> {
        let what = format!("take over {} of cluster {}", title(intent), intent.cluster().name);
        let adopted = self.converge(intent, Purpose::Adopt, cancel).await;
        adopted.map_err(|error| error.while_doing(what))
    }

    /// What is found of a membership. Changes nothing.
    ///
    /// # Errors
    /// When the host does not answer ([`OperateError::is_unreachable`]) or cannot be read: nothing
    /// may be concluded then.
    pub async fn read_membership(
        &self,
        intent: &MembershipIntent,
        cancel: &CancellationToken,
    ) -> Result<Presence, OperateError> {
        Subject::new(self, intent, cancel)?.found().await
    }

    /// Takes the host out of its cluster; also when its machine, or the cluster, is gone. The
    /// cluster ends with its last control plane member.
    ///
    /// # Errors
    /// When a last member would leave other nodes behind, or a step fails; the next call goes on
    /// from there.
    pub async fn delete_membership(
        &self,
        intent: &MembershipIntent,
        cancel: &CancellationToken,
    ) -> Result<Departed, OperateError> {
        let what = format!("remove {} from cluster {}", title(intent), intent.cluster().name);
        let subject = Subject::through_peers(self, intent, cancel)?;
        Box::pin(subject.depart()).await.map_err(|error| error.while_doing(what))
    }

    async fn converge(
        &self,
        intent: &MembershipIntent,
        purpose: Purpose,
        cancel: &CancellationToken,
    ) -> Result<MembershipFound, OperateError> {
        let subject = Subject::through_peers(self, intent, cancel)?;
        match intent.role() {
            Role::ControlPlane => Box::pin(subject.become_member(purpose)).await?,
            Role::Worker => subject.become_worker(purpose).await?,
        }
        let mut found = subject.present().await?;
        if purpose == Purpose::Create {
            found.remarks.extend(subject.reservations().await?);
        }
        Ok(found)
    }
}

fn title(intent: &MembershipIntent) -> String {
    let host = &intent.node().name;
    match intent.role() {
        Role::ControlPlane => format!("control plane member {host}"),
        Role::Worker => format!("worker {host}"),
    }
}

impl Site<'_> {
    /// The last look before anything is changed: a plan that the linter objects to is a mistake of
    /// ours and is not carried out.
    pub(crate) fn sound(&self, steps: &[Step], facts: Facts<'_>) -> Result<(), OperateError> {
        let broken = check(steps, facts);
        if broken.is_empty() {
            return Ok(());
        }
        let intent = format!("plan for host {}", self.node.name);
        let error = OperateError::new(intent, ErrorKind::Refused);
        Err(broken.into_iter().fold(error, OperateError::note))
    }
}

impl Subject<'_> {
    /// As [`Site::sound`], with the facts of this membership.
    pub(crate) fn sound(
        &self,
        steps: &[Step],
        host: Option<&HostState>,
        seen: &Seen,
    ) -> Result<(), OperateError> {
        let facts = Facts {
            cluster_id: &self.cluster().id,
            host_name: self.name(),
            addresses: &seen.addresses,
            host,
            machine_id: self.node().machine_id.as_deref(),
            peers: &seen.peers,
            ca_hash: seen.api.ca_hash(),
            api: &seen.api,
            etcd: &seen.etcd,
        };
        self.site.sound(steps, facts)
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
