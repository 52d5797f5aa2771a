//! What a host must be in a tailnet to reach the endpoint, or to serve it.

use super::tailscale::route;
use crate::finding::Finding;
use crate::node::{Action, Area, Change, Difference, Parts, Step};
use crate::observed::{Fact, Observed, Tailnet};
use std::net::IpAddr;

/// A host that is in no tailnet serves and reaches nobody there.
///
/// # Errors
/// When it is in none.
pub fn require_tailnet<'o>(host: &str, observed: &'o Observed) -> Result<&'o Tailnet, Finding> {
    let outside = |why: String| {
        Finding::error("PF-TAILSCALE", format!("{host} is in no tailnet")).because(why).advise(
            "Install Tailscale's client there and enrol the host, by `tailscale up` with its auth key, such as \
             when the machine is made; then apply again",
        )
    };
    match &observed.tailnet {
        Fact::Known(tailnet) if tailnet.is_running() => Ok(tailnet),
        Fact::Known(tailnet) => Err(outside(format!("its client says {}", tailnet.state))),
        Fact::Absent => Err(outside("it has no program tailscale".to_owned())),
        Fact::Unreadable(reason) => {
            let summary = format!("Tailscale's client of {host} does not answer");
            Err(Finding::error("PF-TAILSCALE", summary)
                .because(reason.clone())
                .advise("See `systemctl status tailscaled` there, then apply again"))
        }
    }
}

/// What a host that is about to join needs: it reaches the endpoint by a route of the others. What the client
/// did before is noted for the day on which the host leaves.
#[must_use]
pub fn reach_endpoint(tailnet: &Tailnet, observed: &Observed) -> Option<Step> {
    preference(tailnet, observed, true)
}

/// What is noted before a host serves the endpoint itself.
#[must_use]
pub fn note_preference(tailnet: &Tailnet, observed: &Observed) -> Option<Change> {
    let record = observed.record.known();
    let is_noted = record.is_some_and(|record| record.change(Change::ACCEPT_ROUTES).is_some());
    (!is_noted).then_some(Change::AcceptRoutes { before: tailnet.accepts_routes })
}

fn preference(tailnet: &Tailnet, observed: &Observed, accepts: bool) -> Option<Step> {
    let mut parts = Parts::default();
    if tailnet.accepts_routes != accepts {
        parts.differences.push(Difference::new(
            "Tailscale's accept-routes",
            accepts.to_string(),
            tailnet.accepts_routes.to_string(),
            "the endpoint is a route of other hosts",
        ));
        parts.changes.extend(note_preference(tailnet, observed));
        parts.actions.push(Action::AcceptRoutes(accepts));
    }
    parts.into_step(Area::EndpointServices)
}

/// Whether the control server lets a host serve the route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Approval {
    /// It does.
    Given,
    /// It does not.
    Missing,
    /// Nobody can tell from here.
    Hidden,
}

/// Who serves the route, as hosts of the tailnet see each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Servers {
    /// The host in question does.
    pub itself: bool,
    /// Another one does.
    pub another: bool,
    /// Whether a host beside the one in question was asked.
    pub was_asked: bool,
}

impl Servers {
    /// Of a host with its `own` addresses: what it sees itself, and each other host that was asked and answered.
    #[must_use]
    pub fn seen(own: &[IpAddr], here: &[Vec<IpAddr>], elsewhere: &[Vec<Vec<IpAddr>>]) -> Self {
        let is_own = |one: &Vec<IpAddr>| one.iter().any(|it| own.contains(it));
        let servers = || elsewhere.iter().flatten().chain(here);
        Self {
            itself: servers().any(is_own),
            another: servers().any(|one| !is_own(one)),
            was_asked: !elsewhere.is_empty(),
        }
    }

    /// Whether somebody serves the route, as far as that can be known: a host alone may not know of itself.
    #[must_use]
    pub fn lead_somewhere(self) -> bool {
        self.itself || self.another || !self.was_asked
    }
}

/// An address of a host that serves the route and is none of the `members`.
#[must_use]
pub fn stranger(servers: &[Vec<IpAddr>], members: &[IpAddr]) -> Option<IpAddr> {
    let is_stranger = |one: &&Vec<IpAddr>| !one.iter().any(|it| members.contains(it));
    servers.iter().find(is_stranger)?.first().copied()
}

/// Whether the control server lets a host serve the endpoint's address.
///
/// Headscale tells the others who serves a route, nobody of those that stand by, and the host itself with some later
/// change (seen with 0.26.1 and 0.29.2). Tailscale's own tells a host at once.
#[must_use]
pub fn approval(address: IpAddr, tailnet: &Tailnet, servers: Servers) -> Approval {
    if servers.itself || tailnet.allowed.contains(&route(address)) {
        Approval::Given
    } else if servers.another || !servers.was_asked && !tailnet.is_tailscales() {
        Approval::Hidden
    } else {
        Approval::Missing
    }
}

/// Said of a route that leads nowhere until somebody approves it, and whether the API was asked to.
#[must_use]
pub fn not_approved(address: IpAddr, host: &str, tailnet: &Tailnet, was_asked: bool) -> Finding {
    let route = route(address);
    let id = &tailnet.id;
    let summary = format!("the route {route} of {host} is advertised and not approved");
    Finding::error("RT-ROUTE-NOT-APPROVED", summary)
        .because(format!(
            "The control server {} lets no host of the tailnet reach the endpoint by it",
            tailnet.control_url
        ))
        .advise(if was_asked {
            "The control server's API took the approval, and shows none: see its log and the tailnet's policy, \
             then apply again"
                .to_owned()
        } else {
            format!(
                "Let the tailnet's policy approve it by autoApprovers for the hosts' tag, or give \
                 tailscale_api in the provider's configuration, or approve it by hand, on the machines page or by \
                 `headscale nodes approve-routes --identifier {id} --routes {route}`; then apply again"
            )
        })
}

/// Said of a host that may be of no help when the others fail.
#[must_use]
pub fn approval_hidden(address: IpAddr, host: &str, tailnet: &Tailnet) -> Finding {
    let route = route(address);
    let summary = format!("whether {host} may serve {route} cannot be seen from there");
    Finding::warning("RT-ROUTE-NOT-APPROVED", summary)
        .because(format!(
            "The control server {} tells of the host that serves a route alone, not of those that may",
            tailnet.control_url
        ))
        .advise(
            "See that the tailnet's policy approves it by autoApprovers, or give tailscale_api in the \
             provider's configuration, which makes sure of it",
        )
}

/// Said before a host serves an address that is a stranger's.
#[must_use]
pub fn served_by_others(address: IpAddr, who: &str) -> Finding {
    let summary = format!("another host of the tailnet serves the endpoint's address {address}");
    Finding::error("PF-ENDPOINT-TAKEN", summary)
        .because(format!("{who} advertises a route to it, and is no control plane host"))
        .advise("Give an address that no host of the tailnet serves, or take the route from that one; then apply again")
}
