//! Which element of one collection of nested objects belongs to which of another.

use std::cmp::Reverse;

use crate::schema::Nesting;
use crate::value::Value;

/// Makes each object of a nested attribute anew from its configuration, being given its prior
/// value (null if it has none).
pub(super) fn each_element(
    nesting: Nesting,
    config: &Value,
    prior: &Value,
    make: impl Fn(&Value, &Value) -> Value,
) -> Value {
    let null = Value::Null;
    match (nesting, config) {
        (Nesting::Single, Value::Map(_)) => make(config, prior),
        (Nesting::List, Value::List(configs)) => {
            let priors = prior.elements().iter().chain(std::iter::repeat(&null));
            let pairs = configs.iter().zip(priors);
            Value::List(pairs.map(|(config, prior)| make(config, prior)).collect())
        }
        (Nesting::Set, Value::List(configs)) => {
            let pairs = configs.iter().zip(partners(configs, prior.elements()));
            let objects = pairs.map(|(config, prior)| make(config, prior.unwrap_or(&null)));
            Value::List(objects.collect())
        }
        (Nesting::Map, Value::Map(configs)) => {
            let objects =
                configs.iter().map(|(key, config)| (key.clone(), make(config, prior.field(key))));
            Value::Map(objects.collect())
        }
        _ => config.clone(),
    }
}

/// For each configured object of a set the one that came from it: each serves once, and those
/// that the configuration tells most about choose first.
pub(super) fn partners<'a>(configs: &[Value], objects: &'a [Value]) -> Vec<Option<&'a Value>> {
    let mut order: Vec<usize> = (0..configs.len()).collect();
    order.sort_by_key(|index| Reverse(configs.get(*index).map(given)));
    let mut left: Vec<&Value> = objects.iter().collect();
    let mut found = vec![None; configs.len()];
    for index in order {
        let (Some(config), Some(place)) = (configs.get(index), found.get_mut(index)) else {
            continue;
        };
        let position = left.iter().position(|object| covers(config, object));
        *place = position.map(|position| left.remove(position));
    }
    found
}

/// Whether everything the configuration gives is in the object too.
fn covers(config: &Value, object: &Value) -> bool {
    match (config, object) {
        (Value::Null, _) => true,
        (Value::Map(configs), Value::Map(_)) => {
            configs.iter().all(|(name, config)| covers(config, object.field(name)))
        }
        (Value::List(configs), Value::List(objects)) => {
            let mut pairs = configs.iter().zip(objects);
            configs.len() == objects.len() && pairs.all(|(config, object)| covers(config, object))
        }
        (config, object) => config == object,
    }
}

/// How much the configuration gives.
fn given(config: &Value) -> usize {
    match config {
        Value::Null => 0,
        Value::Map(fields) => fields.values().map(given).sum::<usize>() + 1,
        Value::List(elements) => elements.iter().map(given).sum::<usize>() + 1,
        _ => 1,
    }
}
