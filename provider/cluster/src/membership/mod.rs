//! Membership of a host in a cluster: init, join, leave.
//!
//! Planners turn what was found into steps or a refusal; [`check`] holds any plan against the
//! invariants; [`cause`] tells what went wrong when a step failed.

mod abandoned;
pub mod addresses;
pub mod api;
pub mod bootstrap;
pub mod cause;
pub mod check;
pub mod claim;
pub mod drain;
mod facts;
pub mod kube_proxy;
pub mod kubelet_flags;
pub mod kubelet_unit;
pub mod leave;
pub mod member;
pub mod metadata;
pub mod node_object;
pub mod packet_filter;
pub mod preflight;
pub mod refusal;
pub mod remarks;
pub mod restarts;
mod sleep;
pub mod state;
pub mod step;
pub mod worker;

#[cfg(test)]
mod tests;

pub use abandoned::abandoned;
pub use cause::{Cause, Evidence, classify, hopeless};
pub use claim::{Claim, Entry, Role};
pub use refusal::{Lasting, Refusal};
pub use sleep::may_be_asleep;
pub use state::{ClusterFiles, HostState, Ownership};
pub use step::{InitPhases, Serving, Step, after_turn};
