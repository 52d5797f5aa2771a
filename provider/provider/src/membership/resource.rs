//! One resource for every kind of membership.

use std::marker::PhantomData;

use cluster::Finding;
use cluster::checks::NodeDraft;
use cluster::intent::MembershipIntent;
use cluster::membership::Role;
use operate::membership::{MembershipFound, Presence};
use tfplugin::{
    Context, CreateRequest, DeleteRequest, Diagnostic, Diagnostics, Failed, Import, Imported,
    Model, Path, Plan, PlanRequest, Read, ReadRequest, Resource, Saved, Set, Tf, Timeouts,
    UpdateRequest,
};

use super::plan::{identity, planned_kubelet, planned_packages};
use super::recorded::{Changes, Recorded, planned_endpoint};
use super::{ControlPlaneParts, LIMITS, Parts, STATE_KEPT, adoption, warn};
use crate::adoption::{Found, MembershipIdentity};
use crate::clients::{Clients, Ports};
use crate::explain::{diagnostics, explain, explain_as_warning, warn_findings};
use crate::model::{ClusterObject, NodeObject, RegistrationParts, static_pods};
use crate::node::proves_nothing;
use crate::provider::Kubeadm;
use crate::within::{Limits, within};

/// What tells one kind of membership from another.
pub(crate) trait Membership: Model {
    /// Name of the resource type.
    const TYPE_NAME: &'static str;
    /// What a host is in its cluster.
    const ROLE: Role;
    /// How long the operations may take where nothing is given.
    const LIMITS: Limits = LIMITS;

    /// The host.
    fn node(&self) -> &Tf<NodeObject>;
    /// How the host presents itself as a node.
    fn registration(&self) -> RegistrationParts<'_>;
    /// The cluster it belongs to, as far as it is known.
    fn cluster(&self) -> Tf<&ClusterObject>;
    /// Where in the configuration the cluster's id is.
    fn cluster_id() -> Path;
    /// How long the operations may take.
    fn timeouts(&self) -> &Tf<Timeouts>;
    /// The parts that are found.
    fn parts(&mut self) -> Parts<'_>;
    /// What is wrong with the configuration.
    fn check(&self) -> Vec<Finding>;
    /// The whole intent.
    fn intent(&self, clients: &Clients) -> Result<MembershipIntent, Diagnostics>;

    /// The host's draft: what is known of it.
    fn node_draft(&self, ports: &Ports) -> NodeDraft {
        self.node().known().cloned().unwrap_or_else(NodeObject::unknown).draft(ports)
    }

    /// Keeps what is no change of this membership, and refuses what it cannot follow.
    fn follow(&mut self, prior: &Self) -> Result<(), Diagnostics>;
    /// Fills in what a look or a change found beside the parts that all kinds have.
    fn learn(&mut self, _found: &MembershipFound) {}
    /// What only a kind that runs a control plane has.
    fn control_plane_parts(&mut self) -> Option<ControlPlaneParts<'_>> {
        None
    }
    /// Hash of the cluster's CA, where the state of this kind has it.
    fn ca_hash(&self) -> Option<&str> {
        None
    }

    /// A state that holds what a look needs to find the host's cluster through control plane hosts.
    fn imported(host: NodeObject, control_plane: Vec<NodeObject>) -> Result<Self, Diagnostic>;
    /// The control plane hosts of such a state.
    fn ways(&self) -> Vec<NodeObject>;
    /// Fills in the cluster that was found, and the host with what tells its machine apart.
    fn adopt(&mut self, host: NodeObject, found: Found);
    /// Attributes whose change makes another membership of it, beside those that always do.
    fn replaced(&self, _prior: &Self) -> Vec<Path> {
        Vec::new()
    }
    /// The same without the other hosts of its control plane, whose coming and going changes nothing
    /// on this one.
    fn without_contacts(&self) -> Self;
}

/// The resource of one kind of membership.
pub(crate) struct MembershipResource<M>(PhantomData<fn() -> M>);

impl<M> MembershipResource<M> {
    pub(crate) fn new() -> Self {
        Self(PhantomData)
    }
}

impl<M: Membership> Resource for MembershipResource<M> {
    type Provider = Kubeadm;
    type State = M;
    type Private = Recorded;
    type Identity = MembershipIdentity;
    const TYPE_NAME: &'static str = M::TYPE_NAME;

    fn validate(&self, config: &M) -> Diagnostics {
        diagnostics(&config.check())
    }

    async fn plan(
        &self,
        _context: &Context<Kubeadm>,
        request: &PlanRequest<Self>,
        plan: &mut Plan<Self>,
    ) -> Result<(), Diagnostics> {
        let planned = &mut plan.state;
        let Some(mut prior) = request.prior.clone() else {
            *planned.parts().kubelet = planned_kubelet(Tf::Unknown);
            let nothing = (None, &Tf::Null);
            let endpoint = planned_endpoint(nothing, &Changes::all(), planned.cluster());
            if let Some(parts) = planned.control_plane_parts() {
                *parts.endpoint = endpoint;
                *parts.certificates_due = Tf::Known(Set::default());
                *parts.restarts_due = Tf::Known(Set::default());
            }
            *planned.parts().packages = Tf::Unknown;
            *planned.parts().marked = Tf::Known(true);
            return Ok(());
        };
        let followed = planned.follow(&prior);
        let packages = planned_packages(prior.parts().packages, planned.cluster());
        *planned.parts().packages = packages;
        planned.parts().plan_registration(prior.parts().node_uid);
        // A host that was never asked is none whose mark is missing.
        *planned.parts().marked = prior.parts().marked.map(|_| true);
        promise(planned, &mut prior, &plan.private);
        plan.requires_replace.extend(identity(prior.node(), M::cluster_id()));
        plan.requires_replace.extend(plan.state.replaced(&prior));
        followed
    }

    async fn create(
        &self,
        context: &Context<Kubeadm>,
        request: CreateRequest<Self>,
    ) -> Result<Saved<Self>, Failed<Self>> {
        let clients = context.require_data()?;
        let intent = request.planned.intent(clients)?;
        let limit = request.planned.timeouts().create(M::LIMITS.create);
        let work =
            |stop| async move { clients.operations().create_membership(&intent, &stop).await };
        let found = within(context, limit, work).await.map_err(|error| explain(&error))?;
        warn_findings(context, &found.remarks);
        Ok(saved(request.planned, Recorded::of(&found), &found))
    }

    async fn read(
        &self,
        context: &Context<Kubeadm>,
        request: ReadRequest<Self>,
    ) -> Result<Read<Self>, Diagnostics> {
        let (mut state, mut private) = (request.state, request.private);
        let clients = context.require_data()?;
        let imported = adoption::adopt(context, clients, &mut state).await?;
        let intent = state.intent(clients)?;
        let name = intent.node().name.clone();
        let limit = state.timeouts().read(M::LIMITS.read);
        let work = |stop| async move { clients.operations().read_membership(&intent, &stop).await };
        match within(context, limit, work).await {
            Ok(Presence::Gone) => return Ok(Read::Gone),
            Ok(Presence::OtherMachine { .. }) => {}
            Ok(Presence::Present(found)) => {
                imported.map_or(Ok(()), |imported| imported.require(&name, &found))?;
                adoption::warn_of_authority(context, state.ca_hash(), &name, &found);
                state.learn(&found);
                look_at_control_plane(&mut state, &found);
                state.parts().found(&found);
                private = private.or_found(&found);
                warn(context, &name, &found);
            }
            Err(error) if proves_nothing(&error) => {
                let consequence = private.seen.consequence(STATE_KEPT);
                context.warn(explain_as_warning(&error, &consequence));
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
        if request.prior.without_contacts() == request.planned.without_contacts() {
            return Ok(Saved::new(request.planned).private(request.private));
        }
        let clients = context.require_data()?;
        let intent = request.planned.intent(clients)?;
        let limit = request.planned.timeouts().update(M::LIMITS.update);
        let (mut prior, mut state) = (request.prior, request.planned);
        let adopts = adoption::adopts(&mut state, &mut prior);
        let work = |stop| async move {
            let operations = clients.operations();
            if adopts {
                operations.adopt_membership(&intent, &stop).await
            } else {
                operations.update_membership(&intent, &stop).await
            }
        };
        let found = within(context, limit, work).await.map_err(|error| explain(&error))?;
        let recorded = Recorded { only_seen: adopts, ..Recorded::of(&found) };
        Ok(saved(state, recorded, &found))
    }

    async fn delete(
        &self,
        context: &Context<Kubeadm>,
        request: DeleteRequest<Self>,
    ) -> Result<(), Failed<Self>> {
        let clients = context.require_data()?;
        let intent = request.state.intent(clients)?;
        let limit = request.state.timeouts().delete(M::LIMITS.delete);
        let work =
            |stop| async move { clients.operations().delete_membership(&intent, &stop).await };
        let departed = within(context, limit, work).await.map_err(|error| explain(&error))?;
        warn_findings(context, &departed.warnings);
        Ok(())
    }

    async fn import(
        &self,
        _context: &Context<Kubeadm>,
        import: Import<Self>,
    ) -> Result<Imported<Self>, Diagnostics> {
        let (host, control_plane) = match import {
            Import::Id(id) => adoption::hosts(&id)?,
            Import::Identity(identity) => identity.hosts()?,
        };
        Ok(Saved::new(M::imported(host, control_plane)?))
    }

    fn identity(state: &M) -> Option<MembershipIdentity> {
        MembershipIdentity::of(state.node())
    }
}

fn saved<M: Membership>(
    mut state: M,
    recorded: Recorded,
    found: &MembershipFound,
) -> Saved<MembershipResource<M>> {
    let name = state.node().as_ref().and_then(|node| node.name.clone());
    state.learn(found);
    look_at_control_plane(&mut state, found);
    let parts = state.parts();
    *parts.id = name;
    parts.applied(found);
    Saved::new(state).private(recorded)
}

/// Promises that what is on the host becomes what was recorded, but for what a change of the cluster's
/// settings changes.
///
/// What was never rendered by an apply may become something else by one: what, only that tells.
fn promise<M: Membership>(planned: &mut M, prior: &mut M, recorded: &Recorded) {
    let changes = Changes::between(prior.cluster(), planned.cluster());
    put_back(planned, prior, recorded, &changes);
    let changes = planned.without_contacts() != prior.without_contacts();
    if recorded.only_seen && changes && !adoption::adopts(planned, prior) {
        put_back(planned, prior, recorded, &Changes::all());
    }
}

fn put_back<M: Membership>(planned: &mut M, prior: &mut M, recorded: &Recorded, changes: &Changes) {
    let before = prior.parts().kubelet.known().map(|kubelet| kubelet.configuration.clone());
    let configuration = recorded.planned_configuration(changes, &before.unwrap_or_default());
    *planned.parts().kubelet = planned_kubelet(configuration);
    let prior_endpoint = prior.control_plane_parts().map(|parts| parts.endpoint.clone());
    let served = (recorded.endpoint.as_ref(), &prior_endpoint.unwrap_or_default());
    let endpoint = planned_endpoint(served, changes, planned.cluster());
    if let (Some(parts), Some(before)) =
        (planned.control_plane_parts(), prior.control_plane_parts())
    {
        *parts.static_pods = recorded.planned_pods(changes, before.static_pods);
        // A host that was never asked is none on which something is due.
        *parts.certificates_due = before.certificates_due.as_ref().map(|_| Set::default());
        *parts.restarts_due = before.restarts_due.as_ref().map(|_| Set::default());
        *parts.endpoint = endpoint;
        *parts.certificate_names = recorded.planned_names(changes, before.certificate_names);
    }
}

/// What could not be read stays as it was.
fn look_at_control_plane<M: Membership>(state: &mut M, found: &MembershipFound) {
    let serves = state.cluster().known().is_some_and(|cluster| cluster.serves_endpoint());
    let Some(parts) = state.control_plane_parts() else { return };
    let due = found.certificates_due.iter().cloned().map(Tf::Known);
    *parts.certificates_due = Tf::Known(due.collect());
    match &found.endpoint {
        Some(part) => *parts.endpoint = Tf::Known(part.into()),
        None if serves && parts.endpoint.is_known() => {}
        None => *parts.endpoint = Tf::Null,
    }
    let restarts = found.restarts_due.iter().map(|component| Tf::from(component.name()));
    *parts.restarts_due = Tf::Known(restarts.collect());
    if let Some(pods) = &found.static_pods {
        *parts.static_pods = static_pods(pods, |_| false);
    }
    if let Some(names) = &found.certificate_names {
        *parts.certificate_names = Tf::Known(names.iter().cloned().map(Tf::Known).collect());
    }
}
