//! Planning.

use super::guard;
use super::object::{bug, decode, private_bytes, private_from};
use super::resource::{PlanInput, PlanOutput, ResourceEntry};
use crate::plan::{Refill, assert_plan_valid, changed_replace_paths, differs_quietly, propose};
use crate::value::Value;
use crate::{Context, Diagnostics, Path, Plan, PlanRequest, Resource};

/// Plans a create, an update or a removal. After an error the plan is what core proposed.
pub(super) async fn plan<R: Resource>(
    entry: &ResourceEntry<R>,
    context: &Context<R::Provider>,
    input: PlanInput,
) -> PlanOutput {
    let fallback = PlanOutput {
        state: input.proposed.clone(),
        requires_replace: Vec::new(),
        private: input.private.clone(),
        identity: None,
        diagnostics: Diagnostics::new(),
    };
    let planned = guard(try_plan(entry, context, input)).await;
    let mut output = planned.unwrap_or_else(|diagnostics| PlanOutput { diagnostics, ..fallback });
    output.diagnostics.extend(context.take_warnings());
    output
}

async fn try_plan<R: Resource>(
    entry: &ResourceEntry<R>,
    context: &Context<R::Provider>,
    input: PlanInput,
) -> Result<PlanOutput, Diagnostics> {
    if input.proposed.is_null() {
        return plan_destroy(entry, context, input).await;
    }
    let planner = Planner::new(entry, context, input)?;
    let adjusted = planner.adjust().await?;
    planner.check(&adjusted)?;
    let identity = entry.identity_of(&adjusted.state)?;
    Ok(PlanOutput {
        state: adjusted.state,
        requires_replace: adjusted.requires_replace,
        private: adjusted.private,
        identity,
        diagnostics: Diagnostics::new(),
    })
}

async fn plan_destroy<R: Resource>(
    entry: &ResourceEntry<R>,
    context: &Context<R::Provider>,
    input: PlanInput,
) -> Result<PlanOutput, Diagnostics> {
    let prior = decode(&input.prior)?;
    entry.resource.plan_destroy(context, &prior).await?;
    Ok(PlanOutput {
        state: Value::Null,
        requires_replace: Vec::new(),
        private: input.private,
        identity: entry.identity_of(&input.prior)?,
        diagnostics: Diagnostics::new(),
    })
}

struct Planner<'a, R: Resource> {
    entry: &'a ResourceEntry<R>,
    context: &'a Context<R::Provider>,
    request: PlanRequest<R>,
    input: PlanInput,
}

struct Adjusted {
    state: Value,
    requires_replace: Vec<Path>,
    private: Vec<u8>,
}

impl<'a, R: Resource> Planner<'a, R> {
    fn new(
        entry: &'a ResourceEntry<R>,
        context: &'a Context<R::Provider>,
        input: PlanInput,
    ) -> Result<Self, Diagnostics> {
        let prior = Some(&input.prior).filter(|prior| !prior.is_null());
        let request =
            PlanRequest { config: decode(&input.config)?, prior: prior.map(decode).transpose()? };
        Ok(Self { entry, context, request, input })
    }

    /// First with the prior computed values: if nothing differs then, nothing is to be done.
    /// Else again with those unknown that a change may alter.
    async fn adjust(&self) -> Result<Adjusted, Diagnostics> {
        let attributes = &self.entry.object.schema.attributes;
        let PlanInput { config, prior, .. } = &self.input;
        let open = propose(attributes, config, prior, Refill::Unknown);
        if prior.is_null() {
            return self.hook(&open).await;
        }
        let unmarked = self.hook(&propose(attributes, config, prior, Refill::Prior)).await?;
        if differs_quietly(attributes, prior, &unmarked.state) {
            return Ok(unmarked);
        }
        // Warnings of the first round come up again in the second.
        self.context.take_warnings();
        let mut adjusted = self.hook(&open).await?;
        let replacing = changed_replace_paths(attributes, prior, &unmarked.state);
        adjusted.requires_replace.extend(replacing);
        Ok(adjusted)
    }

    async fn hook(&self, proposal: &Value) -> Result<Adjusted, Diagnostics> {
        let object = &self.entry.object;
        let mut plan = Plan::<R> {
            state: decode(proposal)?,
            requires_replace: Vec::new(),
            private: private_from(&self.input.private)?,
        };
        let resource = &self.entry.resource;
        resource.plan(self.context, &self.request, &mut plan).await?;
        Ok(Adjusted {
            state: object.encode_changed(proposal, &plan.state)?.conform(&object.kind)?,
            requires_replace: plan.requires_replace,
            private: private_bytes(&plan.private)?,
        })
    }

    fn check(&self, adjusted: &Adjusted) -> Result<(), Diagnostics> {
        let PlanInput { config, prior, .. } = &self.input;
        let attributes = &self.entry.object.schema.attributes;
        let checked = assert_plan_valid(attributes, prior, config, &adjusted.state);
        checked.map_err(|breach| bug(breach).into())
    }
}
