//! What create, read and update of a node come to.

use std::time::Duration;

use cluster::Finding;
use cluster::node::NodeIntent;
use operate::{ErrorKind, OperateError};
use tfplugin::{Context, Diagnostic, Diagnostics, Failed, Path, Read, ReadRequest, Saved, Tf};

use super::model::{NodeModel, NodePackages};
use super::{LIMITS, NodePrivate, NodeResource, import};
use crate::clients::{Clients, Ports};
use crate::explain::{diagnostics, explain, explain_as_warning, warn_findings};
use crate::operations::NodeReport;
use crate::provider::Kubeadm;
use crate::seen::Seen;
use crate::within::within;

/// What follows from a host that is silent during a look.
const STATE_KEPT: &str =
    "The state keeps what was known of the host, and nothing is concluded from this.";

/// What follows from a host that shows another key.
const STATE_KEPT_FROM_STRANGER: &str = "The state keeps what was known of the host. If its machine was rebuilt, replace the node: give \
     it another instance_id, or apply with -replace.";

/// What preflight finds on a host that is in a cluster without our mark.
const FOREIGN_CLUSTER: &str = "PF-FOREIGN-CLUSTER";

/// What is wrong with the arguments themselves.
pub(super) fn check(config: &NodeModel) -> Vec<Finding> {
    let mut found = cluster::checks::check_node(&config.object().draft(&Ports::default()));
    found.extend(cluster::node::validate(&config.planned_intent()));
    found.extend(config.packages.known().and_then(NodePackages::check_version));
    found
}

/// Makes the host what the plan says.
pub(super) async fn prepare(
    context: &Context<Kubeadm>,
    planned: NodeModel,
    prior: Option<NodeModel>,
    limit: Duration,
) -> Result<Saved<NodeResource>, Failed<NodeResource>> {
    let clients = context.require_data()?;
    let mut intent = intent(clients, &planned)?;
    let was_known = prior.is_some();
    if was_known {
        // The state knows the host: whatever cluster it is in, it was imported or prepared before.
        intent.preflight_ignore.insert(FOREIGN_CLUSTER.to_owned());
    }
    let moved = prior.is_some_and(|prior| moved(&prior, &planned));
    let work = |stop| async move {
        if moved {
            let report = clients.operations().read_node(&intent, &stop).await?;
            same_machine(&intent, &report)?;
        }
        clients.operations().prepare_node(&intent, &stop).await
    };
    let mut report = within(context, limit, work).await.map_err(|error| explain(&error))?;
    report.warnings.retain(|warning| !(was_known && warning.code == FOREIGN_CLUSTER));
    warn_findings(context, &report.warnings);
    Ok(saved(planned, report))
}

pub(super) fn intent(clients: &Clients, node: &NodeModel) -> Result<NodeIntent, Diagnostics> {
    node.intent(clients.ports()).map_err(|finding| diagnostics(&[finding]))
}

/// Whether the way to the host is another one, at whose end another machine may be.
fn moved(prior: &NodeModel, planned: &NodeModel) -> bool {
    (&prior.address, prior.port, &prior.ssh_profile)
        != (&planned.address, planned.port, &planned.ssh_profile)
}

fn same_machine(intent: &NodeIntent, report: &NodeReport) -> Result<(), OperateError> {
    let node = &intent.node;
    match &node.machine_id {
        Some(known) if *known != report.machine_id => {
            let what = format!("find host {} at {}", node.name, node.address);
            Err(OperateError::new(what, ErrorKind::Refused)
                .note(format!("the machine there is {}, not {known}", report.machine_id))
                .advise(
                    "if the machine was exchanged on purpose, replace the node: give it another \
                     instance_id, or apply with -replace",
                ))
        }
        _ => Ok(()),
    }
}

fn saved(planned: NodeModel, report: NodeReport) -> Saved<NodeResource> {
    let kept = report.settings.found();
    let mut state = planned;
    state.id = Tf::Known(report.machine_id.clone());
    state.machine_id = Tf::Known(report.machine_id);
    if state.host_key.is_unknown() {
        state.host_key = report.host_key.into();
    }
    if !state.os.is_known() {
        state.os = Tf::Known(report.os);
    }
    state.settings = Tf::Known(report.settings);
    Saved::new(state).private(NodePrivate {
        kept: Some(kept),
        stranger: None,
        seen: Seen::default().again(),
    })
}

/// Looks at the host: silence keeps the state, another machine asks for a replacement.
pub(super) async fn read(
    context: &Context<Kubeadm>,
    request: ReadRequest<NodeResource>,
) -> Result<Read<NodeResource>, Diagnostics> {
    let ReadRequest { state, private } = request;
    let clients = context.require_data()?;
    let intent = intent(clients, &state)?;
    let limit = state.timeouts().read(LIMITS.read);
    let work = |stop| async move { clients.operations().read_node(&intent, &stop).await };
    match within(context, limit, work).await {
        Ok(report) => Ok(Read::Keep(found(context, clients, state, private, report).await?)),
        Err(error) if proves_nothing(&error) && state.machine_id.is_known() => {
            let stranger = error.kind == ErrorKind::HostKey;
            let consequence = if stranger { STATE_KEPT_FROM_STRANGER } else { STATE_KEPT };
            let consequence = private.seen.consequence(consequence);
            context.warn(explain_as_warning(&error, &consequence));
            Ok(Read::Keep(Saved::new(state).private(private)))
        }
        Err(error) => Err(explain(&error).into()),
    }
}

/// Whether the failure says nothing of the host that the state knows: it is silent, or somebody
/// else answers in its place.
pub(crate) fn proves_nothing(error: &OperateError) -> bool {
    error.is_unreachable() || matches!(error.kind, ErrorKind::HostKey | ErrorKind::Timeout)
}

pub(super) async fn found(
    context: &Context<Kubeadm>,
    clients: &Clients,
    mut state: NodeModel,
    private: NodePrivate,
    mut report: NodeReport,
) -> Result<Saved<NodeResource>, Diagnostics> {
    if let Some(known) = state.machine_id.known().filter(|known| **known != report.machine_id) {
        context.warn(another_machine(&state, known, &report.machine_id));
        let private = NodePrivate { stranger: Some(report.machine_id), ..private };
        return Ok(Saved::new(state).private(private));
    }
    if !state.machine_id.is_known() {
        report = adopted(context, clients, &mut state, report).await?;
    }
    warn_findings(context, &report.warnings);
    if state.host_key.is_null() {
        state.host_key = report.host_key.into();
    }
    state.id = Tf::Known(report.machine_id.clone());
    state.machine_id = Tf::Known(report.machine_id);
    state.os = Tf::Known(report.os);
    state.settings = Tf::Known(report.settings);
    Ok(Saved::new(state).private(NodePrivate {
        stranger: None,
        seen: private.seen.again(),
        ..private
    }))
}

/// The first look after an import: the arguments come from the host's record, and the look is
/// repeated, since it depends on them.
async fn adopted(
    context: &Context<Kubeadm>,
    clients: &Clients,
    state: &mut NodeModel,
    report: NodeReport,
) -> Result<NodeReport, Diagnostics> {
    let Some(declaration) = report.declaration.clone() else { return Ok(report) };
    import::adopt(state, declaration);
    let intent = intent(clients, state)?;
    let work = |stop| async move { clients.operations().read_node(&intent, &stop).await };
    within(context, LIMITS.read, work).await.map_err(|error| explain(&error).into())
}

fn another_machine(state: &NodeModel, known: &str, found: &str) -> Diagnostic {
    let name = state.name.known().map_or("", String::as_str);
    let address = state.address.known().map_or("", String::as_str);
    Diagnostic::warning(format!("host {name} is another machine now"))
        .detail(format!(
            "At {address} answers the machine {found}; the node was prepared on {known}. \
             The node is replaced, and with it what was on it."
        ))
        .at(Path::of(["machine_id"]))
}
