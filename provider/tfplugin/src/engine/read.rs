//! Refreshing a state.

use super::guard;
use super::object::{decode, private_bytes, private_from};
use super::resource::{Outcome, ResourceEntry};
use crate::value::Value;
use crate::{Context, Diagnostic, Diagnostics, Read, ReadRequest, Resource, Saved};

/// Reads the object. After an error, and while the provider's configuration is unknown, the
/// state stays as it is.
pub(super) async fn read<R: Resource>(
    entry: &ResourceEntry<R>,
    context: &Context<R::Provider>,
    state: Value,
    private: Vec<u8>,
) -> Outcome {
    let found = guard(try_read(entry, context, &state, &private)).await;
    let (mut outcome, diagnostics) = match found {
        Ok(Some(outcome)) => (outcome, Diagnostics::new()),
        Ok(None) => (kept(entry, state, private), Diagnostics::new()),
        Err(diagnostics) => (kept(entry, state, private), diagnostics),
    };
    outcome.diagnostics = diagnostics;
    outcome.diagnostics.extend(context.take_warnings());
    outcome
}

fn kept<R: Resource>(entry: &ResourceEntry<R>, state: Value, private: Vec<u8>) -> Outcome {
    let identity = super::guard_sync(|| entry.identity_of(&state));
    Outcome {
        identity: identity.unwrap_or_default(),
        state,
        private,
        diagnostics: Diagnostics::new(),
    }
}

async fn try_read<R: Resource>(
    entry: &ResourceEntry<R>,
    context: &Context<R::Provider>,
    state: &Value,
    private: &[u8],
) -> Result<Option<Outcome>, Diagnostics> {
    if context.data().is_none() {
        return Ok(None);
    }
    let request = ReadRequest { state: decode(state)?, private: private_from(private)? };
    match entry.resource.read(context, request).await? {
        Read::Gone => Ok(Some(gone())),
        Read::Keep(saved) => found(entry, state, &saved).map(Some),
    }
}

fn gone() -> Outcome {
    Outcome {
        state: Value::Null,
        private: Vec::new(),
        identity: None,
        diagnostics: Diagnostics::new(),
    }
}

fn found<R: Resource>(
    entry: &ResourceEntry<R>,
    prior: &Value,
    saved: &Saved<R>,
) -> Result<Outcome, Diagnostics> {
    let state = entry.object.encode_changed(prior, &saved.state)?;
    let state = state.conform(&entry.object.kind)?;
    if let Some(path) = state.first_unknown() {
        let summary = format!("{path}: is not known after read");
        return Err(Diagnostic::error(summary).at(path).into());
    }
    Ok(Outcome {
        identity: entry.identity_of(&state)?,
        state,
        private: private_bytes(&saved.private)?,
        diagnostics: Diagnostics::new(),
    })
}
