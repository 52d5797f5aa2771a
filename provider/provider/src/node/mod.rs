//! The resource `kubeadm_node`.

mod departure;
mod import;
mod intent;
mod model;
mod outcome;
mod plan;
mod settings;
#[cfg(test)]
mod tests;

use std::time::Duration;

use cluster::node;
use serde::{Deserialize, Serialize};
use tfplugin::{
    Context, CreateRequest, DeleteRequest, Diagnostics, Failed, Import, Imported, Path, Plan,
    PlanRequest, Read, ReadRequest, Resource, Saved, Tf, UpdateRequest,
};

use crate::explain::{diagnostics, explain, explain_as_warning, warn_findings};
use crate::provider::Kubeadm;
use crate::seen::Seen;
use crate::within::{Limits, within};
pub(crate) use import::{NodeIdentity, identified};
pub(crate) use model::{NodeModel, Os};
pub(crate) use outcome::proves_nothing;
pub(crate) use settings::Settings;

/// How long the operations may take where nothing is given.
const LIMITS: Limits = Limits {
    create: Duration::from_mins(15),
    read: Duration::from_mins(1),
    update: Duration::from_mins(15),
    delete: Duration::from_mins(10),
};

/// The resource `kubeadm_node`.
pub(crate) struct NodeResource;

/// What is kept beside the state.
#[derive(Serialize, Deserialize, Clone, Debug, Default)]
pub(crate) struct NodePrivate {
    /// What was found after the last apply.
    #[serde(default)]
    kept: Option<node::Settings>,
    /// Machine id of another machine that answered in place of ours.
    #[serde(default)]
    stranger: Option<String>,
    /// When the host was last looked at.
    #[serde(default)]
    seen: Seen,
}

impl Resource for NodeResource {
    type Provider = Kubeadm;
    type State = NodeModel;
    type Private = NodePrivate;
    type Identity = NodeIdentity;
    const TYPE_NAME: &'static str = "kubeadm_node";

    fn validate(&self, config: &NodeModel) -> Diagnostics {
        diagnostics(&outcome::check(config))
    }

    async fn plan(
        &self,
        context: &Context<Kubeadm>,
        request: &PlanRequest<Self>,
        plan: &mut Plan<Self>,
    ) -> Result<(), Diagnostics> {
        if let Some(clients) = context.data() {
            let path = Path::of(["ssh_profile"]);
            let missing = clients.check_profile(path, &request.config.ssh_profile);
            missing.map_or(Ok(()), |error| Err(Diagnostics::from(error)))?;
        }
        let prior = request.prior.as_ref();
        if plan.private.stranger.is_some() {
            plan.state.machine_id = Tf::Unknown;
            plan.requires_replace.push(Path::of(["machine_id"]));
        }
        let instance = plan::is_other_instance(prior, &plan.state);
        plan.requires_replace.extend(instance.then(|| Path::of(["instance_id"])));
        plan.state.settings = plan::settings(&plan.state, prior, plan.private.kept.as_ref());
        Ok(())
    }

    async fn create(
        &self,
        context: &Context<Kubeadm>,
        request: CreateRequest<Self>,
    ) -> Result<Saved<Self>, Failed<Self>> {
        let limit = request.planned.timeouts().create(LIMITS.create);
        outcome::prepare(context, request.planned, None, limit).await
    }

    async fn read(
        &self,
        context: &Context<Kubeadm>,
        request: ReadRequest<Self>,
    ) -> Result<Read<Self>, Diagnostics> {
        outcome::read(context, request).await
    }

    async fn update(
        &self,
        context: &Context<Kubeadm>,
        request: UpdateRequest<Self>,
    ) -> Result<Saved<Self>, Failed<Self>> {
        let limit = request.planned.timeouts().update(LIMITS.update);
        outcome::prepare(context, request.planned, Some(request.prior), limit).await
    }

    async fn delete(
        &self,
        context: &Context<Kubeadm>,
        request: DeleteRequest<Self>,
    ) -> Result<(), Failed<Self>> {
        let clients = context.require_data()?;
        let intent = outcome::intent(clients, &request.state)?;
        let limit = request.state.timeouts().delete(LIMITS.delete);
        let work =
            |stop| async move { clients.operations().release_node(&intent.node, &stop).await };
        match within(context, limit, work).await {
            Ok(departed) => {
                warn_findings(context, &departed.warnings);
                Ok(())
            }
            Err(error) => {
                let consequence = departure::consequence(&error, &request.state);
                let consequence = consequence.ok_or_else(|| explain(&error))?;
                context.warn(explain_as_warning(&error, &consequence));
                Ok(())
            }
        }
    }

    async fn import(
        &self,
        _context: &Context<Kubeadm>,
        import: Import<Self>,
    ) -> Result<Imported<Self>, Diagnostics> {
        import::import(import).map(Saved::new)
    }

    fn identity(state: &NodeModel) -> Option<NodeIdentity> {
        NodeIdentity::of(state)
    }
}
