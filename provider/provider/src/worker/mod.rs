//! The resource `kubeadm_worker`.

mod model;
#[cfg(test)]
mod tests;

use cluster::checks::{check_worker, worker_intent};
use cluster::intent::WorkerIntent;
use operate::membership::{MembershipFound, Presence};
use tfplugin::{
    Context, CreateRequest, DeleteRequest, Diagnostics, Failed, Import, Imported, NoIdentity, Path,
    Plan, PlanRequest, Read, ReadRequest, Resource, Saved, Tf, UpdateRequest,
};

use crate::clients::{Clients, Ports};
use crate::explain::{diagnostics, explain, explain_as_warning, not_importable, warn_findings};
use crate::membership::{
    LIMITS, STATE_KEPT, identity, plan_registration, planned_kubelet, planned_packages, warn_silent,
};
use crate::model::{ClusterObject, contacts};
use crate::node::proves_nothing;
use crate::provider::Kubeadm;
use crate::within::within;
pub(crate) use model::WorkerModel;

/// The resource `kubeadm_worker`.
pub(crate) struct WorkerResource;

impl Resource for WorkerResource {
    type Provider = Kubeadm;
    type State = WorkerModel;
    type Private = ();
    type Identity = NoIdentity;
    const TYPE_NAME: &'static str = "kubeadm_worker";

    fn validate(&self, config: &WorkerModel) -> Diagnostics {
        let mut findings = check_worker(&config.draft(&Ports::default()));
        findings.extend(contacts::check(&config.control_plane));
        diagnostics(&findings)
    }

    async fn plan(
        &self,
        _context: &Context<Kubeadm>,
        request: &PlanRequest<Self>,
        plan: &mut Plan<Self>,
    ) -> Result<(), Diagnostics> {
        let planned = &mut plan.state;
        let prior = request.prior.as_ref();
        contacts::keep_members(&mut planned.control_plane, prior.map(|it| &it.control_plane));
        planned.packages = planned_packages(prior.map(|prior| &prior.packages), cluster(planned));
        planned.kubelet = planned_kubelet();
        if let Some(prior) = prior {
            let (node_uid, version) = (&mut planned.node_uid, &mut planned.kubelet_version);
            plan_registration(&prior.node_uid, node_uid, version);
            let cluster = Path::of(["control_plane", "0", "cluster", "id"]);
            plan.requires_replace.extend(identity(&prior.node, cluster));
        }
        Ok(())
    }

    async fn create(
        &self,
        context: &Context<Kubeadm>,
        request: CreateRequest<Self>,
    ) -> Result<Saved<Self>, Failed<Self>> {
        let clients = context.require_data()?;
        let worker = intent(clients, &request.planned)?;
        let limit = request.planned.timeouts.create(LIMITS.create);
        let work = |stop| async move { clients.operations().create_worker(&worker, &stop).await };
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
        let worker = intent(clients, &state)?;
        let limit = state.timeouts.read(LIMITS.read);
        let work = |stop| async move { clients.operations().read_worker(&worker, &stop).await };
        match within(context, limit, work).await {
            Ok(Presence::Gone) => return Ok(Read::Gone),
            Ok(Presence::OtherMachine { .. }) => {}
            Ok(Presence::Present(found)) => {
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
        let worker = intent(clients, &request.planned)?;
        let limit = request.planned.timeouts.update(LIMITS.update);
        let work = |stop| async move { clients.operations().update_worker(&worker, &stop).await };
        let report = within(context, limit, work).await.map_err(|error| explain(&error))?;
        Ok(saved(request.planned, &report))
    }

    async fn delete(
        &self,
        context: &Context<Kubeadm>,
        request: DeleteRequest<Self>,
    ) -> Result<(), Failed<Self>> {
        let clients = context.require_data()?;
        let worker = intent(clients, &request.state)?;
        let limit = request.state.timeouts.delete(LIMITS.delete);
        let work = |stop| async move { clients.operations().delete_worker(&worker, &stop).await };
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

/// The cluster, as the first way in tells of it.
fn cluster(worker: &WorkerModel) -> Tf<&ClusterObject> {
    match &worker.control_plane {
        Tf::Known(members) => members.first().map_or(Tf::Null, |member| member.cluster.as_ref()),
        Tf::Null => Tf::Null,
        Tf::Unknown => Tf::Unknown,
    }
}

fn intent(clients: &Clients, worker: &WorkerModel) -> Result<WorkerIntent, Diagnostics> {
    let ports = clients.ports();
    let intents = contacts::intents(&worker.control_plane, ports);
    let (cluster, _) = intents.map_err(|found| diagnostics(&found))?;
    worker_intent(&worker.draft(ports), cluster).map_err(|found| diagnostics(&found))
}

fn saved(mut state: WorkerModel, report: &MembershipFound) -> Saved<WorkerResource> {
    state.id = state.node.as_ref().and_then(|node| node.name.clone());
    state.parts().applied(report);
    Saved::new(state)
}
