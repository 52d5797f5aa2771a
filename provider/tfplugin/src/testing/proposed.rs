//! What core proposes as the new state: the configuration, and the prior value of what the
//! provider computes.

use crate::attribute::Mode;
use crate::schema::{Attribute, Kind, Nesting};
use crate::value::Value;

pub(super) fn proposed(attributes: &[Attribute], prior: &Value, config: &Value) -> Value {
    if !matches!(config, Value::Map(_)) {
        return config.clone();
    }
    let fields = attributes.iter().map(|attribute| {
        let name = &attribute.name;
        let value = proposed_attribute(attribute, prior.field(name), config.field(name));
        (name.clone(), value)
    });
    Value::Map(fields.collect())
}

fn proposed_attribute(attribute: &Attribute, prior: &Value, config: &Value) -> Value {
    if config.is_null() {
        let keeps = attribute.is_computed();
        return if keeps { prior.clone() } else { Value::Null };
    }
    match &attribute.kind {
        Kind::Value(_) => config.clone(),
        Kind::Nested(nesting, inner) => proposed_nested(*nesting, inner, prior, config),
    }
}

fn proposed_nested(nesting: Nesting, inner: &[Attribute], prior: &Value, config: &Value) -> Value {
    match (nesting, config) {
        (Nesting::Single, _) => proposed(inner, prior, config),
        (Nesting::Map, Value::Map(configs)) => {
            let fields = configs
                .iter()
                .map(|(key, config)| (key.clone(), proposed(inner, prior.field(key), config)));
            Value::Map(fields.collect())
        }
        (Nesting::List, Value::List(configs)) => {
            let null = Value::Null;
            let priors = prior.elements().iter().chain(std::iter::repeat(&null));
            let pairs = configs.iter().zip(priors);
            Value::List(pairs.map(|(config, prior)| proposed(inner, prior, config)).collect())
        }
        (Nesting::Set, Value::List(configs)) => proposed_set(inner, prior.elements(), configs),
        _ => config.clone(),
    }
}

/// An element of a set takes over the computed values of the prior element that was configured
/// alike; each prior element serves once.
fn proposed_set(inner: &[Attribute], priors: &[Value], configs: &[Value]) -> Value {
    let mut left: Vec<&Value> = priors.iter().collect();
    let elements = configs.iter().map(|config| {
        let alike = |prior: &&Value| configured(inner, prior, config) == *config;
        match left.iter().position(alike) {
            Some(position) => proposed(inner, left.remove(position), config),
            None => proposed(inner, &Value::Null, config),
        }
    });
    Value::List(elements.collect())
}

/// What the configuration of a prior element must have been, if it was like this one.
fn configured(inner: &[Attribute], prior: &Value, config: &Value) -> Value {
    if !matches!((prior, config), (Value::Map(_), Value::Map(_))) {
        return prior.clone();
    }
    let fields = inner.iter().map(|attribute| {
        let name = &attribute.name;
        let (prior, config) = (prior.field(name), config.field(name));
        let by_provider =
            attribute.mark.mode == Mode::Computed || (attribute.is_computed() && config.is_null());
        let value = match &attribute.kind {
            _ if by_provider => Value::Null,
            Kind::Nested(Nesting::Single, inner) => configured(inner, prior, config),
            _ => prior.clone(),
        };
        (name.clone(), value)
    });
    Value::Map(fields.collect())
}
