//! What members and workers have in common: all but their attributes.

mod adoption;
mod changes;
mod plan;
mod recorded;
mod report;
mod resource;
#[cfg(test)]
mod tests;

pub(crate) use changes::changed_cluster;
pub(crate) use plan::another_host;
pub(crate) use report::{ControlPlaneParts, Parts, host_attributes};
pub(crate) use resource::{Membership, MembershipResource};

use std::time::Duration;

use operate::membership::{MembershipFound, Rejoin};
use tfplugin::{Context, Diagnostic};

use crate::explain::warn_findings;
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

/// What follows from a member of the control plane that etcd does not have.
const OUT_OF_ETCD: &str = "The control plane goes on without it: somebody removed its member, or its \
     removal was stopped half-way. An apply resets the host, whose pods end without a drain, and \
     joins it anew, with a new node object.";

/// What follows from a join that an apply left unfinished.
const UNFINISHED: &str = "An apply that was interrupted had begun to join it. The next apply goes on \
     from there.";

/// Says what a look at a membership found that no attribute shows.
fn warn(context: &Context<Kubeadm>, name: &str, found: &MembershipFound) {
    let rejoin = found.rejoins.map(|why| match why {
        Rejoin::OutOfEtcd => (format!("etcd has no member of host {name}"), OUT_OF_ETCD),
        Rejoin::Unfinished => (format!("host {name} is in the cluster by half"), UNFINISHED),
    });
    if let Some((summary, detail)) = rejoin {
        context.warn(Diagnostic::warning(summary).detail(detail));
    }
    warn_findings(context, &found.remarks);
    if let Some(reason) = &found.api_silent {
        let warning = Diagnostic::warning("the cluster's API does not answer");
        context.warn(warning.detail(format!("{reason}.\n\n{STATE_KEPT}")));
    }
}
