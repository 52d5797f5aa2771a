//! Who serves an endpoint that is a route in the hosts' tailnet, and who may.

use super::endpoint_reach::ANSWER;
use super::subject::Subject;
use super::tailnet::START;
use super::wait::{Look, Wait};
use crate::Operator;
use crate::error::{ErrorKind, OperateError};
use cluster::Finding;
use cluster::endpoint::{
    Approval, Servers, advice, approval, approval_hidden, not_approved, require_tailnet, route,
    seen_by_clients, served_by_others, stranger,
};
use cluster::intent::NodeReference;
use cluster::membership::Role;
use cluster::observed::{Fact, Tailnet, others_that_serve};
use futures::future::join_all;
use host::{Command, Host};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How long a client may take to tell what it sees.
const LOOK: Duration = Duration::from_secs(10);

impl Subject<'_> {
    /// A route to the address that a stranger serves would be taken for ours.
    pub(super) async fn require_free_route(&self, address: IpAddr) -> Result<(), OperateError> {
        let mut members = Vec::new();
        for node in self.peers() {
            match self.operator.observe_node(&node, self.cancel).await.map(|it| it.tailnet.clone())
            {
                Ok(Fact::Known(tailnet)) => members.extend(tailnet.addresses),
                Ok(Fact::Absent) => {}
                Err(error) if error.is_cancelled() => return Err(error),
                // It may be the one that serves.
                Ok(Fact::Unreadable(_)) | Err(_) => return Ok(()),
            }
        }
        let others = seen_from(&self.site.host, address).await.unwrap_or_default();
        match stranger(&others, &members) {
            Some(stranger) => Err(self.unfit(served_by_others(address, &stranger.to_string()))),
            None => Ok(()),
        }
    }

    /// Sees to it that the control server lets the host serve the address, as far as that can be known.
    pub(super) async fn await_approval(&self, address: IpAddr) -> Result<(), OperateError> {
        if let Some(api) = self.operator.tailscale_api() {
            let given = self.approval(address).await?.0 == Approval::Given;
            return if given { Ok(()) } else { self.approve(api, address).await };
        }
        let what = format!("the control server to approve the route {}", route(address));
        let wait = Wait { what: &what, limit: START, cancel: self.cancel };
        let approved = wait.until(|| async {
            Ok(match self.approval(address).await?.0 {
                Approval::Given | Approval::Hidden => Look::Met(()),
                Approval::Missing => Look::NotYet("it is advertised alone".to_owned()),
            })
        });
        match approved.await {
            Err(error) if error.kind == ErrorKind::Timeout => {
                let (_, tailnet) = self.approval(address).await?;
                Err(self.unfit(not_approved(address, self.name(), &tailnet, false)))
            }
            other => other,
        }
    }

    /// Until somebody serves the address: what the host itself sees of it is its own loopback.
    pub(super) async fn await_route(&self, address: IpAddr) -> Result<(), OperateError> {
        let what = format!("a host of the tailnet to serve {}", route(address));
        let wait = Wait { what: &what, limit: ANSWER, cancel: self.cancel };
        let served = wait.until(|| async {
            let observed = self.look().await?;
            let tailnet = observed.tailnet.known().cloned().unwrap_or_default();
            let servers = self.servers(address, &tailnet).await;
            let nobody = || Look::NotYet("no host is seen to".to_owned());
            Ok(if servers.lead_somewhere() { Look::Met(()) } else { nobody() })
        });
        served.await.map_err(|error| error.advise(advice(&self.cluster().endpoint.kind)))
    }

    /// What the user should hear of a host that stands by. That nothing can be said of it is no reason for an
    /// apply to fail that is done.
    pub(super) async fn tailnet_reservation(&self) -> Result<Option<Finding>, OperateError> {
        let Some(address) = self.advertised_address() else { return Ok(None) };
        if self.operator.tailscale_api().is_some() || self.intent.role() == Role::Worker {
            return Ok(None);
        }
        match self.approval(address).await {
            Ok((Approval::Hidden, tailnet)) => {
                Ok(Some(approval_hidden(address, self.name(), &tailnet)))
            }
            Err(error) if error.is_cancelled() => Err(error),
            Ok(_) | Err(_) => Ok(None),
        }
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
        let here = seen_from(&self.site.host, address).await.unwrap_or_default();
        Servers::seen(&tailnet.addresses, &here, &elsewhere)
    }
}

impl Operator {
    /// What clients see at an endpoint that is a route in the tailnet, where control plane hosts have `seen` their own
    /// loopbacks. A host alone knows nothing of it.
    pub(super) async fn led_by_tailnet(
        &self,
        address: IpAddr,
        hosts: &[NodeReference],
        seen: BTreeMap<String, Option<String>>,
    ) -> BTreeMap<String, Option<String>> {
        let cancel = CancellationToken::new();
        let looks = hosts.iter().map(|node| async {
            let tailnet = self.observe_node(node, &cancel).await.ok()?.tailnet.known()?.clone();
            let servers = seen_from(&self.host(node).ok()?, address).await?;
            Some((node.name.clone(), tailnet.addresses, servers))
        });
        let looks: Vec<_> = join_all(looks).await.into_iter().flatten().collect();
        if looks.len() < 2 {
            return seen;
        }
        let name = |server: &Vec<IpAddr>| {
            let is_it = |own: &[IpAddr]| own.iter().any(|one| server.contains(one));
            let known = looks.iter().find(|(_, own, _)| is_it(own)).map(|(name, ..)| name.clone());
            known.or_else(|| server.first().map(ToString::to_string))
        };
        let servers = looks.iter().flat_map(|(_, _, servers)| servers).filter_map(name).collect();
        seen_by_clients(seen, &servers)
    }
}

/// Addresses of each host but the one that is asked that serves the address; none where it does not answer.
async fn seen_from(host: &Host, address: IpAddr) -> Option<Vec<Vec<IpAddr>>> {
    let ask = Command::new("tailscale").args(["status", "--json"]).timeout(LOOK);
    let output = host.run(&ask).await.ok().filter(host::Output::success)?;
    others_that_serve(&route(address), &output.stdout_text())
}
