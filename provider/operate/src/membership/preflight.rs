//! What is looked at before a host becomes a member: everything is told at once, and nothing has
//! been changed then.

use super::subject::{Subject, summary};
use crate::error::OperateError;
use crate::reach::Trial;
use cluster::documents::kubelet_configuration;
use cluster::flannel::too_large;
use cluster::intent::NodeReference;
use cluster::membership::{InitPhases, Step};
use cluster::node::{MemberRequirements, member_preflight};
use cluster::reach::{Protocol, ports_of_a_join, unreached};
use cluster::{Finding, Severity};
use std::net::IpAddr;

/// The finding that the user may know of and accept.
const UNREACHED: &str = "PF-REACH";

impl Subject<'_> {
    /// Refuses a host that cannot become a member, unless it is one, wholly or in part.
    pub(crate) async fn preflight(&self, steps: &[Step]) -> Result<(), OperateError> {
        let begins = |step: &Step| matches!(step, Step::Initialize(InitPhases::All) | Step::Join);
        if steps.iter().any(begins) {
            self.require_tailnet().await?;
        }
        if !steps.iter().any(begins) || steps.contains(&Step::Reset) {
            return Ok(());
        }
        let mut errors = member_preflight(&self.requirements(), &*self.observe().await?);
        if initializes(steps) {
            errors.extend(self.external_etcd().await?);
        }
        errors.retain(Finding::is_error);
        self.refuse(errors)
    }

    /// Refuses a host about to join that the control plane does not reach. Whether it was looked at: there
    /// may be nothing to join yet.
    pub(crate) async fn require_reach(&self, steps: &[Step]) -> Result<bool, OperateError> {
        let ignored = self.intent.ignored_preflight_errors().contains(UNREACHED);
        if ignored || !steps.contains(&Step::Join) || steps.contains(&Step::Reset) {
            return Ok(ignored);
        }
        self.refuse(self.unreached().await?)?;
        Ok(true)
    }

    fn refuse(&self, errors: Vec<Finding>) -> Result<(), OperateError> {
        if errors.is_empty() {
            return Ok(());
        }
        let intent = format!("prepare host {} for its membership", self.name());
        Err(OperateError::refused(intent, errors).on(self.operator.label(self.node())))
    }

    /// What refused nothing, and may hurt later.
    pub(super) async fn reservations(&self) -> Result<Vec<Finding>, OperateError> {
        let mut findings = member_preflight(&self.requirements(), &*self.observe().await?);
        findings.retain(|finding| finding.severity == Severity::Warning);
        findings.extend(self.tailnet_reservation().await?);
        Ok(findings)
    }

    /// The files of an external etcd come with a join; on the host that begins the cluster they have
    /// to be there.
    async fn external_etcd(&self) -> Result<Vec<Finding>, OperateError> {
        let Some(external) = self.cluster().etcd.external() else { return Ok(Vec::new()) };
        let files: Vec<String> = external.files().map(str::to_owned).collect();
        let missing = self.missing(&files).await?;
        if !missing.is_empty() {
            return Ok(missing.iter().map(|path| no_etcd_file(self.name(), path)).collect());
        }
        match self.operator.objects_in_etcd(self.cluster(), self.node()).await {
            Ok(0) => Ok(Vec::new()),
            Ok(count) => Ok(vec![etcd_in_use(count)]),
            Err(error) => Ok(vec![no_external_etcd(self.name(), &summary(&error))]),
        }
    }

    /// What of a host that is about to join the control plane does not reach: the API servers ask its
    /// kubelet, and pods are in one network with theirs.
    async fn unreached(&self) -> Result<Vec<Finding>, OperateError> {
        let peers = self.peers();
        let announced = self.node().announced(&self.context().await?.local_addresses);
        let overlay = self.operator.find_flannel(&peers, self.cancel).await;
        let observed = self.observe().await?;
        let default = observed.network.default_addresses();
        let flannel = overlay.ok().flatten();
        let mtu = flannel.as_ref().and_then(|flannel| too_large(flannel, self.name(), &observed));
        let overlay = flannel.and_then(|flannel| flannel.overlay_port_at(announced?, &default));
        let etcd = self.advertised().filter(|_| self.cluster().etcd.external().is_none());
        let tried = ports_of_a_join(announced, etcd, overlay);
        let trial =
            |(peer, (address, port, protocol)): (&NodeReference, &(IpAddr, u16, Protocol))| Trial {
                from: peer.clone(),
                to: self.node().clone(),
                address: address.to_string(),
                port: *port,
                protocol: *protocol,
            };
        let pairs = peers.iter().flat_map(|peer| tried.iter().map(move |one| (peer, one)));
        let trials: Vec<Trial> = pairs.map(trial).collect();
        let reached = self.operator.looking().reach(&trials, &[], self.cancel).await?;
        let missed = reached.iter().filter(|it| it.outcome.is_reached() == Some(false));
        let missed = missed.map(|it| unreached(&it.way, it.outcome, it.cause.as_deref()));
        Ok(missed.chain(mtu).collect())
    }

    /// Which of these files the host does not have.
    pub(crate) async fn missing(&self, files: &[String]) -> Result<Vec<String>, OperateError> {
        let mut missing = Vec::new();
        for path in files {
            if self.read("look for what members share", path).await?.is_none() {
                missing.push(path.clone());
            }
        }
        Ok(missing)
    }

    fn requirements(&self) -> MemberRequirements {
        let ignored = self.intent.ignored_preflight_errors();
        let networking = &self.cluster().networking;
        let pods = networking.pod_subnet.map(|subnet| ("pods", subnet));
        MemberRequirements {
            role: self.intent.role(),
            networks: pods.into_iter().chain([("services", networking.service_subnet)]).collect(),
            kubelet: kubelet_configuration(self.cluster()),
            advertise_address: self.advertised(),
            pause_image: self.cluster().pause_image(),
            ignored: ignored.into_iter().map(str::to_owned).collect(),
        }
    }
}

fn initializes(steps: &[Step]) -> bool {
    steps.iter().any(|step| matches!(step, Step::Initialize(_)))
}

fn no_etcd_file(host: &str, path: &str) -> Finding {
    let summary = format!("{path} is missing on {host}");
    Finding::error("PF-ETCD-FILES", summary)
        .because("etcd is external, and kubeadm init reaches it with the files of etcd.external")
        .advise("Put the file on every control plane host that is there when the cluster begins, then apply again; to later members it comes with the join")
}

/// What another cluster keeps there would be taken for this one's.
fn etcd_in_use(count: u64) -> Finding {
    let summary = format!("the external etcd holds {count} objects of a cluster already");
    Finding::error("PF-ETCD-IN-USE", summary)
        .because("kubeadm init begins a cluster, which needs an etcd of its own")
        .advise("Name another etcd; if nothing there is needed any more, run `etcdctl del /registry/ --prefix` against it, then apply again")
}

fn no_external_etcd(host: &str, reason: &str) -> Finding {
    Finding::error("PF-ETCD-SILENT", format!("the external etcd was not reached from {host}"))
        .because(reason.to_owned())
        .advise("See that its servers run, that the host reaches the endpoints of etcd.external, and that the files named there fit them, then apply again")
}
