//! States and identities of older versions, and of other resource types.

use serde_json::Value as Json;

use super::object::Object;
use super::resource::{Outcome, ResourceEntry};
use crate::plan::null_write_only;
use crate::value::Value;
use crate::{Diagnostic, Diagnostics, MoveRequest, Resource};

/// Called at each refresh, also when the version is the present one.
pub(super) fn upgrade<R: Resource>(
    entry: &ResourceEntry<R>,
    version: i64,
    state: Json,
) -> Result<Value, Diagnostics> {
    if version > R::VERSION {
        return Err(too_new(R::TYPE_NAME, version).into());
    }
    let state = if version == R::VERSION { state } else { R::upgrade(version, state)? };
    state_from_json(&entry.object, &state)
}

fn too_new(name: &str, version: i64) -> Diagnostic {
    Diagnostic::error(format!("the state of {name} was written by a newer version of the provider"))
        .detail(format!(
            "It has version {version}. Use that version of the provider or a later one."
        ))
}

fn state_from_json(object: &Object, state: &Json) -> Result<Value, Diagnostics> {
    let state = Value::from_json(state, &object.kind)?;
    Ok(null_write_only(&object.schema.attributes, &state))
}

pub(super) fn upgrade_identity<R: Resource>(
    entry: &ResourceEntry<R>,
    version: i64,
    identity: &Json,
) -> Result<Value, Diagnostics> {
    if version > R::IDENTITY_VERSION {
        return Err(too_new(R::TYPE_NAME, version).into());
    }
    let no_identity = || Diagnostic::error(format!("{} has no identity", R::TYPE_NAME));
    let object = entry.identity.as_ref().ok_or_else(no_identity)?;
    Ok(Value::from_json(identity, &object.kind)?)
}

pub(super) fn move_from<R: Resource>(
    entry: &ResourceEntry<R>,
    request: MoveRequest,
) -> Result<Outcome, Diagnostics> {
    let refused =
        Diagnostic::error(format!("{} cannot be moved to {}", request.source_type, R::TYPE_NAME));
    let state = R::move_from(request)?.ok_or(refused)?;
    let state = state_from_json(&entry.object, &state)?;
    Ok(Outcome {
        identity: entry.identity_of(&state)?,
        state,
        private: Vec::new(),
        diagnostics: Diagnostics::new(),
    })
}
