//! Routes between hosts, and what lets packets pass: on a node, or on a hypervisor between them.
//!
//! [`plan`] compares a [`RouteIntent`] with what was [`Observed`](crate::observed::Observed). A route is
//! put in force and written where whatever keeps the interface's settings reads it at boot; what was
//! changed is in a record of its own, beside the host's.

mod forward;
mod intent;
mod keep;
mod place;
mod plan;
mod remarks;
mod retired;
mod settings;
#[cfg(test)]
mod tailnet_tests;
#[cfg(test)]
mod tests;

pub use forward::{CHAIN, FORWARD_UNIT};
pub use intent::{RouteIntent, RpFilter, StaticRoute};
pub use keep::profile_text;
pub use plan::{left, plan, watched_sysctls};
pub use remarks::remarks;
pub use retired::is_moved;
pub use settings::settings;

/// Where what was changed for routes is kept.
pub const RECORD: &str = "/var/lib/terraform-provider-kubeadm/routes.json";

/// Units whose state is looked at.
pub const UNITS: [&str; 2] = [FORWARD_UNIT, keep::UNIT];

/// Files whose content is looked at, besides those in directories of networkd's files.
pub const FILES: [&str; 5] =
    [forward::SCRIPT, forward::UNIT_FILE, keep::UNIT_FILE, keep::HOOK, plan::SYSCTL_FILE];

/// Whether a file is what networkd reads beside the file of an interface, and ours.
#[must_use]
pub fn is_dropin(path: &str) -> bool {
    keep::is_dropin(path)
}
