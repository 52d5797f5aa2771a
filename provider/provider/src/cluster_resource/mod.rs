//! The resource `kubeadm_cluster`.

mod model;
mod shared;
#[cfg(test)]
mod tests;

use std::time::Duration;

use cluster::Finding;
use cluster::checks::{changes, check_cluster, cluster_intent};
use cluster::intent::{ClusterIntent, cluster_identity};
use serde::{Deserialize, Serialize};
use tfplugin::{
    Context, CreateRequest, DeleteRequest, Diagnostics, Failed, Import, Imported, Path, Plan,
    PlanRequest, Read, ReadRequest, Resource, Saved, Tf, UpdateRequest,
};

use crate::adoption::{ClusterIdentity, find};
use crate::clients::{Clients, Ports};
use crate::explain::{diagnostics, explain, explain_as_warning};
use crate::membership::STATE_KEPT;
use crate::model::NodeObject;
use crate::node::proves_nothing;
use crate::provider::Kubeadm;
use crate::within::{Limits, within};
pub(crate) use model::ClusterModel;

/// The resource `kubeadm_cluster`.
pub(crate) struct ClusterResource;

/// What is kept beside the state.
#[derive(Serialize, Deserialize, Clone, Debug, Default)]
pub(crate) struct ClusterPrivate {
    /// Hash of the CA of a cluster that was imported: the user vouches for hosts that carry it.
    #[serde(skip_serializing_if = "Option::is_none")]
    ca_hash: Option<String>,
}

/// How long the operations may take where nothing is given.
const LIMITS: Limits = Limits {
    create: Duration::from_mins(1),
    read: Duration::from_mins(1),
    update: Duration::from_mins(15),
    delete: Duration::from_mins(1),
};

/// What follows from a silent API of which nothing was ever seen.
const NEVER_SEEN: &str = "Nothing was ever seen of what its members share, so that it may be only half-made. \
     The settings are those of the next member that begins or joins it.";

/// What a cluster cannot change and stay the same cluster.
const IDENTITY: [&[&str]; 6] = [
    &["name"],
    &["endpoint", "host"],
    &["networking", "pod_subnet"],
    &["networking", "service_subnet"],
    &["networking", "dns_domain"],
    &["networking", "node_mask"],
];

impl Resource for ClusterResource {
    type Provider = Kubeadm;
    type State = ClusterModel;
    type Private = ClusterPrivate;
    type Identity = ClusterIdentity;
    const TYPE_NAME: &'static str = "kubeadm_cluster";

    fn validate(&self, config: &ClusterModel) -> Diagnostics {
        let draft = config.object().draft(&Ports::default());
        diagnostics(&check_cluster(&draft))
    }

    async fn plan(
        &self,
        _context: &Context<Kubeadm>,
        request: &PlanRequest<Self>,
        plan: &mut Plan<Self>,
    ) -> Result<(), Diagnostics> {
        let Some(prior) = &request.prior else {
            plan.state.id = identity(&plan.state);
            shared::fill(&mut plan.state, None);
            return Ok(());
        };
        shared::promise(prior, &mut plan.state);
        plan.requires_replace.extend(other_cluster(prior, &plan.state));
        plan.requires_replace.extend(moved_etcd(prior, &plan.state));
        let replaced = replaces_all(&prior.control_plane_nodes, &plan.state.control_plane_nodes);
        diagnostics(&Vec::from_iter(replaced)).into_result().map(drop)
    }

    async fn create(
        &self,
        _context: &Context<Kubeadm>,
        request: CreateRequest<Self>,
    ) -> Result<Saved<Self>, Failed<Self>> {
        let id = identity(&request.planned);
        Ok(Saved::new(ClusterModel { id, ..request.planned }))
    }

    async fn read(
        &self,
        context: &Context<Kubeadm>,
        request: ReadRequest<Self>,
    ) -> Result<Read<Self>, Diagnostics> {
        let (mut state, mut private) = (request.state, request.private);
        let clients = context.require_data()?;
        if !state.id.is_known() {
            private = adopt(context, clients, &mut state).await?;
        }
        let cluster = state.intent(clients.ports())?;
        let limit = state.timeouts.read(LIMITS.read);
        let work = |stop| async move { clients.operations().read_shared(&cluster, &stop).await };
        match within(context, limit, work).await {
            Ok(found) => shared::fill(&mut state, found.as_ref()),
            Err(error) if proves_nothing(&error) => {
                context.warn(explain_as_warning(&error, STATE_KEPT));
            }
            Err(error) => return Err(explain(&error).into()),
        }
        Ok(Read::Keep(Saved::new(state).private(private)))
    }

    async fn update(
        &self,
        context: &Context<Kubeadm>,
        request: UpdateRequest<Self>,
    ) -> Result<Saved<Self>, Failed<Self>> {
        let (prior, mut state, private) = (request.prior, request.planned, request.private);
        if !shared::may_change(&prior, &state) {
            return Ok(Saved::new(state).private(private));
        }
        let clients = context.require_data()?;
        let cluster = state.intent(clients.ports())?;
        let limit = state.timeouts.update(LIMITS.update);
        let vouched = private.ca_hash.as_deref();
        let work = |stop| async move {
            clients.operations().update_shared(&cluster, vouched, &stop).await
        };
        match within(context, limit, work).await {
            // What was never seen is no part of the plan: the next look shows it.
            Ok(_) if state.shared_objects.is_null() => {}
            Ok(found) => state.shared_objects = found.as_ref().map(shared::objects).into(),
            // A cluster whose first member has not come to its end: it begins with the new settings.
            Err(error) if state.shared_objects.is_null() && proves_nothing(&error) => {
                context.warn(explain_as_warning(&error, NEVER_SEEN));
            }
            Err(error) => return Err(explain(&error).into()),
        }
        Ok(Saved::new(state).private(private))
    }

    async fn delete(
        &self,
        _context: &Context<Kubeadm>,
        _request: DeleteRequest<Self>,
    ) -> Result<(), Failed<Self>> {
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
        Ok(Saved::new(ClusterModel {
            control_plane_nodes: Tf::Known(hosts),
            ..ClusterModel::default()
        }))
    }

    fn identity(state: &ClusterModel) -> Option<ClusterIdentity> {
        Some(ClusterIdentity::of(&state.id))
    }
}

/// Completes the state of an import.
async fn adopt(
    context: &Context<Kubeadm>,
    clients: &Clients,
    state: &mut ClusterModel,
) -> Result<ClusterPrivate, Diagnostics> {
    let hosts = state.control_plane_nodes.known().cloned().unwrap_or_default();
    let found = find(context, clients, hosts).await?;
    *state = ClusterModel::of(found.cluster);
    Ok(ClusterPrivate { ca_hash: Some(found.ca_hash) })
}

impl ClusterModel {
    /// The intent, once all of it is known.
    fn intent(&self, ports: &Ports) -> Result<ClusterIntent, Diagnostics> {
        let id = self.id.known().cloned().unwrap_or_default();
        let cluster = cluster_intent(&self.object().draft(ports), &id);
        cluster.map_err(|found| diagnostics(&found))
    }
}

/// A cluster lives on in the members that stay; when none does, the new ones have nothing to join.
fn replaces_all(prior: &Tf<Vec<NodeObject>>, planned: &Tf<Vec<NodeObject>>) -> Option<Finding> {
    let (prior, planned) = (prior.known()?, planned.known()?);
    let stays = |node: &NodeObject| planned.iter().any(|other| is_same_machine(node, other));
    if prior.len() < 2 || prior.iter().any(stays) {
        return None;
    }
    let names: Vec<&str> =
        prior.iter().filter_map(|node| node.name.known()).map(String::as_str).collect();
    let summary = format!("none of the control plane hosts {} stays", names.join(", "));
    Some(
        Finding::error("PLAN-REPLACE-ALL", summary)
            .at(["control_plane_nodes"])
            .because("Each would be replaced or removed, and etcd's data with the last of them")
            .advise(
                "Replace them one after the other, with an apply for each, so that the others keep \
                 the cluster; to begin a new cluster, destroy this one first",
            ),
    )
}

/// What is not known before an apply is another machine.
fn is_same_machine(prior: &NodeObject, planned: &NodeObject) -> bool {
    let same_address = planned.address.is_known() && planned.address == prior.address;
    same_address && (!prior.machine_id.is_known() || planned.machine_id == prior.machine_id)
}

/// What makes another cluster of it. A default that is written out changes nothing.
fn other_cluster(prior: &ClusterModel, planned: &ClusterModel) -> Vec<Path> {
    let settings = (prior.object().settings(), planned.object().settings());
    let (Some(prior), Some(planned)) = settings else { return IDENTITY.map(Path::of).to_vec() };
    changes(&prior, &planned).iter().map(|change| Path::of(&change.path)).collect()
}

/// Another etcd's servers or files are settings; an etcd of another kind holds another cluster.
fn moved_etcd(prior: &ClusterModel, planned: &ClusterModel) -> Option<Path> {
    let path = Path::of(["etcd"]);
    let is_external = |model: &ClusterModel| match model.etcd.as_ref() {
        Tf::Null => Some(false),
        Tf::Unknown => None,
        Tf::Known(etcd) if etcd.external.is_unknown() => None,
        Tf::Known(etcd) => Some(!etcd.external.is_null()),
    };
    (is_external(prior)? != is_external(planned)?).then_some(path)
}

/// Known as soon as the name and the endpoint's host are.
fn identity(model: &ClusterModel) -> Tf<String> {
    let host = model.endpoint.known().map(|endpoint| &endpoint.host);
    match (&model.name, host) {
        (Tf::Known(name), Some(Tf::Known(host))) => Tf::Known(cluster_identity(name, host)),
        _ => Tf::Unknown,
    }
}
