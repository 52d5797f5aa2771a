//! The resource `kubeadm_cluster`.

mod model;
#[cfg(test)]
mod tests;

use cluster::Finding;
use cluster::checks::{ClusterDraft, check_cluster};
use cluster::intent::cluster_identity;
use tfplugin::{
    Context, CreateRequest, DeleteRequest, Diagnostics, Failed, Import, Imported, NoIdentity, Path,
    Plan, PlanRequest, Read, ReadRequest, Resource, Saved, Tf, UpdateRequest,
};

use crate::clients::Ports;
use crate::explain::{diagnostics, not_importable};
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
        let mut findings = check_cluster(&draft);
        findings.extend(several_members(&draft));
        diagnostics(&findings)
    }

    async fn plan(
        &self,
        _context: &Context<Kubeadm>,
        request: &PlanRequest<Self>,
        plan: &mut Plan<Self>,
    ) -> Result<(), Diagnostics> {
        if request.prior.is_none() {
            plan.state.id = identity(&plan.state);
        }
        plan.requires_replace.extend(IDENTITY.into_iter().map(Path::of));
        Ok(())
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

/// This release makes clusters of one control plane member.
fn several_members(draft: &ClusterDraft) -> Option<Finding> {
    let count = draft.control_plane_nodes.known().map(Vec::len).filter(|count| *count > 1)?;
    let summary = format!("this release supports one control plane host, {count} are given");
    Some(
        Finding::error("PLAN-ONE-MEMBER", summary)
            .at(["control_plane_nodes"])
            .because("Joining further members comes with a later release, see CHANGELOG.md")
            .advise(
                "Give one host. If endpoint.host is a DNS name or a load balancer's address, \
                     more can be added later",
            ),
    )
}

/// Known as soon as the name and the endpoint's host are.
fn identity(model: &ClusterModel) -> Tf<String> {
    let host = model.endpoint.known().map(|endpoint| &endpoint.host);
    match (&model.name, host) {
        (Tf::Known(name), Some(Tf::Known(host))) => Tf::Known(cluster_identity(name, host)),
        _ => Tf::Unknown,
    }
}
