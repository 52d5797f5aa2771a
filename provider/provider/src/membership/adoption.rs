//! Memberships that somebody else made: imported, and taken over as they are.

use cluster::membership::Role;
use operate::membership::MembershipFound;
use tfplugin::{Context, Diagnostic, Diagnostics, Tf};

use super::Membership;
use super::recorded::Changes;
use crate::adoption::find;
use crate::clients::Clients;
use crate::model::NodeObject;
use crate::node::identified;
use crate::provider::Kubeadm;

/// The host of an id, and the control plane hosts that follow it.
pub(super) fn hosts(id: &str) -> Result<(NodeObject, Vec<NodeObject>), Diagnostic> {
    let mut hosts = NodeObject::list_from_id(id)?.into_iter();
    let host = hosts.next().unwrap_or_default();
    Ok((host, hosts.collect()))
}

/// The cluster into which a membership was imported.
pub(super) struct ImportedInto {
    role: Role,
    ca_hash: String,
}

/// Completes the state of an import; nothing where it was complete before.
pub(super) async fn adopt<M: Membership>(
    context: &Context<Kubeadm>,
    clients: &Clients,
    state: &mut M,
) -> Result<Option<ImportedInto>, Diagnostics> {
    if state.cluster().and_then(|cluster| cluster.id.as_ref()).is_known() {
        return Ok(None);
    }
    let found = find(context, clients, state.ways()).await?;
    let host = state.node().known().cloned().unwrap_or_default();
    let same = found.hosts.iter().find(|other| other.is_same_place(&host)).cloned();
    let host = match same {
        Some(host) => host,
        None => identified(context, clients, host).await?,
    };
    let imported = ImportedInto { role: M::ROLE, ca_hash: found.ca_hash.clone() };
    let name = host.name.clone();
    state.adopt(host, found);
    *state.parts().id = name;
    Ok(Some(imported))
}

impl ImportedInto {
    /// Requires that the host is what it is imported as.
    pub(super) fn require(self, name: &str, found: &MembershipFound) -> Result<(), Diagnostic> {
        let runs_control_plane = found.static_pods.as_ref().is_some_and(|pods| !pods.is_empty());
        if self.role == Role::Worker && runs_control_plane {
            let summary = format!("host {name} is no worker");
            return Err(Diagnostic::error(summary)
                .detail("It runs a control plane. Import it as a kubeadm_control_plane_member."));
        }
        let is_other = |found: &&String| **found != self.ca_hash;
        match found.ca_hash.as_ref().filter(is_other) {
            None => Ok(()),
            Some(other) => {
                let summary = format!("host {name} is in another cluster");
                Err(Diagnostic::error(summary).detail(format!(
                    "Its CA is {other}, and that of the control plane is {}. Name the control \
                     plane of the cluster that the host is in.",
                    self.ca_hash
                )))
            }
        }
    }
}

/// Whether an update does no more than to take over what somebody else made: it lacks our mark, and
/// nothing of what kubeadm renders is to change, be it by a setting or since it drifted.
pub(super) fn adopts<M: Membership>(planned: &mut M, prior: &mut M) -> bool {
    let unmarked = *prior.parts().marked == Tf::Known(false);
    let changes = Changes::between(prior.cluster(), planned.cluster());
    unmarked && changes == Changes::default() && rendered(planned) == rendered(prior)
}

/// What of a membership kubeadm renders.
fn rendered<M: Membership>(state: &mut M) -> impl PartialEq + use<M> {
    let configuration = state.parts().kubelet.clone().map(|kubelet| kubelet.configuration);
    let renewal = state.cluster().and_then(|cluster| cluster.renew_before.clone());
    let parts = state.control_plane_parts().map(|parts| {
        let names = parts.certificate_names.clone();
        let due = (parts.certificates_due.clone(), parts.restarts_due.clone());
        (parts.static_pods.clone(), names, due, parts.endpoint.clone())
    });
    (configuration, renewal, parts)
}

/// Warns of a host that carries another CA than the state tells: the state is not changed by that.
pub(super) fn warn_of_authority(
    context: &Context<Kubeadm>,
    known: Option<&str>,
    name: &str,
    found: &MembershipFound,
) {
    let Some((known, other)) = known.zip(found.ca_hash.as_deref()) else { return };
    if known != other {
        let summary = format!("host {name} carries the CA of another cluster");
        context.warn(Diagnostic::warning(summary).detail(format!(
            "Its CA is {other}, and the state knows {known}. Somebody began another cluster there, \
             or exchanged the CA, and an apply refuses to change the host. If the CA was exchanged \
             on purpose, remove the resource from the state and import it again."
        )));
    }
}
