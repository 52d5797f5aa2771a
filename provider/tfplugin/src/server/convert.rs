//! Between the protocol's messages and the types of this crate.

use std::time::SystemTime;

use crate::engine::Object;
use crate::proto::tfplugin6 as proto;
use crate::value::{Type, Value};
use crate::{Diagnostic, Diagnostics, Path, Severity, Step};

/// Reads a value; an absent one is null.
pub(super) fn read(value: Option<&proto::DynamicValue>, kind: &Type) -> Result<Value, Diagnostics> {
    match value {
        Some(value) if !value.msgpack.is_empty() => Ok(Value::from_msgpack(&value.msgpack, kind)?),
        Some(value) if !value.json.is_empty() => Ok(Value::from_json(&parse(&value.json)?, kind)?),
        _ => Ok(Value::Null),
    }
}

pub(super) fn write(value: &Value, kind: &Type) -> Result<proto::DynamicValue, Diagnostics> {
    Ok(proto::DynamicValue { msgpack: value.to_msgpack(kind)?, json: Vec::new() })
}

fn parse(json: &[u8]) -> Result<serde_json::Value, Diagnostics> {
    serde_json::from_slice(json)
        .map_err(|error| Diagnostic::error(format!("core sent unreadable JSON: {error}")).into())
}

/// Reads a stored state.
pub(super) fn raw(state: Option<&proto::RawState>) -> Result<serde_json::Value, Diagnostics> {
    match state {
        Some(state) if !state.json.is_empty() => parse(&state.json),
        _ => {
            Err(Diagnostic::error("the state is in a form older than any of this provider").into())
        }
    }
}

pub(super) fn read_identity(
    identity: Option<&proto::ResourceIdentityData>,
    object: &Object,
) -> Result<Value, Diagnostics> {
    read(identity.and_then(|data| data.identity_data.as_ref()), &object.kind)
}

pub(super) fn write_identity(
    identity: Option<&Value>,
    object: Option<&Object>,
) -> Option<proto::ResourceIdentityData> {
    let written = write(identity?, &object?.kind).ok()?;
    Some(proto::ResourceIdentityData { identity_data: Some(written) })
}

/// Messages about an object of this type: the type tells map keys from attributes in paths.
pub(super) fn messages(diagnostics: Diagnostics, kind: &Type) -> Vec<proto::Diagnostic> {
    let messages = diagnostics.into_iter();
    messages.map(|diagnostic| message(diagnostic, kind)).collect()
}

fn message(diagnostic: Diagnostic, kind: &Type) -> proto::Diagnostic {
    let severity = match diagnostic.severity {
        Severity::Error => proto::diagnostic::Severity::Error,
        Severity::Warning => proto::diagnostic::Severity::Warning,
    };
    let about_all = diagnostic.path.is_root();
    proto::Diagnostic {
        severity: severity.into(),
        summary: diagnostic.summary,
        detail: diagnostic.detail,
        attribute: (!about_all).then(|| path(&diagnostic.path, kind)),
    }
}

/// The path as far as core can follow it: elements of sets have no place in it.
pub(super) fn path(path: &Path, kind: &Type) -> proto::AttributePath {
    let mut steps = Vec::new();
    let mut at = Some(kind);
    for step in path.steps() {
        let Some((selector, below)) = at.and_then(|kind| follow(step, kind)) else {
            break;
        };
        steps.push(proto::attribute_path::Step { selector: Some(selector) });
        at = Some(below);
    }
    proto::AttributePath { steps }
}

fn follow<'a>(
    step: &Step,
    kind: &'a Type,
) -> Option<(proto::attribute_path::step::Selector, &'a Type)> {
    use proto::attribute_path::step::Selector;
    match (step, kind) {
        (Step::Attribute(name) | Step::Key(name), Type::Object(fields)) => {
            Some((Selector::AttributeName(name.clone()), fields.get(name)?))
        }
        (Step::Attribute(name) | Step::Key(name), Type::Map(element)) => {
            Some((Selector::ElementKeyString(name.clone()), element))
        }
        (Step::Index(index), Type::Map(element)) => {
            Some((Selector::ElementKeyString(index.to_string()), element))
        }
        (Step::Index(index), Type::List(element)) => {
            Some((Selector::ElementKeyInt(i64::try_from(*index).ok()?), element))
        }
        (Step::Index(index), Type::Tuple(elements)) => {
            let selector = Selector::ElementKeyInt(i64::try_from(*index).ok()?);
            Some((selector, elements.get(*index)?))
        }
        _ => None,
    }
}

pub(super) fn timestamp(time: SystemTime) -> prost_types::Timestamp {
    time.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_follow_the_type() {
        let element = Type::Object([("a".to_owned(), Type::String)].into());
        let kind = Type::Object(
            [
                ("map".to_owned(), Type::String.map()),
                ("list".to_owned(), element.clone().list()),
                ("set".to_owned(), element.set()),
            ]
            .into(),
        );
        let lengths = [
            (Path::of(["map", "key"]), 2),
            (Path::of(["list", "0", "a"]), 3),
            (Path::of(["set", "0", "a"]), 1),
            (Path::of(["nothing"]), 0),
        ];
        for (way, length) in lengths {
            assert_eq!(path(&way, &kind).steps.len(), length, "{way}");
        }
    }
}
