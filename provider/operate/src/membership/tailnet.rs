//! A host on its way into and out of an endpoint that is a route in its tailnet.

use super::subject::Subject;
use super::wait::{Look, Wait};
use crate::error::{ErrorKind, OperateError};
use crate::node::act;
use crate::record_file::{read_record, write_record};
use crate::site::Site;
use cluster::endpoint::{
    TAILSCALE, note_preference, reach_endpoint, require_tailnet, was_attached,
};
use cluster::intent::EndpointKind;
use cluster::membership::Role;
use cluster::node::{Action, Change, Scope, undo};
use cluster::observed::{Fact, Observed};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

/// How long a client may take until it is in its tailnet, and a control server until it has let a host serve a
/// route.
pub(super) const START: Duration = Duration::from_secs(15);

impl Subject<'_> {
    /// The endpoint's address, where it is a route in a tailnet.
    pub(super) fn advertised_address(&self) -> Option<IpAddr> {
        match &self.cluster().endpoint.kind {
            EndpointKind::Tailscale(kind) => Some(kind.address),
            _ => None,
        }
    }

    /// Refuses a host that is in no tailnet before anything is made of it, where its endpoint is a route there.
    pub(super) async fn require_tailnet(&self) -> Result<(), OperateError> {
        if self.advertised_address().is_none() || self.intent.role() == Role::Worker {
            return Ok(());
        }
        self.in_tailnet().await.map(drop)
    }

    /// What the host sees once it is in its tailnet: a client that has just been started takes a moment.
    async fn in_tailnet(&self) -> Result<Arc<Observed>, OperateError> {
        let wait = Wait { what: "the host's tailnet", limit: START, cancel: self.cancel };
        let reached = wait.until(|| async {
            let observed = self.look().await?;
            Ok(match require_tailnet(self.name(), &observed) {
                Err(finding) if observed.tailnet.is_absent() => return Err(self.unfit(finding)),
                Err(finding) => Look::NotYet(finding.detail),
                Ok(_) => Look::Met(observed),
            })
        });
        match reached.await {
            Err(error) if error.kind == ErrorKind::Timeout => {
                let observed = self.look().await?;
                let found = require_tailnet(self.name(), &observed).map(drop);
                found.map_or_else(|finding| Err(self.unfit(finding)), |()| Ok(observed.clone()))
            }
            other => other,
        }
    }

    /// Before a control plane host joins: until it serves the endpoint itself it goes by the others. It may
    /// serve it from an apply that ended before the cluster began there.
    pub(super) async fn reach_endpoint_by_tailnet(&self) -> Result<(), OperateError> {
        let Some(address) = self.advertised_address() else { return Ok(()) };
        stop_serving(&self.site, address).await?;
        let observed = self.in_tailnet().await?;
        let tailnet = require_tailnet(self.name(), &observed);
        let step = reach_endpoint(tailnet.map_err(|finding| self.unfit(finding))?, &observed);
        self.make(Scope::Membership, &Vec::from_iter(step)).await
    }

    /// Before the cluster begins here: hosts on which an earlier apply was about to begin would lead others to
    /// themselves. One that does not answer leads nobody.
    pub(super) async fn serve_alone(&self, address: IpAddr) -> Result<(), OperateError> {
        let looking = self.operator.looking();
        for node in self.peers() {
            let site = Site::new(&looking, &node, self.cancel)?;
            match stop_serving(&site, address).await {
                Err(error) if error.is_cancelled() => return Err(error),
                Err(error) => {
                    tracing::warn!(host = %node.name, %error, "it may serve the endpoint");
                }
                Ok(()) => {}
            }
        }
        Ok(())
    }

    /// Before a host serves the endpoint, by a service that changes its client's preferences.
    pub(super) async fn note_preference(&self) -> Result<(), OperateError> {
        let observed = self.in_tailnet().await?;
        let tailnet = require_tailnet(self.name(), &observed);
        let tailnet = tailnet.map_err(|finding| self.unfit(finding))?;
        if let Some(change) = note_preference(tailnet, &observed) {
            let mut record = read_record(&self.site).await?;
            record.add(Scope::Membership, change);
            write_record(&self.site, &record).await?;
            self.operator.forget(self.node());
        }
        Ok(())
    }

    /// A host that serves the endpoint no longer goes by the others that do, until it is no member any more. A
    /// client that does not answer keeps nobody from leaving.
    pub(super) async fn go_by_others(&self) -> Result<(), OperateError> {
        let mut record = read_record(&self.site).await?;
        let observed = self.look().await?;
        if observed.tailnet.is_unreadable() {
            tracing::warn!(
                host = self.name(),
                "its client does not answer, and may advertise the endpoint again"
            );
        }
        if record.change(Change::ACCEPT_ROUTES).is_none() || observed.tailnet.known().is_none() {
            return Ok(());
        }
        act(&self.site, &mut record, Scope::Membership, &Action::AcceptRoutes(true)).await?;
        self.operator.forget(self.node());
        Ok(())
    }

    /// Puts the client's preference back where the endpoint is of another kind by now, unless the client is gone.
    pub(super) async fn restore_preference(&self) -> Result<(), OperateError> {
        let mut record = read_record(&self.site).await?;
        let Some(change) = record.change(Change::ACCEPT_ROUTES).cloned() else { return Ok(()) };
        let observed = self.look().await?;
        if observed.tailnet.is_unreadable() {
            tracing::warn!(host = self.name(), "its client's preference is put back another time");
            return Ok(());
        }
        for action in undo(&change, &observed) {
            act(&self.site, &mut record, Scope::Membership, &action).await?;
        }
        record.forget(Change::ACCEPT_ROUTES);
        write_record(&self.site, &record).await?;
        self.operator.forget(self.node());
        Ok(())
    }
}

/// Ends the service on a host that serves the address without an API server beside it.
async fn stop_serving(site: &Site<'_>, address: IpAddr) -> Result<(), OperateError> {
    let mut record = read_record(site).await?;
    let serves = site.look().await?.network.has_address(address) == Fact::Known(true);
    if was_attached(&record) && serves {
        let unit = TAILSCALE.to_owned();
        for action in [Action::DisableUnit(unit.clone()), Action::StopUnit(unit)] {
            act(site, &mut record, Scope::Endpoint, &action).await?;
        }
        site.operator.forget(site.node);
    }
    Ok(())
}
