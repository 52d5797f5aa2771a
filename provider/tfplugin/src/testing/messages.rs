//! Reads the provider's messages as core does.

use crate::proto::tfplugin6 as proto;
use crate::value::{Type, Value};
use crate::{Diagnostic, Diagnostics, Path, Severity, Step};

use super::Failure;

pub(super) fn diagnostics(messages: Vec<proto::Diagnostic>) -> Diagnostics {
    messages.into_iter().map(diagnostic).collect()
}

fn diagnostic(message: proto::Diagnostic) -> Diagnostic {
    let severity = match message.severity() {
        proto::diagnostic::Severity::Warning => Severity::Warning,
        _ => Severity::Error,
    };
    Diagnostic {
        severity,
        summary: message.summary,
        detail: message.detail,
        path: message.attribute.map(path).unwrap_or_default(),
    }
}

pub(super) fn path(path: proto::AttributePath) -> Path {
    use proto::attribute_path::step::Selector;
    let steps = path.steps.into_iter().filter_map(|step| step.selector);
    let steps = steps.map(|selector| match selector {
        Selector::AttributeName(name) => Step::Attribute(name),
        Selector::ElementKeyString(key) => Step::Key(key),
        Selector::ElementKeyInt(index) => Step::Index(usize::try_from(index).unwrap_or_default()),
    });
    steps.collect::<Vec<_>>().into()
}

pub(super) fn write(value: &Value, kind: &Type) -> Result<Option<proto::DynamicValue>, Failure> {
    let msgpack = value.to_msgpack(kind).map_err(Diagnostics::from)?;
    Ok(Some(proto::DynamicValue { msgpack, json: Vec::new() }))
}

pub(super) fn read(value: Option<proto::DynamicValue>, kind: &Type) -> Result<Value, Failure> {
    let Some(value) = value else {
        return Ok(Value::Null);
    };
    Ok(Value::from_msgpack(&value.msgpack, kind).map_err(Diagnostics::from)?)
}
