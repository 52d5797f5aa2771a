//! Taking over objects that exist already.

use super::guard;
use super::object::{decode, private_bytes};
use super::resource::{ImportInput, Outcome, ResourceEntry};
use crate::attribute::Mode;
use crate::schema::{Attribute, Kind};
use crate::value::Value;
use crate::{Context, Diagnostic, Diagnostics, Import, Resource};

pub(super) async fn import<R: Resource>(
    entry: &ResourceEntry<R>,
    context: &Context<R::Provider>,
    input: ImportInput,
) -> Outcome {
    let imported = guard(try_import(entry, context, input)).await;
    let mut outcome = imported.unwrap_or_else(|diagnostics| Outcome {
        state: Value::Null,
        private: Vec::new(),
        identity: None,
        diagnostics,
    });
    outcome.diagnostics.extend(context.take_warnings());
    outcome
}

async fn try_import<R: Resource>(
    entry: &ResourceEntry<R>,
    context: &Context<R::Provider>,
    input: ImportInput,
) -> Result<Outcome, Diagnostics> {
    let import = match input {
        ImportInput::Id(id) => Import::Id(id),
        ImportInput::Identity(identity) => Import::Identity(decode_identity(entry, &identity)?),
    };
    let imported = entry.resource.import(context, import).await?;
    let state = entry.object.encode(&imported.state)?.without_unknown();
    Ok(Outcome {
        identity: entry.identity_of(&state)?,
        private: private_bytes(&imported.private)?,
        state,
        diagnostics: Diagnostics::new(),
    })
}

fn decode_identity<R: Resource>(
    entry: &ResourceEntry<R>,
    identity: &Value,
) -> Result<R::Identity, Diagnostics> {
    let no_identity = || Diagnostic::error(format!("{} has no identity", R::TYPE_NAME));
    entry.identity.as_ref().ok_or_else(no_identity)?;
    decode(identity)
}

/// A configuration that would give this state: without what only the provider sets, and without
/// defaults.
pub(super) fn configuration_of(attributes: &[Attribute], state: &Value) -> Value {
    if !matches!(state, Value::Map(_)) {
        return state.clone();
    }
    let fields = attributes.iter().map(|attribute| {
        let value = attribute_configuration(attribute, state.field(&attribute.name));
        (attribute.name.clone(), value)
    });
    Value::Map(fields.collect())
}

fn attribute_configuration(attribute: &Attribute, value: &Value) -> Value {
    let mark = &attribute.mark;
    let default = mark.default.as_ref();
    let default = default.and_then(|json| Value::from_json(json, &attribute.value_type()).ok());
    if mark.mode == Mode::Computed || default.as_ref() == Some(value) {
        return Value::Null;
    }
    match (&attribute.kind, value) {
        (Kind::Nested(_, inner), Value::List(elements)) => {
            let elements = elements.iter().map(|element| configuration_of(inner, element));
            Value::List(elements.collect())
        }
        (Kind::Nested(crate::schema::Nesting::Map, inner), Value::Map(fields)) => {
            let fields =
                fields.iter().map(|(key, field)| (key.clone(), configuration_of(inner, field)));
            Value::Map(fields.collect())
        }
        (Kind::Nested(_, inner), value) => configuration_of(inner, value),
        (Kind::Value(_), value) => value.clone(),
    }
}
