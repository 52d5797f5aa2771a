//! Carrying out a planned change.

use super::guard;
use super::object::{bug, decode, private_bytes, private_from};
use super::resource::{ApplyInput, Outcome, ResourceEntry};
use crate::plan::assert_compatible;
use crate::value::Value;
use crate::{
    Context, CreateRequest, DeleteRequest, Diagnostic, Diagnostics, Failed, Resource, Saved,
    UpdateRequest,
};

/// Creates, updates or deletes. Whatever goes wrong, the outcome is what is to be saved.
pub(super) async fn apply<R: Resource>(
    entry: &ResourceEntry<R>,
    context: &Context<R::Provider>,
    input: ApplyInput,
) -> Outcome {
    let prior = input.prior.clone();
    let private = input.private.clone();
    let applied = guard(try_apply(entry, context, input)).await;
    let mut outcome = applied.unwrap_or_else(|diagnostics| Outcome {
        state: prior,
        private,
        identity: None,
        diagnostics,
    });
    outcome.diagnostics.extend(context.take_warnings());
    with_identity(entry, outcome)
}

fn with_identity<R: Resource>(entry: &ResourceEntry<R>, outcome: Outcome) -> Outcome {
    let identity = super::guard_sync(|| entry.identity_of(&outcome.state));
    Outcome { identity: identity.unwrap_or_default(), ..outcome }
}

async fn try_apply<R: Resource>(
    entry: &ResourceEntry<R>,
    context: &Context<R::Provider>,
    input: ApplyInput,
) -> Result<Outcome, Diagnostics> {
    if input.planned.is_null() {
        return delete(entry, context, &input).await;
    }
    let changed = if input.prior.is_null() {
        create(entry, context, &input).await?
    } else {
        update(entry, context, &input).await?
    };
    match changed {
        Ok(saved) => succeeded(entry, &input, &saved),
        Err(failed) => failed_with(entry, &input, failed),
    }
}

type Changed<R> = Result<Saved<R>, Failed<R>>;

async fn create<R: Resource>(
    entry: &ResourceEntry<R>,
    context: &Context<R::Provider>,
    input: &ApplyInput,
) -> Result<Changed<R>, Diagnostics> {
    let request = CreateRequest {
        config: decode(&input.config)?,
        planned: decode(&input.planned)?,
        private: private_from(&input.private)?,
    };
    Ok(entry.resource.create(context, request).await)
}

async fn update<R: Resource>(
    entry: &ResourceEntry<R>,
    context: &Context<R::Provider>,
    input: &ApplyInput,
) -> Result<Changed<R>, Diagnostics> {
    let request = UpdateRequest {
        config: decode(&input.config)?,
        prior: decode(&input.prior)?,
        planned: decode(&input.planned)?,
        private: private_from(&input.private)?,
    };
    Ok(entry.resource.update(context, request).await)
}

async fn delete<R: Resource>(
    entry: &ResourceEntry<R>,
    context: &Context<R::Provider>,
    input: &ApplyInput,
) -> Result<Outcome, Diagnostics> {
    let request =
        DeleteRequest { state: decode(&input.prior)?, private: private_from(&input.private)? };
    match entry.resource.delete(context, request).await {
        Ok(()) => Ok(Outcome {
            state: Value::Null,
            private: Vec::new(),
            identity: None,
            diagnostics: Diagnostics::new(),
        }),
        Err(failed) => failed_with(entry, input, failed),
    }
}

/// The object exists now, so its state is saved even if it is not what was planned.
fn succeeded<R: Resource>(
    entry: &ResourceEntry<R>,
    input: &ApplyInput,
    saved: &Saved<R>,
) -> Result<Outcome, Diagnostics> {
    let state = entry.object.encode_changed(&input.planned, &saved.state)?;
    let state = state.conform(&entry.object.kind)?;
    let checked = assert_compatible(&input.planned, &state, &entry.object.kind);
    Ok(Outcome {
        state: state.without_unknown(),
        private: private_bytes(&saved.private)?,
        identity: None,
        diagnostics: checked.err().map(bug).into_iter().collect(),
    })
}

fn failed_with<R: Resource>(
    entry: &ResourceEntry<R>,
    input: &ApplyInput,
    failed: Failed<R>,
) -> Result<Outcome, Diagnostics> {
    let mut diagnostics = failed.diagnostics;
    if !diagnostics.has_errors() {
        diagnostics.push(Diagnostic::error("the change failed without a reason"));
    }
    let (state, private) = match failed.saved {
        Some(saved) => {
            (entry.object.encode(&saved.state)?.without_unknown(), private_bytes(&saved.private)?)
        }
        None => (input.prior.clone(), input.private.clone()),
    };
    Ok(Outcome { state, private, identity: None, diagnostics })
}
