//! A control plane host's part of the cluster's endpoint.

use super::endpoint_reach::ANSWER;
use super::subject::{Subject, summary};
use super::wait::{Look, Wait};
use crate::error::{ErrorKind, OperateError};
use crate::node::{act, release_changes, sound};
use crate::record_file::{read_record, write_record};
use cluster::endpoint::{
    Attachment, BeforeCluster, KEEPALIVED, attachment, has_keepalived, install, is_retired, left,
    plan, was_attached,
};
use cluster::membership::Serving;
use cluster::node::{Action, Releases, Scope, Step as HostStep};
use cluster::observed::UnitState;
use cluster::static_pod::{is_ready, mirrors};
use host::Command;
use std::net::IpAddr;
use std::time::Duration;

/// How long services may take until they run, after which a fault is assumed.
const START: Duration = Duration::from_secs(30);

/// How long what held the address may take to end.
const RELEASE: Duration = Duration::from_secs(10);

impl Subject<'_> {
    /// Installs what will serve the endpoint, which takes its time, and changes nothing for others.
    pub(crate) async fn install_endpoint(&self) -> Result<(), OperateError> {
        if let Some(attachment) = self.attachment(Serving::BeforeCluster).await? {
            let step = install(&attachment, &*self.observe().await?);
            let step = step.map_err(|finding| self.unfit(finding))?;
            self.make(Scope::Endpoint, &Vec::from_iter(step)).await?;
        }
        Ok(())
    }

    /// Makes the host serve the endpoint as it should; what it has of another kind goes first.
    pub(crate) async fn attach_endpoint(&self, serving: Serving) -> Result<(), OperateError> {
        let mut observed = self.look().await?;
        let wanted = self.attachment(serving).await?;
        if observed.record.known().is_some_and(|record| is_retired(wanted.as_ref(), record)) {
            self.withdraw_endpoint().await?;
            observed = self.look().await?;
        }
        match wanted.as_ref().and_then(|wanted| wanted.advertised) {
            Some(address) if serving == Serving::BeforeCluster => {
                self.serve_alone(address).await?;
                self.note_preference().await?;
            }
            Some(_) => self.note_preference().await?,
            None => self.restore_preference().await?,
        }
        let Some(wanted) = wanted else { return Ok(()) };
        if !observed.record.known().is_some_and(was_attached) {
            self.require_free_address().await?;
        }
        let steps = plan(&wanted, &observed).map_err(|finding| self.unfit(finding))?;
        self.make(Scope::Endpoint, &steps).await?;
        self.await_services(&wanted).await?;
        if let Some(address) = wanted.advertised {
            self.await_approval(address).await?;
        }
        match (serving, wanted.before_cluster) {
            (Serving::BeforeCluster, BeforeCluster::Held) => self.await_address().await,
            (Serving::BeforeCluster, BeforeCluster::Free) => Ok(()),
            (Serving::Cluster, _) => {
                self.await_endpoint().await?;
                if let Some(address) = wanted.advertised {
                    self.await_route(address).await?;
                }
                self.await_endpoint_pod(&wanted).await
            }
        }
    }

    /// Leaves the endpoint to others: its address first, so that nobody is led to what ends then.
    pub(crate) async fn withdraw_endpoint(&self) -> Result<(), OperateError> {
        let mut record = read_record(&self.site).await?;
        let observed = self.look().await?;
        let runs = observed.units.unit(KEEPALIVED).known().is_some_and(UnitState::is_active);
        if runs && has_keepalived(&record) {
            let stop = Action::StopUnit(KEEPALIVED.to_owned());
            act(&self.site, &mut record, Scope::Endpoint, &stop).await?;
        }
        release_changes(&self.site, Releases::Endpoint).await?;
        self.take_address_off().await?;
        self.go_by_others().await
    }

    /// As [`crate::site::Site::remove_packages`], on a host that may have served the endpoint until now.
    pub(crate) async fn remove_packages_and_endpoint(&self) -> Result<(), OperateError> {
        let served = self.state().await?.serves_endpoint;
        self.remove_packages().await?;
        if served { self.take_address_off().await } else { Ok(()) }
    }

    /// What held the address takes it along when it ends, unless it was killed.
    async fn take_address_off(&self) -> Result<(), OperateError> {
        let Some(address) = self.cluster().endpoint.kind.virtual_address() else { return Ok(()) };
        let wait =
            Wait { what: "the endpoint's address to go", limit: RELEASE, cancel: self.cancel };
        let gone = wait.until(|| async {
            let held = self.held_at(address).await?;
            Ok(held.map_or(Look::Met(()), |interface| Look::NotYet(format!("{interface} has it"))))
        });
        match gone.await {
            Err(error) if error.kind == ErrorKind::Timeout => {}
            other => return other,
        }
        let Some(interface) = self.held_at(address).await? else { return Ok(()) };
        let prefix = if address.is_ipv4() { 32 } else { 128 };
        let delete = Command::new("ip").args(["address", "delete"]);
        let delete = delete.arg(format!("{address}/{prefix}")).args(["dev", interface.as_str()]);
        self.require("take the endpoint's address off", &delete).await?;
        self.operator.forget(self.node());
        Ok(())
    }

    /// The interface that has the address.
    async fn held_at(&self, address: IpAddr) -> Result<Option<String>, OperateError> {
        let observed = self.look().await?;
        let mut all = observed.network.addresses.known().into_iter().flatten();
        let found = all.find(|one| one.address.addr() == address);
        Ok(found.map(|one| one.interface.clone()))
    }

    /// The kubelet may not be able to run what was written for it: then the host serves nobody.
    async fn await_endpoint_pod(&self, wanted: &Attachment) -> Result<(), OperateError> {
        let Some(manifest) = wanted.static_pods.values().next() else { return Ok(()) };
        let name = format!("kube-vip-{}", self.name());
        let what = format!("the pod {name} to run as its manifest says");
        let wait = Wait { what: &what, limit: ANSWER, cancel: self.cancel };
        wait.until(|| async {
            let pod = match self.kubernetes().await {
                Ok(kubernetes) => kubernetes.mirror_of(&name).await,
                Err(error) if error.is_cancelled() => return Err(error),
                Err(error) => return Ok(Look::NotYet(summary(&error))),
            };
            Ok(match pod {
                Ok(Some(pod)) if mirrors(&pod, &manifest.content) && is_ready(&pod) => {
                    Look::Met(())
                }
                Ok(Some(_)) => Look::NotYet("it is not ready by this manifest".to_owned()),
                Ok(None) => Look::NotYet("the API has no such pod".to_owned()),
                Err(error) => Look::NotYet(summary(&error)),
            })
        })
        .await
        .map_err(|error| error.advise(NO_POD))
    }

    async fn attachment(&self, serving: Serving) -> Result<Option<Attachment>, OperateError> {
        let observed = self.observe().await?;
        let attachment = attachment(self.cluster(), self.node(), &observed, serving);
        attachment.map_err(|finding| self.unfit(finding))
    }

    pub(super) fn unfit(&self, finding: cluster::Finding) -> OperateError {
        let intent = format!("let host {} serve the cluster's endpoint", self.name());
        OperateError::refused(intent, vec![finding]).on(self.operator.label(self.node()))
    }

    /// Carries host steps out; what they change is in the record before.
    pub(super) async fn make(&self, scope: Scope, steps: &[HostStep]) -> Result<(), OperateError> {
        if steps.is_empty() {
            return Ok(());
        }
        let mut record = read_record(&self.site).await?;
        sound(steps, &record)?;
        let changes = steps.iter().flat_map(|step| step.changes.iter().cloned());
        changes.for_each(|change| record.add(scope, change));
        self.operator.forget(self.node());
        write_record(&self.site, &record).await?;
        for action in steps.iter().flat_map(|step| &step.actions) {
            act(&self.site, &mut record, scope, action).await?;
        }
        self.operator.forget(self.node());
        Ok(())
    }

    async fn await_services(&self, attachment: &Attachment) -> Result<(), OperateError> {
        let what = format!("the endpoint's services on {}", self.name());
        let wait = Wait { what: &what, limit: START, cancel: self.cancel };
        let waited = wait.until(|| async {
            let left = left(attachment, &*self.look().await?);
            Ok(left.first().map_or(Look::Met(()), |first| Look::NotYet(first.to_string())))
        });
        match waited.await {
            Err(error) if error.kind == ErrorKind::Timeout => {
                let mut journal = String::new();
                for service in &attachment.services {
                    journal.push_str(&self.journal(service.unit).await);
                }
                Err(error.with_journal(&journal))
            }
            other => other,
        }
    }
}

const NO_POD: &str = "the kubelet's journal and the pod's events tell what it lacks, such as its image: \
     give endpoint.kube_vip.image, or a mirror of its registry";
