//! The resource `kubeadm_endpoint_route`.

mod intent;
mod model;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Duration;

use cluster::Finding;
use cluster::checks::{check_node, check_routes, check_routes_in_cluster};
use operate::{ErrorKind, OperateError, RoutesFound};
use serde::{Deserialize, Serialize};
use tfplugin::{
    Context, CreateRequest, DeleteRequest, Diagnostics, Failed, Import, Imported, Path, Plan,
    PlanRequest, Read, ReadRequest, Resource, Saved, Tf, UpdateRequest,
};

use crate::clients::Ports;
use crate::explain::{diagnostics, explain, explain_as_warning, warn_findings};
use crate::membership::STATE_KEPT;
use crate::model::{NodeObject, text_map};
use crate::node::{NodeIdentity, proves_nothing};
use crate::provider::Kubeadm;
use crate::within::{Limits, within};
pub(crate) use model::RouteModel;

/// The resource `kubeadm_endpoint_route`.
pub(crate) struct RouteResource;

/// What is kept beside the state.
#[derive(Serialize, Deserialize, Clone, Debug, Default)]
pub(crate) struct RoutePrivate {
    /// The settings that were found after the last apply.
    #[serde(default)]
    kept: Option<BTreeMap<String, String>>,
    /// Whether the host keeps something elsewhere by now.
    #[serde(default)]
    moved: bool,
}

/// How long the operations may take where nothing is given.
const LIMITS: Limits = Limits {
    create: Duration::from_mins(5),
    read: Duration::from_mins(1),
    update: Duration::from_mins(5),
    delete: Duration::from_mins(5),
};

/// What follows from a host that is silent when its routes are to go.
const LEFT: &str = "The host was left as it is, and its routes are removed from the state: what is not there \
     needs no cleaning. If the machine comes back, it still carries the changes that its record, \
     /var/lib/terraform-provider-kubeadm/routes.json, tells of.";

impl Resource for RouteResource {
    type Provider = Kubeadm;
    type State = RouteModel;
    type Private = RoutePrivate;
    type Identity = NodeIdentity;
    const TYPE_NAME: &'static str = "kubeadm_endpoint_route";

    fn validate(&self, config: &RouteModel) -> Diagnostics {
        let node = config.node.known().cloned().unwrap_or_else(NodeObject::unknown);
        let mut found: Vec<Finding> = check_node(&node.draft(&Ports::default()));
        found = found.into_iter().map(|finding| finding.below(["node"])).collect();
        found.extend(check_routes(&config.draft()));
        diagnostics(&found)
    }

    async fn plan(
        &self,
        context: &Context<Kubeadm>,
        request: &PlanRequest<Self>,
        plan: &mut Plan<Self>,
    ) -> Result<(), Diagnostics> {
        let planned = &mut plan.state;
        let found = check_routes_in_cluster(&planned.draft());
        let (errors, warnings): (Vec<Finding>, Vec<Finding>) =
            found.into_iter().partition(Finding::is_error);
        warn_findings(context, &warnings);
        if let Some(prior) = &request.prior {
            // They serve the plan alone: hosts that come and go are no change of a route.
            planned.cluster = prior.cluster.clone();
            planned.peers = prior.peers.clone();
        }
        planned.id = planned.node.known().map_or(Tf::Unknown, |node| node.name.clone());
        planned.settings = match (&request.prior, &plan.private.kept) {
            (Some(_), _) if plan.private.moved => Tf::Unknown,
            (Some(prior), Some(kept)) if planned.keeps_same(prior) => Tf::Known(text_map(kept)),
            (Some(prior), None) if planned.keeps_same(prior) => prior.settings.clone(),
            _ => Tf::Unknown,
        };
        let place = ["name", "address", "port"].map(|attribute| Path::of(["node", attribute]));
        plan.requires_replace.extend(place);
        diagnostics(&errors).into_result().map(drop)
    }

    async fn create(
        &self,
        context: &Context<Kubeadm>,
        request: CreateRequest<Self>,
    ) -> Result<Saved<Self>, Failed<Self>> {
        let limit = request.planned.timeouts.create(LIMITS.create);
        keep(context, request.planned, limit).await
    }

    async fn read(
        &self,
        context: &Context<Kubeadm>,
        request: ReadRequest<Self>,
    ) -> Result<Read<Self>, Diagnostics> {
        let ReadRequest { mut state, mut private } = request;
        let limit = state.timeouts.read(LIMITS.read);
        if !state.id.is_known() {
            let found = look(context, &state, limit).await.map_err(Refused::explained)?;
            adopt(&mut state, &found);
            private.kept = None;
        }
        match look(context, &state, limit).await {
            Ok(found) => {
                warn_findings(context, &found.remarks);
                state.settings = Tf::Known(text_map(&found.settings));
                private.moved = found.moved;
            }
            Err(Refused::Operation(error)) if proves_nothing(&error) => {
                context.warn(explain_as_warning(&error, STATE_KEPT));
            }
            Err(error) => return Err(error.explained()),
        }
        Ok(Read::Keep(Saved::new(state).private(private)))
    }

    async fn update(
        &self,
        context: &Context<Kubeadm>,
        request: UpdateRequest<Self>,
    ) -> Result<Saved<Self>, Failed<Self>> {
        let limit = request.planned.timeouts.update(LIMITS.update);
        keep(context, request.planned, limit).await
    }

    async fn delete(
        &self,
        context: &Context<Kubeadm>,
        request: DeleteRequest<Self>,
    ) -> Result<(), Failed<Self>> {
        let clients = context.require_data()?;
        let intent = request.state.intent(clients.ports()).map_err(|found| diagnostics(&found))?;
        let limit = request.state.timeouts.delete(LIMITS.delete);
        let work =
            |stop| async move { clients.operations().release_routes(&intent.node, &stop).await };
        match within(context, limit, work).await {
            Ok(()) => Ok(()),
            Err(error) if matches!(error.kind, ErrorKind::Unreachable | ErrorKind::HostKey) => {
                context.warn(explain_as_warning(&error, LEFT));
                Ok(())
            }
            Err(error) => Err(explain(&error).into()),
        }
    }

    async fn import(
        &self,
        _context: &Context<Kubeadm>,
        import: Import<Self>,
    ) -> Result<Imported<Self>, Diagnostics> {
        let node = match import {
            Import::Id(id) => NodeObject::from_id(&id)?,
            Import::Identity(NodeIdentity { name, address, port }) => {
                NodeObject { name, address, port, ..NodeObject::default() }
            }
        };
        Ok(Saved::new(RouteModel { node: Tf::Known(node), ..RouteModel::default() }))
    }

    fn identity(state: &RouteModel) -> Option<NodeIdentity> {
        let node = state.node.known()?;
        let known = node.name.is_known() && node.address.is_known();
        known.then(|| NodeIdentity {
            name: node.name.clone(),
            address: node.address.clone(),
            port: node.port,
        })
    }
}

/// Why a look gave nothing.
enum Refused {
    Arguments(Diagnostics),
    Operation(OperateError),
}

impl Refused {
    fn explained(self) -> Diagnostics {
        match self {
            Self::Arguments(found) => found,
            Self::Operation(error) => explain(&error).into(),
        }
    }
}

async fn look(
    context: &Context<Kubeadm>,
    state: &RouteModel,
    limit: Duration,
) -> Result<RoutesFound, Refused> {
    let clients = context.require_data().map_err(|error| Refused::Arguments(error.into()))?;
    let intent = state.intent(clients.ports());
    let intent = intent.map_err(|found| Refused::Arguments(diagnostics(&found)))?;
    let work = |stop| async move { clients.operations().read_routes(&intent, &stop).await };
    within(context, limit, work).await.map_err(Refused::Operation)
}

/// The arguments that the host's record tells of.
fn adopt(state: &mut RouteModel, found: &RoutesFound) {
    let declared = found.declaration.clone().and_then(|it| serde_json::from_value(it).ok());
    let node = std::mem::take(&mut state.node);
    *state = declared.unwrap_or_default();
    state.id = node.known().map_or(Tf::Null, |node| node.name.clone());
    state.node = node;
}

async fn keep(
    context: &Context<Kubeadm>,
    planned: RouteModel,
    limit: Duration,
) -> Result<Saved<RouteResource>, Failed<RouteResource>> {
    let clients = context.require_data()?;
    let intent = planned.intent(clients.ports()).map_err(|found| diagnostics(&found))?;
    let work = |stop| async move { clients.operations().keep_routes(&intent, &stop).await };
    let found = within(context, limit, work).await.map_err(|error| explain(&error))?;
    warn_findings(context, &found.remarks);
    let settings = Tf::Known(text_map(&found.settings));
    let id = planned.node.known().map_or(Tf::Null, |node| node.name.clone());
    let private = RoutePrivate { kept: Some(found.settings), moved: false };
    Ok(Saved::new(RouteModel { id, settings, ..planned }).private(private))
}
