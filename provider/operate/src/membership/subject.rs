//! The host and the cluster that a change of membership is about.

use super::ways::Ways;
use crate::Operator;
use crate::error::{ErrorKind, OperateError};
use crate::kubernetes::Kubernetes;
use crate::site::Site;
use cluster::documents::{CONTAINERD_SOCKET, HostContext};
use cluster::intent::{ClusterIntent, ExtraArguments, MembershipIntent, NodeReference};
use cluster::membership::api::Api;
use cluster::membership::{HostState, Lasting, Refusal};
use cluster::observed::Observed;
use std::net::IpAddr;
use std::ops::Deref;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// One host on its way into, within or out of its cluster. What takes the host alone is done by
/// its site.
pub(crate) struct Subject<'a> {
    pub(crate) intent: &'a MembershipIntent,
    pub(crate) site: Site<'a>,
    /// Hosts that lead to the cluster, in the order in which they are tried.
    hosts: Vec<NodeReference>,
}

impl<'a> Deref for Subject<'a> {
    type Target = Site<'a>;

    fn deref(&self) -> &Site<'a> {
        &self.site
    }
}

impl Site<'_> {
    /// What the host carries of a cluster, as it was seen last.
    pub(crate) async fn state(&self) -> Result<HostState, OperateError> {
        let observed = self.observe().await?;
        HostState::of(&self.node.name, &observed).map_err(|refusal| self.refused(refusal))
    }

    /// Machine id of the host, when it is known and not the one of the machine that is meant.
    pub(crate) fn other_machine(&self, observed: &Observed) -> Option<String> {
        let expected = self.node.machine_id.as_deref()?;
        observed.system.machine_id.known().filter(|found| found.as_str() != expected).cloned()
    }

    /// Whether another machine answers than the one that is meant: it is left alone.
    pub(crate) async fn is_another_machine(&self) -> Result<bool, OperateError> {
        Ok(self.other_machine(&*self.observe().await?).is_some())
    }

    pub(crate) fn refused(&self, refusal: Refusal) -> OperateError {
        let intent = format!("change the membership of host {}", self.node.name);
        let for_now = refusal.lasting == Lasting::ForNow;
        let mut error = OperateError::refused(intent, vec![refusal.into()]);
        error.details.for_now = for_now;
        error.on(self.operator.label(self.node))
    }
}

impl<'a> Subject<'a> {
    pub(crate) fn new(
        operator: &'a Operator,
        intent: &'a MembershipIntent,
        cancel: &'a CancellationToken,
    ) -> Result<Self, OperateError> {
        let site = Site::new(operator, intent.node(), cancel)?;
        Ok(Self { intent, site, hosts: intent.ways() })
    }

    /// The same of a host that is changed: its own API server and etcd may begin, restart or end
    /// meanwhile, so that they are the last to be asked.
    pub(crate) fn through_peers(
        operator: &'a Operator,
        intent: &'a MembershipIntent,
        cancel: &'a CancellationToken,
    ) -> Result<Self, OperateError> {
        let mut subject = Self::new(operator, intent, cancel)?;
        subject.hosts.sort_by_key(|host| host.name == intent.node().name);
        Ok(subject)
    }

    /// What the host carries of a cluster, as it was seen last.
    pub(crate) async fn state(&self) -> Result<HostState, OperateError> {
        Ok(self.site.state().await?.vouched_by(self.intent.vouched_ca()))
    }

    pub(crate) fn node(&self) -> &'a NodeReference {
        self.intent.node()
    }

    pub(crate) fn name(&self) -> &'a str {
        &self.intent.node().name
    }

    pub(crate) fn cluster(&self) -> &'a ClusterIntent {
        self.intent.cluster()
    }

    /// The hosts that lead to the cluster.
    pub(crate) fn ways(&self) -> Ways<'_> {
        Ways { cluster_id: Some(&self.cluster().id), hosts: &self.hosts }
    }

    /// The other control plane hosts.
    pub(crate) fn peers(&self) -> Vec<NodeReference> {
        self.hosts.iter().filter(|host| host.name != self.name()).cloned().collect()
    }

    /// The host itself as the only way.
    pub(crate) fn own_way(&self) -> Ways<'a> {
        Ways { cluster_id: Some(&self.cluster().id), hosts: std::slice::from_ref(self.node()) }
    }

    /// Addresses by which the host may be known to others: its own, when it can be asked, and those
    /// that the configuration tells.
    pub(crate) async fn addresses(&self) -> Vec<String> {
        let local = match self.context().await {
            Ok(context) => context.local_addresses,
            Err(_) => Vec::new(),
        };
        let local = local.into_iter().filter(|address| !address.is_loopback());
        let known = [self.node().node_ip, self.advertised()].into_iter().flatten();
        let all = local.chain(known).map(|address| address.to_string());
        all.chain([self.node().address.clone()]).collect()
    }

    /// The address that the configuration makes a member announce.
    pub(crate) fn advertised(&self) -> Option<IpAddr> {
        match self.intent {
            MembershipIntent::Member(intent) => intent.advertise_address.or(intent.node.node_ip),
            MembershipIntent::Worker(_) => None,
        }
    }

    /// The cluster's API through the first host that leads there.
    pub(crate) async fn kubernetes(&self) -> Result<Arc<Kubernetes>, OperateError> {
        self.operator.kubernetes(self.ways(), self.cancel).await
    }

    /// What the cluster's API says of this host, or why it says nothing.
    pub(crate) async fn api(&self) -> Result<Api, OperateError> {
        match self.kubernetes().await {
            Ok(kubernetes) => {
                let facts = kubernetes.facts(self.name(), self.cluster()).await;
                // An API server without its etcd answers, and knows nothing.
                Ok(facts.map_or_else(|error| Api::Silent(summary(&error)), Api::Answering))
            }
            Err(error) if error.kind == ErrorKind::Refused || error.is_cancelled() => Err(error),
            Err(error) if error.kind == ErrorKind::Configuration => Err(error),
            Err(error) => Ok(Api::Silent(summary(&error))),
        }
    }

    /// What kubeadm's documents need to know of the host.
    pub(crate) async fn context(&self) -> Result<HostContext, OperateError> {
        let observed = self.observe().await?;
        let addresses = observed.network.addresses.known().map(Vec::as_slice).unwrap_or_default();
        Ok(HostContext {
            cri_socket: CONTAINERD_SOCKET.to_owned(),
            local_addresses: addresses.iter().map(|address| address.address.addr()).collect(),
        })
    }

    /// The arguments the host's kubelet is to have of us.
    pub(crate) async fn kubelet_arguments(&self) -> Result<ExtraArguments, OperateError> {
        let announced = self.node().announced(&self.context().await?.local_addresses);
        let all = cluster::documents::kubelet_arguments(self.intent.registration(), announced);
        Ok(all
            .into_iter()
            .fold(ExtraArguments::default(), |all, (name, value)| all.with(name, value)))
    }
}

/// An error in one line, for where it is the reason of something else.
pub(crate) fn summary(error: &OperateError) -> String {
    let notes = error.details.notes.join("; ");
    let below = std::error::Error::source(error).map(ToString::to_string);
    match below.filter(|_| notes.is_empty()) {
        // Of a host that is not there nothing matters but how it fails.
        Some(below) if is_lost(error) => below,
        Some(below) => format!("{error}: {below}"),
        None if notes.is_empty() => error.to_string(),
        None => notes,
    }
}

/// Whether the host is silent, or what answers shows another host key, as a rebuilt machine does.
pub(crate) fn is_lost(error: &OperateError) -> bool {
    matches!(error.kind, ErrorKind::Unreachable | ErrorKind::HostKey)
}

#[cfg(test)]
mod tests {
    use super::*;
    use host::{HostError, UnreachableReason};

    fn error(error: HostError) -> OperateError {
        OperateError::host("look at host cp1", error)
    }

    #[test]
    fn a_lost_connection_is_no_host_that_is_gone() {
        let login = "root@cp1".to_owned();
        let purpose = "the probe".to_owned();
        let lost = error(HostError::ConnectionLost { login: login.clone(), purpose, source: None });
        assert!(lost.is_unreachable() && !is_lost(&lost), "{lost:?}");
        assert!(lost.details.advice.is_some(), "{lost:?}");
        let reason = UnreachableReason::NoRoute;
        let silent = error(HostError::Unreachable { login, reason, source: None });
        assert!(silent.is_unreachable() && is_lost(&silent), "{silent:?}");
    }
}
