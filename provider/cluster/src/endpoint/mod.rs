//! What a control plane host has of the cluster's endpoint, where the hosts serve it themselves.
//!
//! [`attachment`] says what one host is to have; [`plan`] compares it with what was
//! [`Observed`](crate::observed::Observed) and gives the steps of [`crate::node`], whose record puts
//! all of it back; [`left`] says what a step did not reach; [`found`] is what a look shows.

mod attachment;
mod found;
mod haproxy;
mod keepalived;
mod kube_vip;
mod place;
mod plan;
mod reach;
mod tailnet;
mod tailscale;
#[cfg(test)]
mod tailscale_tests;
#[cfg(test)]
mod tests;

use crate::node::Record;

pub use attachment::{Attachment, BeforeCluster, Service, attachment};
pub use found::{Served, found};
pub use plan::{install, is_retired, left, plan, was_attached};
pub use reach::{advice, black_hole, neighbour, seen_by_clients, taken, unreached};
pub use tailnet::{
    Approval, Servers, approval, approval_hidden, not_approved, note_preference, reach_endpoint,
    require_tailnet, served_by_others, stranger,
};
pub use tailscale::route;

/// Files whose content is looked at.
#[must_use]
pub fn watched_files() -> [&'static str; 7] {
    let [script, unit] = tailscale::FILES;
    let [balancer, address, check, drop_in] = keepalived::FILES;
    [balancer, address, check, drop_in, kube_vip::FILE, script, unit]
}

/// Whether a record tells of the service that holds the address by itself, from a unit of its own.
#[must_use]
pub fn has_keepalived(record: &Record) -> bool {
    record.change(&format!("file:{}", keepalived::FILE)).is_some()
}

/// Unit of that service.
pub const KEEPALIVED: &str = keepalived::UNIT;

/// Unit of the service that advertises the address.
pub const TAILSCALE: &str = tailscale::UNIT;

/// Packages that are looked at: those of all kinds.
pub const PACKAGES: [&str; 3] = keepalived::PACKAGES;

/// Units whose state is looked at.
pub const UNITS: [&str; 3] = [haproxy::UNIT, keepalived::UNIT, tailscale::UNIT];
