//! The endpoint as a route in the hosts' tailnet.

use super::subject::Subject;
use super::wait::{Look, Wait};
use crate::error::{ErrorKind, OperateError};
use crate::node::act;
use crate::record_file::{read_record, write_record};
use cluster::Finding;
use cluster::endpoint::{
    Approval, Servers, TAILSCALE, approval, approval_hidden, not_approved, note_preference,
    reach_endpoint, require_tailnet, route, served_by_others, was_attached,
};
use cluster::intent::EndpointKind;
use cluster::node::{Action, Change, Scope};
use cluster::observed::{Fact, Tailnet, others_that_serve};
use futures::future::join_all;
use host::{Command, Host};
use std::net::IpAddr;
use std::time::Duration;

/// How long a client may take to tell what it sees.
const LOOK: Duration = Duration::from_secs(10);

/// How long a control server may take until it has let a host serve a route.
const APPROVAL: Duration = Duration::from_secs(15);

impl Subject<'_> {
    /// The endpoint's address, where it is a route in a tailnet.
    pub(super) fn advertised_address(&self) -> Option<IpAddr> {
        match &self.cluster().endpoint.kind {
            EndpointKind::Tailscale(kind) => Some(kind.address),
            _ => None,
        }
    }

    /// Before a control plane host joins: until it serves the endpoint itself it goes by the others. It may
    /// serve it from an apply that ended before the cluster began there.
    pub(super) async fn reach_endpoint_by_tailnet(&self) -> Result<(), OperateError> {
        let Some(address) = self.advertised_address() else { return Ok(()) };
        let mut record = read_record(&self.site).await?;
        let mut observed = self.look().await?;
        if was_attached(&record) && observed.network.has_address(address) == Fact::Known(true) {
            let stop = Action::StopUnit(TAILSCALE.to_owned());
            act(&self.site, &mut record, Scope::Endpoint, &stop).await?;
            observed = self.look().await?;
        }
        let tailnet = require_tailnet(self.name(), &observed);
        let step = reach_endpoint(tailnet.map_err(|finding| self.unfit(finding))?, &observed);
        self.make(Scope::Membership, &Vec::from_iter(step)).await
    }

    /// Before a host serves the endpoint, by a service that changes its client's preferences.
    pub(super) async fn note_preference(&self) -> Result<(), OperateError> {
        let observed = self.look().await?;
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

    /// A host that serves the endpoint no longer goes by the others that do, until it is no member any more.
    pub(super) async fn go_by_others(&self) -> Result<(), OperateError> {
        let mut record = read_record(&self.site).await?;
        if record.change(Change::ACCEPT_ROUTES).is_none() {
            return Ok(());
        }
        act(&self.site, &mut record, Scope::Membership, &Action::AcceptRoutes(true)).await?;
        self.operator.forget(self.node());
        Ok(())
    }

    /// Puts the client's preference back where the endpoint is of another kind by now.
    pub(super) async fn restore_preference(&self) -> Result<(), OperateError> {
        let mut record = read_record(&self.site).await?;
        let Some(Change::AcceptRoutes { before }) = record.change(Change::ACCEPT_ROUTES).cloned()
        else {
            return Ok(());
        };
        act(&self.site, &mut record, Scope::Membership, &Action::AcceptRoutes(before)).await?;
        record.forget(Change::ACCEPT_ROUTES);
        write_record(&self.site, &record).await?;
        self.operator.forget(self.node());
        Ok(())
    }

    /// A route to the address that a stranger serves would be taken for ours.
    pub(super) async fn require_free_route(&self, address: IpAddr) -> Result<(), OperateError> {
        let mut members = Vec::new();
        for node in self.peers() {
            match self.operator.observe_node(&node, self.cancel).await {
                Ok(it) => members.extend(it.tailnet.known().cloned().unwrap_or_default().addresses),
                Err(error) if error.is_cancelled() => return Err(error),
                // It may be the one that serves.
                Err(_) => return Ok(()),
            }
        }
        let others = seen_from(&self.site.host, address).await;
        let is_stranger = |one: &&Vec<IpAddr>| !one.iter().any(|it| members.contains(it));
        match others.iter().flatten().find(is_stranger).and_then(|one| one.first()) {
            Some(stranger) => Err(self.unfit(served_by_others(address, &stranger.to_string()))),
            None => Ok(()),
        }
    }

    /// Sees to it that the control server lets the host serve the address, as far as that can be known.
    pub(super) async fn await_approval(&self, address: IpAddr) -> Result<(), OperateError> {
        if let Some(api) = self.operator.tailscale_api() {
            return self.approve(api, address).await;
        }
        let what = format!("the control server to approve the route {}", route(address));
        let wait = Wait { what: &what, limit: APPROVAL, cancel: self.cancel };
        let approved = wait.until(|| async {
            Ok(match self.approval(address).await?.0 {
                Approval::Given | Approval::Hidden => Look::Met(()),
                Approval::Missing => Look::NotYet("it is advertised alone".to_owned()),
            })
        });
        match approved.await {
            Err(error) if error.kind == ErrorKind::Timeout => {
                let (_, tailnet) = self.approval(address).await?;
                Err(self.unfit(not_approved(address, self.name(), &tailnet)))
            }
            other => other,
        }
    }

    /// What the user should hear of a host that stands by.
    pub(super) async fn tailnet_reservation(&self) -> Result<Option<Finding>, OperateError> {
        let Some(address) = self.advertised_address() else { return Ok(None) };
        if self.operator.tailscale_api().is_some() {
            return Ok(None);
        }
        let (approval, tailnet) = self.approval(address).await?;
        let hidden = approval == Approval::Hidden;
        Ok(hidden.then(|| approval_hidden(address, self.name(), &tailnet)))
    }

    async fn approval(&self, address: IpAddr) -> Result<(Approval, Tailnet), OperateError> {
        let observed = self.look().await?;
        let tailnet = require_tailnet(self.name(), &observed);
        let tailnet = tailnet.map_err(|finding| self.unfit(finding))?.clone();
        let servers = self.servers(address, &tailnet).await;
        Ok((approval(address, &tailnet, servers), tailnet))
    }

    /// Who serves the address, seen from this host and from the others of the control plane.
    async fn servers(&self, address: IpAddr, tailnet: &Tailnet) -> Servers {
        let looking = self.operator.looking();
        let peers: Vec<Host> =
            self.peers().iter().filter_map(|node| looking.host(node).ok()).collect();
        let looks = peers.iter().map(|host| seen_from(host, address));
        let elsewhere: Vec<Vec<Vec<IpAddr>>> =
            join_all(looks).await.into_iter().flatten().collect();
        let here = seen_from(&self.site.host, address).await;
        let is_own = |one: &Vec<IpAddr>| one.iter().any(|it| tailnet.addresses.contains(it));
        let servers = || elsewhere.iter().chain(&here).flatten();
        Servers {
            itself: servers().any(is_own),
            another: servers().any(|one| !is_own(one)),
            was_asked: !elsewhere.is_empty(),
        }
    }
}

/// Addresses of each host but the one that is asked that serves the address; none where it does not answer.
async fn seen_from(host: &Host, address: IpAddr) -> Option<Vec<Vec<IpAddr>>> {
    let ask = Command::new("tailscale").args(["status", "--json"]).timeout(LOOK);
    let output = host.run(&ask).await.ok().filter(host::Output::success)?;
    Some(others_that_serve(&route(address), &output.stdout_text()))
}
