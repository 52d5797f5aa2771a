//! Makes a host as wanted.

use super::act::act;
use crate::error::{ErrorKind, OperateError, StepPosition};
use crate::observe::Interests;
use crate::operator::Operator;
use crate::record_file::write_record;
use crate::site::Site;
use cluster::Finding;
use cluster::node::{NodeIntent, Record, Scope, Step, check_plan, duplicates, plan, remaining};
use cluster::observed::Observed;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

impl Operator {
    /// Makes a host as wanted, and gives what it then is.
    ///
    /// Looks first and does nothing where nothing differs. All findings of the preflight come
    /// before any change. What is changed is in the host's record before.
    ///
    /// # Errors
    /// When the host does not answer, the preflight refuses, a step fails or does not reach its goal.
    pub async fn prepare_node(
        &self,
        intent: &NodeIntent,
        cancel: &CancellationToken,
    ) -> Result<Arc<Observed>, OperateError> {
        let what = format!("prepare host {}", intent.node.name);
        let label = self.label(&intent.node);
        self.prepare(intent, cancel).await.map_err(|error| error.while_doing(what).on(label))
    }

    /// Clones of one machine are known once two of them were looked at in this walk.
    fn refuse_twins(&self, intent: &NodeIntent, observed: &Observed) -> Result<(), OperateError> {
        let own = observed.system.machine_id.known();
        let identities = self.identities();
        let alike = identities.iter().filter(|(_, id)| Some(id) == own);
        let pairs = alike.map(|(name, id)| (name.as_str(), id.as_str()));
        let findings: Vec<Finding> = duplicates(pairs)
            .into_iter()
            .filter(|finding| !intent.preflight_ignore.contains(finding.code))
            .collect();
        if findings.is_empty() {
            return Ok(());
        }
        Err(OperateError::refused("begin", findings))
    }

    async fn prepare(
        &self,
        intent: &NodeIntent,
        cancel: &CancellationToken,
    ) -> Result<Arc<Observed>, OperateError> {
        let interests = Interests::of(intent);
        let observed = self.observe_fresh(&intent.node, &interests, cancel).await?;
        self.refuse_twins(intent, &observed)?;
        let steps = plan(intent, &observed)
            .map_err(|refusal| OperateError::refused("begin", refusal.findings))?;
        let mut record = observed.record.known().cloned().unwrap_or_default();
        sound(&steps, &record)?;
        if steps.is_empty() && record.declaration == intent.declaration {
            return Ok(observed);
        }
        let site = Site::new(self, &intent.node, cancel)?;
        remember(&site, &mut record, intent, &steps).await?;
        let numbered: Vec<Numbered<'_>> = steps.iter().enumerate().collect();
        for group in numbered
            .chunk_by(|(_, first), (_, second)| first.area.is_small() && second.area.is_small())
        {
            for (index, step) in group {
                let work = Box::pin(take(&site, &mut record, step));
                site.step(position(*index, &steps), None, work).await?;
            }
            let observed = self.observe_fresh(&intent.node, &interests, cancel).await?;
            let missed = group.iter().find_map(|(index, step)| {
                Some(missed(step, intent, &observed)?.at(position(*index, &steps)))
            });
            missed.map_or(Ok(()), Err)?;
        }
        self.observe_with(&intent.node, &interests, cancel).await
    }
}

type Numbered<'a> = (usize, &'a Step);

fn position(index: usize, steps: &[Step]) -> StepPosition {
    let name = steps.get(index).map_or("", |step| step.area.name()).to_owned();
    StepPosition { name, index: index + 1, of: steps.len() }
}

/// The last look before anything is changed.
pub(crate) fn sound(steps: &[Step], record: &Record) -> Result<(), OperateError> {
    let problems = check_plan(steps, record);
    if problems.is_empty() {
        return Ok(());
    }
    let error = OperateError::new("make a plan that can be undone", ErrorKind::Defect)
        .advise("nothing was changed; this is a defect of the provider, please report it");
    Err(problems.into_iter().fold(error, OperateError::note))
}

/// Everything that will be changed is in the record before the first of it is.
async fn remember(
    site: &Site<'_>,
    record: &mut Record,
    intent: &NodeIntent,
    steps: &[Step],
) -> Result<(), OperateError> {
    let changes = steps.iter().flat_map(|step| step.changes.iter().cloned());
    changes.for_each(|change| record.add(Scope::Node, change));
    record.declaration.clone_from(&intent.declaration);
    site.operator.forget(site.node);
    write_record(site, record).await
}

/// Takes one step; whether it reached its goal shows the look that follows.
async fn take(site: &Site<'_>, record: &mut Record, step: &Step) -> Result<(), OperateError> {
    for action in &step.actions {
        act(site, record, Scope::Node, action).await?;
    }
    if step.forgets.is_empty() {
        return Ok(());
    }
    step.forgets.iter().for_each(|key| record.forget(key));
    write_record(site, record).await
}

/// What a step did not reach.
fn missed(step: &Step, intent: &NodeIntent, observed: &Observed) -> Option<OperateError> {
    let left = remaining(step.area, intent, observed);
    if left.is_empty() {
        return None;
    }
    let error =
        OperateError::new(format!("reach the goal of step {}", step.area.name()), ErrorKind::Goal)
            .advise("something on the host works against it; look there, then apply again");
    Some(left.iter().fold(error, |error, difference| error.note(difference.to_string())))
}
