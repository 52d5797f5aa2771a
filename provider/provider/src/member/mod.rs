//! The resource `kubeadm_control_plane_member`.

mod model;
#[cfg(test)]
mod tests;

use cluster::checks::{check_member, cluster_intent, member_intent};
use cluster::intent::MemberIntent;
use operate::membership::{MembershipFound, Presence};
use tfplugin::{
    Context, CreateRequest, DeleteRequest, Diagnostics, Failed, Import, Imported, NoIdentity, Path,
    Plan, PlanRequest, Read, ReadRequest, Resource, Saved, Tf, UpdateRequest,
};

use crate::clients::{Clients, Ports};
use crate::explain::{diagnostics, explain, explain_as_warning, not_importable, warn_findings};
use crate::membership::{
    LIMITS, STATE_KEPT, another_host, changed_cluster, identity, plan_registration,
    planned_kubelet, planned_packages, warn_silent,
};
use crate::model::contacts::keep_nodes;
use crate::node::proves_nothing;
use crate::provider::Kubeadm;
use crate::within::within;
pub(crate) use model::MemberModel;

/// The resource `kubeadm_control_plane_member`.
pub(crate) struct MemberResource;

impl Resource for MemberResource {
    type Provider = Kubeadm;
    type State = MemberModel;
    type Private = ();
    type Identity = NoIdentity;
    const TYPE_NAME: &'static str = "kubeadm_control_plane_member";

    fn validate(&self, config: &MemberModel) -> Diagnostics {
        diagnostics(&check_member(&config.draft(&Ports::default())))
    }

    async fn plan(
        &self,
        _context: &Context<Kubeadm>,
        request: &PlanRequest<Self>,
        plan: &mut Plan<Self>,
    ) -> Result<(), Diagnostics> {
        let planned = &mut plan.state;
        planned.kubelet = planned_kubelet();
        let Some(prior) = &request.prior else {
            planned.packages = Tf::Unknown;
            return Ok(());
        };
        if let (Tf::Known(cluster), Tf::Known(prior)) = (&mut planned.cluster, &prior.cluster) {
            keep_nodes(&mut cluster.control_plane_nodes, &prior.control_plane_nodes);
        }
        planned.packages = planned_packages(Some(&prior.packages), planned.cluster.as_ref());
        let (node_uid, version) = (&mut planned.node_uid, &mut planned.kubelet_version);
        plan_registration(&prior.node_uid, node_uid, version);
        plan.requires_replace.extend(identity(&prior.node, Path::of(["cluster", "id"])));
        if another_host(&prior.node, &planned.node) {
            return Ok(());
        }
        let ports = Ports::default();
        let changes = changed_cluster(&prior.draft(&ports).cluster, &planned.draft(&ports).cluster);
        diagnostics(&changes).into_result().map(drop)
    }

    async fn create(
        &self,
        context: &Context<Kubeadm>,
        request: CreateRequest<Self>,
    ) -> Result<Saved<Self>, Failed<Self>> {
        let clients = context.require_data()?;
        let member = intent(clients, &request.planned)?;
        let limit = request.planned.timeouts.create(LIMITS.create);
        let work = |stop| async move { clients.operations().create_member(&member, &stop).await };
        let report = within(context, limit, work).await.map_err(|error| explain(&error))?;
        Ok(saved(request.planned, &report))
    }

    async fn read(
        &self,
        context: &Context<Kubeadm>,
        request: ReadRequest<Self>,
    ) -> Result<Read<Self>, Diagnostics> {
        let mut state = request.state;
        let clients = context.require_data()?;
        let member = intent(clients, &state)?;
        let limit = state.timeouts.read(LIMITS.read);
        let work = |stop| async move { clients.operations().read_member(&member, &stop).await };
        match within(context, limit, work).await {
            Ok(Presence::Gone) => return Ok(Read::Gone),
            Ok(Presence::OtherMachine { .. }) => {}
            Ok(Presence::Present(found)) => {
                state.ca_hash = found.ca_hash.clone().map_or(state.ca_hash, Tf::Known);
                state.parts().found(&found);
                warn_silent(context, &found);
            }
            Err(error) if proves_nothing(&error) => {
                context.warn(explain_as_warning(&error, STATE_KEPT));
            }
            Err(error) => return Err(explain(&error).into()),
        }
        Ok(Read::Keep(Saved::new(state)))
    }

    async fn update(
        &self,
        context: &Context<Kubeadm>,
        request: UpdateRequest<Self>,
    ) -> Result<Saved<Self>, Failed<Self>> {
        let clients = context.require_data()?;
        let member = intent(clients, &request.planned)?;
        let limit = request.planned.timeouts.update(LIMITS.update);
        let work = |stop| async move { clients.operations().update_member(&member, &stop).await };
        let report = within(context, limit, work).await.map_err(|error| explain(&error))?;
        Ok(saved(request.planned, &report))
    }

    async fn delete(
        &self,
        context: &Context<Kubeadm>,
        request: DeleteRequest<Self>,
    ) -> Result<(), Failed<Self>> {
        let clients = context.require_data()?;
        let member = intent(clients, &request.state)?;
        let limit = request.state.timeouts.delete(LIMITS.delete);
        let work = |stop| async move { clients.operations().delete_member(&member, &stop).await };
        let departed = within(context, limit, work).await.map_err(|error| explain(&error))?;
        warn_findings(context, &departed.warnings);
        Ok(())
    }

    async fn import(
        &self,
        _context: &Context<Kubeadm>,
        _import: Import<Self>,
    ) -> Result<Imported<Self>, Diagnostics> {
        Err(not_importable(Self::TYPE_NAME).into())
    }
}

fn intent(clients: &Clients, member: &MemberModel) -> Result<MemberIntent, Diagnostics> {
    let draft = member.draft(clients.ports());
    let id = member.cluster.known().and_then(|cluster| cluster.id.known());
    let id = id.cloned().unwrap_or_default();
    let cluster = cluster_intent(&draft.cluster, &id).map_err(|found| diagnostics(&found))?;
    member_intent(&draft, cluster).map_err(|found| diagnostics(&found))
}

fn saved(mut state: MemberModel, report: &MembershipFound) -> Saved<MemberResource> {
    state.id = state.node.as_ref().and_then(|node| node.name.clone());
    state.ca_hash = report.ca_hash.clone().into();
    state.parts().applied(report);
    Saved::new(state)
}
