//! What is found of a membership, in the shape resources keep it.

use super::host_found::{kubelet, kubelet_configuration, packages, static_pods};
use super::subject::{Subject, summary};
use crate::error::{ErrorKind, OperateError};
use cluster::Finding;
use cluster::certificates::{ending, names};
use cluster::endpoint::{self, Served};
use cluster::intent::{ExtraArguments, Taint};
use cluster::membership::api::Readiness;
use cluster::membership::member::Purpose;
use cluster::membership::{
    HostState, Ownership, Role, kubelet_flags, metadata, node_object, remarks,
};
use cluster::observed::Observed;
use cluster::static_pod::{Component, StaticPod};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Node;
use std::collections::{BTreeMap, BTreeSet};

/// Whether a membership is still there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Presence {
    /// It is, in this shape.
    Present(Box<MembershipFound>),
    /// It is not, and that is proven: the host answers, carries no cluster and has no node object.
    Gone,
    /// Another machine answers at the host's address; nothing is known of the one that joined.
    OtherMachine {
        /// Machine id of the one that answers.
        machine_id: String,
    },
}

/// A membership as it was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MembershipFound {
    /// `sha256:HEX` of the CA of the cluster that the host belongs to.
    pub ca_hash: Option<String>,
    /// Whether the host bears our mark.
    pub marked: bool,
    /// Installed packages.
    pub packages: PackagesFound,
    /// The kubelet's unit.
    pub kubelet: KubeletFound,
    /// Arguments of ours in the kubelet's environment file, and those that are wanted, as found;
    /// without those that the provider sets itself.
    pub kubelet_extra_args: ExtraArguments,
    /// What the API has of the host; `None` when no API server answered.
    pub node: Option<NodeFound>,
    /// Why no API server answered: a warning, never a difference.
    pub api_silent: Option<String>,
    /// Why the host has to join anew, if it has to.
    pub rejoins: Option<Rejoin>,
    /// What no attribute shows: certificates that end soon, and what the node is short of.
    pub remarks: Vec<Finding>,
    /// Static pods of the control plane, as far as they have manifests; `None` where one of these
    /// could not be read.
    pub static_pods: Option<BTreeMap<Component, StaticPod>>,
    /// Paths of kubeadm's certificates that are to be renewed.
    pub certificates_due: BTreeSet<String>,
    /// Components that still run by certificates that were renewed since.
    pub restarts_due: BTreeSet<Component>,
    /// Names in the API server's certificate; `None` where there is none, or it could not be read.
    pub certificate_names: Option<BTreeSet<String>>,
    /// The kubelet's configuration file, by the paths of its settings; `None` where it could not be
    /// read.
    pub kubelet_configuration: Option<BTreeMap<String, String>>,
    /// What the host has of the cluster's endpoint; `None` where the hosts do not serve it, or a part
    /// could not be read.
    pub endpoint: Option<Served>,
}

/// Why a host joins its cluster anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rejoin {
    /// etcd goes on without the member that the host should be.
    OutOfEtcd,
    /// A join was begun and did not come to its end.
    Unfinished,
}

/// Packages of a membership; `None` where one is not installed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PackagesFound {
    /// Version of kubeadm's package.
    pub kubeadm: Option<String>,
    /// Version of the kubelet's package.
    pub kubelet: Option<String>,
    /// Version of kubectl's package.
    pub kubectl: Option<String>,
    /// Whether all three are held.
    pub held: bool,
}

/// The kubelet's unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KubeletFound {
    /// It starts at boot.
    pub enabled: bool,
    /// It runs.
    pub active: bool,
    /// It was started since its arguments and configuration were written last.
    pub current: bool,
}

/// A node object, as far as it is ours.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeFound {
    /// Its uid; `None` when the object is missing.
    pub uid: Option<String>,
    /// Whether its kubelet reports, be it ready or not.
    pub reports: bool,
    /// Version its kubelet reported, without the leading `v`.
    pub kubelet_version: Option<String>,
    /// Labels of ours.
    pub labels: BTreeMap<String, String>,
    /// Annotations of ours.
    pub annotations: BTreeMap<String, String>,
    /// Taints of ours; `None` when they are kubeadm's affair.
    pub taints: Option<Vec<Taint>>,
    /// What else is to be said of it.
    pub remarks: Vec<Finding>,
}

impl Subject<'_> {
    /// What is there of the membership, by one look at the host and one at the API.
    pub(crate) async fn found(&self) -> Result<Presence, OperateError> {
        let observed = self.observe().await?;
        if let Some(machine_id) = self.other_machine(&observed) {
            return Ok(Presence::OtherMachine { machine_id });
        }
        let state = self.state().await?;
        let (node, api_silent) = self.node_found(&observed).await?;
        if self.is_gone(&state, node.as_ref()) {
            return Ok(Presence::Gone);
        }
        let rejoins = self.rejoins(&state, node.as_ref()).await?;
        let ends = observed.kubernetes.certificate_ends();
        let mut remarks = Vec::from_iter(ending(self.name(), &ends, Timestamp::now()));
        remarks.extend(node.iter().flat_map(|node| node.remarks.iter().cloned()));
        Ok(Presence::Present(Box::new(MembershipFound {
            ca_hash: state.ca_hash.clone(),
            marked: state.claim.is_some(),
            packages: packages(&observed),
            kubelet: kubelet(&observed),
            kubelet_extra_args: self.arguments(&state, &observed),
            node,
            api_silent,
            rejoins,
            remarks,
            static_pods: static_pods(&observed),
            certificates_due: self.paths_due(&observed),
            restarts_due: state.claim.map(|claim| claim.restarts).unwrap_or_default(),
            certificate_names: self.certificate_names(&observed),
            kubelet_configuration: kubelet_configuration(&observed),
            endpoint: self.served(&observed),
        })))
    }

    /// An apply that was killed leaves a resource in the state whose host is in its cluster by half.
    async fn rejoins(
        &self,
        state: &HostState,
        node: Option<&NodeFound>,
    ) -> Result<Option<Rejoin>, OperateError> {
        if state.is_unfinished(&self.cluster().id) {
            return Ok(Some(Rejoin::Unfinished));
        }
        let is_out = self.is_out_of_etcd(state, node).await?;
        Ok(is_out.then_some(Rejoin::OutOfEtcd))
    }

    /// Decided as an apply decides it. etcd is asked only about a host that answers while its kubelet
    /// does not report: the kubelet talks to the API server beside it, which ends with its member of
    /// etcd (KEP-4471; before Kubernetes 1.33 only where that is switched on).
    async fn is_out_of_etcd(
        &self,
        state: &HostState,
        node: Option<&NodeFound>,
    ) -> Result<bool, OperateError> {
        let silent = node.is_some_and(|node| node.uid.is_some() && !node.reports);
        if self.intent.role() == Role::Worker || !state.is_finished_member() || !silent {
            return Ok(false);
        }
        let version = self.cluster().kubernetes_version.to_string();
        let seen = self.see().await?;
        Ok(self.situation(Purpose::Update, &version, state, &seen).is_out_of_etcd())
    }

    /// A control plane that was alone takes its API with it: then the host's word is enough. So is
    /// it when every control plane host says that it is none any more. Where others are silent, they
    /// may still have its node and its member of etcd.
    fn is_gone(&self, state: &HostState, node: Option<&NodeFound>) -> bool {
        let clean = state.ownership(&self.cluster().id, None) == Ownership::Clean;
        let no_node = match node {
            Some(node) => node.uid.is_none(),
            None => self.intent.role() == Role::ControlPlane && self.peers().is_empty(),
        };
        clean && no_node
    }

    async fn node_found(
        &self,
        observed: &Observed,
    ) -> Result<(Option<NodeFound>, Option<String>), OperateError> {
        let ways = self.ways();
        let node = match self.operator.kubernetes_unless_gone(ways, self.cancel).await {
            Ok(Some(kubernetes)) => kubernetes.node(self.name()).await,
            Ok(None) => Ok(None),
            Err(error) => Err(error),
        };
        match node {
            Ok(node) => Ok((Some(self.of_node(node.as_ref(), observed)), None)),
            Err(error) if matches!(error.kind, ErrorKind::Cancelled | ErrorKind::Configuration) => {
                Err(error)
            }
            Err(error) => Ok((None, Some(summary(&error)))),
        }
    }

    fn of_node(&self, node: Option<&Node>, observed: &Observed) -> NodeFound {
        let Some(node) = node else { return NodeFound::default() };
        let ours = metadata::found(node, self.intent.registration());
        NodeFound {
            uid: node.metadata.uid.clone(),
            reports: node_object::readiness(node) != Readiness::Unknown,
            kubelet_version: node_object::kubelet_version(node),
            labels: ours.labels,
            annotations: ours.annotations,
            taints: ours.taints,
            remarks: remarks::remarks(self.name(), observed, node),
        }
    }

    fn served(&self, observed: &Observed) -> Option<Served> {
        let is_member = self.intent.role() == Role::ControlPlane;
        endpoint::found(&self.cluster().endpoint.kind, observed).filter(|_| is_member)
    }

    fn paths_due(&self, observed: &Observed) -> BTreeSet<String> {
        let directory = self.cluster().certificates_directory();
        self.due(observed).into_iter().map(|certificate| certificate.path(directory)).collect()
    }

    fn certificate_names(&self, observed: &Observed) -> Option<BTreeSet<String>> {
        let path = format!("{}/apiserver.crt", self.cluster().certificates_directory());
        names(observed.kubernetes.certificates.get(&path)?.known()?).ok()
    }

    fn arguments(&self, state: &HostState, observed: &Observed) -> ExtraArguments {
        let wanted = &self.intent.registration().kubelet_extra_args;
        let mut names: BTreeSet<String> = wanted.names().map(str::to_owned).collect();
        let claimed = state.claim.iter().flat_map(|claim| &claim.kubelet_arguments);
        names.extend(claimed.filter(|name| name.as_str() != "node-ip").cloned());
        let file = observed.kubernetes.kubelet_flags.known().map(String::as_str);
        kubelet_flags::found(file.unwrap_or_default(), &names)
    }
}
