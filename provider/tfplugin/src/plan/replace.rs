//! Which changes make a new object.

use crate::Path;
use crate::schema::{Attribute, Kind, Nesting};
use crate::value::Value;

/// Attributes marked `replace` that differ between the prior state and the plan.
pub(crate) fn changed_replace_paths(
    attributes: &[Attribute],
    prior: &Value,
    planned: &Value,
) -> Vec<Path> {
    let mut paths = Vec::new();
    collect(attributes, prior, planned, &Path::root(), &mut paths);
    paths
}

fn collect(
    attributes: &[Attribute],
    prior: &Value,
    planned: &Value,
    at: &Path,
    paths: &mut Vec<Path>,
) {
    for attribute in attributes {
        let prior = prior.field(&attribute.name);
        let planned = planned.field(&attribute.name);
        let at = at.attribute(&attribute.name);
        if prior == planned {
            continue;
        }
        match &attribute.kind {
            _ if attribute.mark.replace => paths.push(at),
            Kind::Nested(Nesting::Single, inner) => collect(inner, prior, planned, &at, paths),
            Kind::Nested(_, inner) if fixed_part(inner, prior) != fixed_part(inner, planned) => {
                paths.push(at);
            }
            Kind::Value(_) | Kind::Nested(..) => {}
        }
    }
}

/// What is left of a collection when only the attributes marked `replace` are looked at.
fn fixed_part(attributes: &[Attribute], collection: &Value) -> Vec<Value> {
    let elements: Vec<&Value> = match collection {
        Value::Map(fields) => fields.values().collect(),
        other => other.elements().iter().collect(),
    };
    let marked: Vec<_> = attributes.iter().filter(|attribute| attribute.mark.replace).collect();
    if marked.is_empty() {
        return Vec::new();
    }
    let part = |element: &Value| {
        let fields = marked.iter().map(|attribute| element.field(&attribute.name));
        Value::List(fields.cloned().collect())
    };
    elements.into_iter().map(part).collect()
}
