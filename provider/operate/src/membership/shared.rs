//! What all members share in the cluster's API: looked at, and brought to what is wanted.

use super::kubeadm::Verb;
use super::subject::{Subject, summary};
use super::ways::Ways;
use crate::Operator;
use crate::error::{ErrorKind, OperateError};
use crate::kubernetes::Kubernetes;
use crate::site::Site;
use cluster::intent::{
    Addon, CertificateTransfer, ClusterIntent, DrainPolicy, MemberIntent, MembershipIntent,
    NodeReference, Registration,
};
use cluster::membership::{HostState, Ownership};
use cluster::shared::{Settings, SharedObject, difference};
use cluster::yaml::YamlError;
use std::collections::{BTreeMap, BTreeSet};
use tokio_util::sync::CancellationToken;

const SYSTEM: &str = "kube-system";

/// What was found of what members share.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SharedFound {
    /// The documents, in what of them is the intent's affair.
    pub objects: BTreeMap<SharedObject, Settings>,
    /// Nodes on which kube-proxy has not read its configuration since that changed last.
    pub outdated_proxies: BTreeSet<String>,
    /// Secrets of `kube-system` with credentials that joins left and nobody needs any more.
    pub bootstrap_leftovers: BTreeSet<String>,
}

impl Operator {
    /// What members share, in what of it is the intent's affair; `None` while there is no cluster.
    /// Changes nothing.
    ///
    /// # Errors
    /// When no API server answers: nothing may be concluded then.
    pub async fn read_shared(
        &self,
        cluster: &ClusterIntent,
        cancel: &CancellationToken,
    ) -> Result<Option<SharedFound>, OperateError> {
        let hosts = &cluster.control_plane_nodes;
        let ways = Ways { cluster_id: Some(&cluster.id), hosts };
        match self.kubernetes_unless_gone(ways, cancel).await? {
            Some(kubernetes) => kubernetes.shared(cluster).await.map(Some),
            None => Ok(None),
        }
    }

    /// Brings the documents that members share to what is wanted, by kubeadm on one of the control
    /// plane's hosts, and in the control plane's turn; `None` while there is no cluster. A host without
    /// our mark is one of them when it carries the CA that the user vouches for.
    ///
    /// # Errors
    /// When no host of the cluster answers, kubeadm fails, or a document is not as wanted after all.
    pub async fn update_shared(
        &self,
        cluster: &ClusterIntent,
        vouched_ca: Option<&str>,
        cancel: &CancellationToken,
    ) -> Result<Option<SharedFound>, OperateError> {
        let what = format!("update what members of cluster {} share", cluster.name);
        let updated = async {
            if self.read_shared(cluster, cancel).await?.is_none() {
                return Ok(None);
            }
            let host = self.finished_member(cluster, vouched_ca, cancel).await?;
            let intent = MembershipIntent::Member(bare_member(cluster, host, vouched_ca));
            let subject = Subject::new(self, &intent, cancel)?;
            let turn = subject.turn().await?;
            let updated = subject.write_shared().await;
            turn.end().await;
            updated.map(Some)
        };
        Box::pin(updated).await.map_err(|error: OperateError| error.while_doing(what))
    }

    /// The first of the cluster's hosts that answers and is wholly a member.
    async fn finished_member(
        &self,
        cluster: &ClusterIntent,
        vouched_ca: Option<&str>,
        cancel: &CancellationToken,
    ) -> Result<NodeReference, OperateError> {
        let mut error = OperateError::new("find a member of the control plane", ErrorKind::Api);
        for host in &cluster.control_plane_nodes {
            let state = Site::new(self, host, cancel)?.state().await;
            match state.map(|state| state.vouched_by(vouched_ca)) {
                Ok(state) if is_finished(&state, &cluster.id) => return Ok(host.clone()),
                Ok(_) => error = error.note(format!("{}: it is no member", host.name)),
                Err(failure) if failure.is_cancelled() => return Err(failure),
                Err(failure) => error = error.note(format!("{}: {}", host.name, summary(&failure))),
            }
        }
        Err(error)
    }
}

fn is_finished(state: &HostState, id: &str) -> bool {
    let is_adopted = state.is_adopted() && state.files.control_plane();
    (state.is_finished_member() || is_adopted) && state.ownership(id, None) == Ownership::Ours
}

/// A member of which nothing but its host and its cluster matters.
fn bare_member(
    cluster: &ClusterIntent,
    node: NodeReference,
    vouched_ca: Option<&str>,
) -> MemberIntent {
    MemberIntent {
        cluster: cluster.clone(),
        node,
        advertise_address: None,
        registration: Registration::default(),
        drain: DrainPolicy::default(),
        certificate_transfer: CertificateTransfer::default(),
        ca_hash: vouched_ca.map(str::to_owned),
    }
}

impl Subject<'_> {
    async fn write_shared(&self) -> Result<SharedFound, OperateError> {
        let cluster = self.cluster();
        self.write_patches().await?;
        self.kubeadm(Verb::UploadConfiguration, self.phase_documents().await?).await?;
        if cluster.dns.addon == Addon::Enabled {
            self.kubeadm(Verb::ApplyDns, self.phase_documents().await?).await?;
        }
        if cluster.proxy == Addon::Enabled {
            self.kubeadm(Verb::ApplyKubeProxy, self.phase_documents().await?).await?;
        }
        let kubernetes = self.kubernetes().await?;
        require_wanted(cluster, &kubernetes.shared_objects(cluster).await?)?;
        if cluster.proxy == Addon::Enabled {
            kubernetes.restart_outdated_proxies(self.cancel).await?;
        }
        kubernetes.withdraw_bootstrap_leftovers().await?;
        kubernetes.shared(cluster).await
    }
}

impl Kubernetes {
    async fn shared(&self, cluster: &ClusterIntent) -> Result<SharedFound, OperateError> {
        let outdated = match cluster.proxy {
            Addon::Enabled => self.outdated_proxies().await?,
            Addon::Disabled => BTreeMap::new(),
        };
        Ok(SharedFound {
            objects: self.shared_objects(cluster).await?,
            outdated_proxies: outdated.into_keys().collect(),
            bootstrap_leftovers: self.bootstrap_leftovers().await?,
        })
    }

    async fn shared_objects(
        &self,
        cluster: &ClusterIntent,
    ) -> Result<BTreeMap<SharedObject, Settings>, OperateError> {
        let mut all = BTreeMap::new();
        for object in SharedObject::ALL {
            let wanted = object.wanted(cluster).map_err(|error| unreadable(object, error))?;
            if wanted.is_empty() {
                continue;
            }
            let text = self.document(object).await?.unwrap_or_default();
            let found = object.found(&text, &wanted).map_err(|error| unreadable(object, error))?;
            all.insert(object, found);
        }
        Ok(all)
    }
}

fn require_wanted(
    cluster: &ClusterIntent,
    found: &BTreeMap<SharedObject, Settings>,
) -> Result<(), OperateError> {
    for (object, found) in found {
        let wanted = object.wanted(cluster).map_err(|error| unreadable(*object, error))?;
        if let Some(path) = difference(&wanted, found) {
            let name = object.name();
            let error = OperateError::new("look at the result", ErrorKind::Goal);
            return Err(error.note(format!("{path} in {SYSTEM}/{name} is not as wanted after all")));
        }
    }
    Ok(())
}

fn unreadable(object: SharedObject, error: YamlError) -> OperateError {
    let intent = format!("read the document in {SYSTEM}/{}", object.name());
    OperateError::new(intent, ErrorKind::Configuration).caused_by(error)
}
