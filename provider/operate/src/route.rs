//! Keeps a host's routes: carries out what `cluster::route` decided.

use crate::error::{OperateError, StepPosition};
use crate::membership::{Look, Wait};
use crate::node::{act, is_other_machine, put_back, sound};
use crate::observe::Interests;
use crate::operator::Operator;
use crate::record_file::{read_record_at, write_record_at};
use crate::site::Site;
use cluster::Finding;
use cluster::intent::NodeReference;
use cluster::node::{Record, Releases, Scope, Step};
use cluster::observed::Observed;
use cluster::route::{RECORD, RouteIntent, is_moved, left, plan, remarks, settings};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How long network managers may take until a route is in place.
const SETTLE: Duration = Duration::from_secs(5);
/// How long the service may take until packets pass.
const START: Duration = Duration::from_secs(20);

/// A host's routes as they were found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RoutesFound {
    /// Each setting that is there, by name.
    pub settings: BTreeMap<String, String>,
    /// Whether something is kept elsewhere by now than where it was written.
    pub moved: bool,
    /// Arguments of the resource that made them.
    pub declaration: Option<Value>,
    /// What the user should hear.
    pub remarks: Vec<Finding>,
}

impl Operator {
    /// Looks at a host's routes.
    ///
    /// # Errors
    /// When the host does not answer.
    pub async fn read_routes(
        &self,
        intent: &RouteIntent,
        cancel: &CancellationToken,
    ) -> Result<RoutesFound, OperateError> {
        let interests = Interests::of_routes(intent);
        let observed = self.observe_with(&intent.node, &interests, cancel).await?;
        Ok(found(intent, &observed))
    }

    /// Gives a host its routes: each is in its record before it is made.
    ///
    /// # Errors
    /// When the host does not answer, a route leads nowhere, or a step fails or does not reach its goal.
    pub async fn keep_routes(
        &self,
        intent: &RouteIntent,
        cancel: &CancellationToken,
    ) -> Result<RoutesFound, OperateError> {
        let what = format!("keep the routes of host {}", intent.node.name);
        let result = self.keep(intent, cancel).await;
        result.map_err(|error| error.while_doing(what).on(self.label(&intent.node)))
    }

    /// Puts back what was changed for routes on a host.
    ///
    /// # Errors
    /// When the host does not answer, or when something could not be put back; the record then stays.
    pub async fn release_routes(
        &self,
        node: &NodeReference,
        cancel: &CancellationToken,
    ) -> Result<(), OperateError> {
        let what = format!("release the routes of host {}", node.name);
        let result = self.release(node, cancel).await;
        result.map_err(|error| error.while_doing(what).on(self.label(node)))
    }

    async fn keep(
        &self,
        intent: &RouteIntent,
        cancel: &CancellationToken,
    ) -> Result<RoutesFound, OperateError> {
        let site = Site::new(self, &intent.node, cancel)?;
        let mut record = read_record_at(&site, RECORD).await?;
        let interests = Interests::of_routes(intent).with_record(&record);
        let observed = self.observe_fresh(&intent.node, &interests, cancel).await?;
        if is_other_machine(&intent.node, &observed) {
            return Err(OperateError::refused("begin", vec![another_machine(&intent.node)]));
        }
        let steps = plan(intent, &observed);
        let steps = steps.map_err(|findings| OperateError::refused("begin", findings))?;
        sound(&steps, &record)?;
        remember(&site, &mut record, intent, &steps).await?;
        for (index, step) in steps.iter().enumerate() {
            let position = StepPosition {
                name: step.area.name().to_owned(),
                index: index + 1,
                of: steps.len(),
            };
            site.step(position, None, Box::pin(take(&site, &mut record, step))).await?;
        }
        let observed = require(&site, intent, &interests).await?;
        write_record_at(&site, RECORD, &record).await?;
        Ok(found(intent, &observed))
    }

    async fn release(
        &self,
        node: &NodeReference,
        cancel: &CancellationToken,
    ) -> Result<(), OperateError> {
        let site = Site::new(self, node, cancel)?;
        let observed = self.observe_fresh(node, &Interests::default(), cancel).await?;
        if is_other_machine(node, &observed) {
            tracing::warn!(host = %node.name, "another machine has the address; it is left alone");
            return Ok(());
        }
        let interests = |record: &Record| Interests::default().with_record(record);
        put_back(&site, RECORD, interests, Releases::Everything).await
    }
}

fn found(intent: &RouteIntent, observed: &Observed) -> RoutesFound {
    let record = observed.routing.record.known();
    RoutesFound {
        settings: settings(intent, observed),
        moved: is_moved(intent, observed),
        declaration: record.and_then(|record| record.declaration.clone()),
        remarks: remarks(intent, observed),
    }
}

fn another_machine(node: &NodeReference) -> Finding {
    let summary = format!("at {} answers another machine than {}", node.address, node.name);
    Finding::error("PF-OTHER-MACHINE", summary)
        .because("Its machine id is not the one that its kubeadm_node was prepared on")
        .advise(
            "Replace the kubeadm_node if the machine was exchanged on purpose, then apply again",
        )
}

/// Notes all that the steps will change, before the first of it.
async fn remember(
    site: &Site<'_>,
    record: &mut Record,
    intent: &RouteIntent,
    steps: &[Step],
) -> Result<(), OperateError> {
    let before = record.clone();
    record.declaration.clone_from(&intent.declaration);
    for change in steps.iter().flat_map(|step| &step.changes) {
        record.add(Scope::Route, change.clone());
    }
    if *record == before { Ok(()) } else { write_record_at(site, RECORD, record).await }
}

async fn take(site: &Site<'_>, record: &mut Record, step: &Step) -> Result<(), OperateError> {
    for action in &step.actions {
        act(site, record, Scope::Route, action).await?;
    }
    step.forgets.iter().for_each(|key| record.forget(key));
    Ok(())
}

/// Looks until all is as wanted: services take a moment.
async fn require(
    site: &Site<'_>,
    intent: &RouteIntent,
    interests: &Interests,
) -> Result<Arc<Observed>, OperateError> {
    let limit = if intent.between.is_empty() { SETTLE } else { START };
    let wait = Wait { what: "the routes", limit, cancel: site.cancel };
    let reached = wait.until(|| async {
        let observed = site.operator.observe_fresh(&intent.node, interests, site.cancel).await?;
        let left = left(intent, &observed);
        Ok(left.first().map_or(Look::Met(observed), |first| Look::NotYet(first.to_string())))
    });
    reached.await.map_err(|error| {
        error.advise(
            "see whether something else on the host changes it, such as a firewall or a network \
             manager; then apply again",
        )
    })
}
