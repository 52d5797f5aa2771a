//! What members and workers have in common: all but their attributes.

mod changes;
mod plan;
mod report;
mod resource;
#[cfg(test)]
mod tests;

pub(crate) use changes::changed_cluster;
pub(crate) use plan::another_host;
pub(crate) use report::{Parts, host_attributes};
pub(crate) use resource::{Membership, MembershipResource};

use std::time::Duration;

use operate::membership::MembershipFound;
use tfplugin::{Context, Diagnostic};

use crate::provider::Kubeadm;
use crate::within::Limits;

/// How long the operations may take where nothing is given.
pub(crate) const LIMITS: Limits = Limits {
    create: Duration::from_mins(15),
    read: Duration::from_mins(1),
    update: Duration::from_mins(10),
    delete: Duration::from_mins(15),
};

/// What follows from a host or a cluster that is silent during a look.
pub(crate) const STATE_KEPT: &str =
    "The state keeps what was known of the membership, and nothing is concluded from this.";

/// Says that no API server answered a look at a membership.
fn warn_silent(context: &Context<Kubeadm>, found: &MembershipFound) {
    if let Some(reason) = &found.api_silent {
        let warning = Diagnostic::warning("the cluster's API does not answer");
        context.warn(warning.detail(format!("{reason}.\n\n{STATE_KEPT}")));
    }
}
