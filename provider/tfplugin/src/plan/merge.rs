//! Takes over from a model only what was changed in it.

use crate::value::{Type, Value};

/// A model may not be able to hold all of a value (an unknown inside a plain list, the last bits
/// of a number). So `original` is kept wherever the model is the same `before` and `after` a hook
/// or an apply had it.
pub(crate) fn merge(original: &Value, before: &Value, after: &Value, kind: &Type) -> Value {
    if before == after {
        return original.clone();
    }
    match (original, before, after, kind) {
        (Value::Map(_), Value::Map(_), Value::Map(fields), Type::Map(element)) => {
            let merged = fields.iter().map(|(key, field)| {
                let merged = merge(original.field(key), before.field(key), field, element);
                (key.clone(), merged)
            });
            Value::Map(merged.collect())
        }
        (Value::Map(_), Value::Map(_), Value::Map(fields), Type::Object(kinds)) => {
            let merged = kinds.iter().map(|(name, kind)| {
                let field = fields.get(name).unwrap_or(&Value::Null);
                let merged = merge(original.field(name), before.field(name), field, kind);
                (name.clone(), merged)
            });
            Value::Map(merged.collect())
        }
        (
            Value::List(originals),
            Value::List(befores),
            Value::List(afters),
            Type::List(element),
        ) if originals.len() == afters.len() && befores.len() == afters.len() => {
            let both = originals.iter().zip(befores).zip(afters);
            let merged =
                both.map(|((original, before), after)| merge(original, before, after, element));
            Value::List(merged.collect())
        }
        _ => after.clone(),
    }
}
