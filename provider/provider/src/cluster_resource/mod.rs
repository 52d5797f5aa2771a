//! The resource `kubeadm_cluster`.

mod model;
#[cfg(test)]
mod tests;

use cluster::Finding;
use cluster::checks::check_cluster;
use cluster::intent::cluster_identity;
use tfplugin::{
    Context, CreateRequest, DeleteRequest, Diagnostics, Failed, Import, Imported, NoIdentity, Path,
    Plan, PlanRequest, Read, ReadRequest, Resource, Saved, Tf, UpdateRequest,
};

use crate::clients::Ports;
use crate::explain::{diagnostics, not_importable};
use crate::model::NodeObject;
use crate::provider::Kubeadm;
pub(crate) use model::ClusterModel;

/// The resource `kubeadm_cluster`.
pub(crate) struct ClusterResource;

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
    type Private = ();
    type Identity = NoIdentity;
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
        plan.requires_replace.extend(IDENTITY.into_iter().map(Path::of));
        let Some(prior) = &request.prior else {
            plan.state.id = identity(&plan.state);
            return Ok(());
        };
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
        _context: &Context<Kubeadm>,
        request: ReadRequest<Self>,
    ) -> Result<Read<Self>, Diagnostics> {
        Ok(Read::Keep(Saved::new(request.state)))
    }

    async fn update(
        &self,
        _context: &Context<Kubeadm>,
        request: UpdateRequest<Self>,
    ) -> Result<Saved<Self>, Failed<Self>> {
        Ok(Saved::new(request.planned))
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
        _import: Import<Self>,
    ) -> Result<Imported<Self>, Diagnostics> {
        Err(not_importable(Self::TYPE_NAME).into())
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
