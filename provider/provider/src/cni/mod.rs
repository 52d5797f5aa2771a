//! The resource `kubeadm_cni`.

mod model;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Duration;

use cluster::Finding;
use cluster::checks::check_cni;
use cluster::flannel::flannel_objects;
use cluster::intent::CniIntent;
use operate::membership::{CniFound, ObjectState};
use tfplugin::{
    Context, CreateRequest, DeleteRequest, Diagnostic, Diagnostics, Failed, Import, Imported, Path,
    Plan, PlanRequest, Read, ReadRequest, Resource, Saved, Tf, UpdateRequest,
};

use crate::adoption::{ClusterIdentity, find};
use crate::clients::{Clients, Ports};
use crate::explain::{diagnostics, explain, explain_as_warning, warn_findings};
use crate::membership::STATE_KEPT;
use crate::model::{NodeObject, contacts, text_map};
use crate::node::proves_nothing;
use crate::provider::Kubeadm;
use crate::within::{Limits, within};
pub(crate) use model::CniModel;
use model::Flannel;

/// The resource `kubeadm_cni`.
pub(crate) struct CniResource;

/// How long the operations may take where nothing is given.
const LIMITS: Limits = Limits {
    create: Duration::from_mins(10),
    read: Duration::from_mins(1),
    update: Duration::from_mins(10),
    delete: Duration::from_mins(5),
};

impl Resource for CniResource {
    type Provider = Kubeadm;
    type State = CniModel;
    type Private = ();
    type Identity = ClusterIdentity;
    const TYPE_NAME: &'static str = "kubeadm_cni";

    fn validate(&self, config: &CniModel) -> Diagnostics {
        let mut findings: Vec<Finding> =
            contacts::check(&config.control_plane).into_iter().collect();
        findings.extend(no_network(config));
        if let Tf::Known(flannel) = &config.flannel {
            let (cluster, _) = contacts::drafts(&config.control_plane, &Ports::default());
            findings.extend(check_cni(&cluster.networking, &flannel.intent()));
        }
        diagnostics(&findings)
    }

    async fn plan(
        &self,
        _context: &Context<Kubeadm>,
        request: &PlanRequest<Self>,
        plan: &mut Plan<Self>,
    ) -> Result<(), Diagnostics> {
        let prior = request.prior.as_ref();
        contacts::keep_members(&mut plan.state.control_plane, prior.map(|it| &it.control_plane));
        plan.requires_replace.push(Path::of(["control_plane", "0", "cluster", "id"]));
        let cni = intent(&plan.state, &Ports::default()).ok();
        let objects = cni.and_then(|cni| in_sync(&cni));
        plan.state.objects = objects.map_or(Tf::Unknown, |objects| Tf::Known(text_map(&objects)));
        Ok(())
    }

    async fn create(
        &self,
        context: &Context<Kubeadm>,
        request: CreateRequest<Self>,
    ) -> Result<Saved<Self>, Failed<Self>> {
        let limit = request.planned.timeouts.create(LIMITS.create);
        apply(context, request.planned, limit).await
    }

    async fn read(
        &self,
        context: &Context<Kubeadm>,
        request: ReadRequest<Self>,
    ) -> Result<Read<Self>, Diagnostics> {
        let mut state = request.state;
        let clients = context.require_data()?;
        if !state.id.is_known() {
            state = found(context, clients, state).await?;
        }
        let cni = intent(&state, clients.ports()).map_err(|found| diagnostics(&found))?;
        let limit = state.timeouts.read(LIMITS.read);
        let work = |stop| async move { clients.operations().read_cni(&cni, &stop).await };
        match within(context, limit, work).await {
            Ok(found) if found.is_gone() => return Ok(Read::Gone),
            Ok(found) => state.objects = objects(&found),
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
        let limit = request.planned.timeouts.update(LIMITS.update);
        apply(context, request.planned, limit).await
    }

    async fn delete(
        &self,
        context: &Context<Kubeadm>,
        request: DeleteRequest<Self>,
    ) -> Result<(), Failed<Self>> {
        let clients = context.require_data()?;
        let state = request.state;
        let cni = intent(&state, clients.ports()).map_err(|found| diagnostics(&found))?;
        let limit = state.timeouts.delete(LIMITS.delete);
        let work = |stop| async move { clients.operations().delete_cni(&cni, &stop).await };
        let departed = within(context, limit, work).await.map_err(|error| explain(&error))?;
        warn_findings(context, &departed.warnings);
        Ok(())
    }

    async fn import(
        &self,
        _context: &Context<Kubeadm>,
        import: Import<Self>,
    ) -> Result<Imported<Self>, Diagnostics> {
        let hosts = match import {
            Import::Id(id) => NodeObject::list_from_id(&id)?,
            Import::Identity(identity) => identity.hosts()?,
        };
        let control_plane = contacts::through(hosts, &Tf::Null);
        Ok(Saved::new(CniModel { control_plane, ..CniModel::default() }))
    }

    fn identity(state: &CniModel) -> Option<ClusterIdentity> {
        Some(ClusterIdentity::of(&state.id))
    }
}

/// Completes the state of an import.
async fn found(
    context: &Context<Kubeadm>,
    clients: &Clients,
    state: CniModel,
) -> Result<CniModel, Diagnostics> {
    let found = find(context, clients, contacts::hosts(&state.control_plane)).await?;
    let id = found.cluster.id.clone();
    let control_plane = contacts::through(found.hosts, &Tf::Known(found.cluster));
    let ways = contacts::ways_in(&control_plane, clients.ports());
    let ways = ways.map_err(|findings| diagnostics(&findings))?;
    let work = |stop| async move { clients.operations().find_flannel(&ways, &stop).await };
    let flannel = within(context, LIMITS.read, work).await.map_err(|error| explain(&error))?;
    let flannel = flannel.map(Flannel::found).ok_or_else(no_flannel)?;
    Ok(CniModel { id, control_plane, flannel: Tf::Known(flannel), ..CniModel::default() })
}

fn no_flannel() -> Diagnostic {
    Diagnostic::error("the cluster has no flannel").detail(
        "There is no kube-flannel/kube-flannel-ds with its ConfigMap, and this release knows no other \
         pod network. Leave the pod network to what installed it, and give workers the members as \
         their control_plane.",
    )
}

fn no_network(config: &CniModel) -> Option<Finding> {
    config.flannel.is_null().then(|| {
        Finding::error("PLAN-NO-CNI", "no pod network is chosen")
            .because("A cluster has exactly one, and this release knows flannel")
            .advise("Add flannel = {}")
    })
}

fn intent(cni: &CniModel, ports: &Ports) -> Result<CniIntent, Vec<Finding>> {
    let (cluster, control_plane) = contacts::intents(&cni.control_plane, ports)?;
    let flannel = cni.flannel.known().map(Flannel::intent).unwrap_or_default();
    Ok(CniIntent { cluster, control_plane, flannel })
}

/// Every object as it was found.
fn objects(found: &CniFound) -> Tf<BTreeMap<String, Tf<String>>> {
    let state = |state: &ObjectState| Tf::Known(state.to_string());
    Tf::Known(found.objects.iter().map(|(key, found)| (key.clone(), state(found))).collect())
}

/// Every object as it should be; their names do not depend on settings.
fn in_sync(cni: &CniIntent) -> Option<BTreeMap<String, String>> {
    let objects = flannel_objects(cni).ok()?.into_iter();
    Some(objects.map(|object| (object.key(), ObjectState::InSync.to_string())).collect())
}

async fn apply(
    context: &Context<Kubeadm>,
    planned: CniModel,
    limit: Duration,
) -> Result<Saved<CniResource>, Failed<CniResource>> {
    let clients = context.require_data()?;
    let cni = intent(&planned, clients.ports()).map_err(|found| diagnostics(&found))?;
    let id = cni.cluster.id.clone();
    let work = |stop| async move { clients.operations().apply_cni(&cni, &stop).await };
    let found = within(context, limit, work).await.map_err(|error| explain(&error))?;
    let (id, objects) = (Tf::Known(id), objects(&found));
    Ok(Saved::new(CniModel { id, objects, ..planned }))
}
