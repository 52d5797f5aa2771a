//! From configuration and prior state to the plan.

use super::pairs::each_element;
use crate::attribute::Mode;
use crate::schema::{Attribute, Kind};
use crate::value::Value;

/// What becomes of an attribute that the configuration leaves to the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refill {
    /// It stays as it was.
    Prior,
    /// The provider gives it anew, unless it is stable.
    Unknown,
}

/// The configuration with defaults and with what it leaves to the provider; write-only values as
/// null. Core proposes much the same, but mixes up elements of sets that differ in computed
/// attributes alone.
pub(crate) fn propose(
    attributes: &[Attribute],
    config: &Value,
    prior: &Value,
    refill: Refill,
) -> Value {
    if !matches!(config, Value::Map(_)) {
        return config.clone();
    }
    let fields = attributes.iter().map(|attribute| {
        let name = &attribute.name;
        let value = propose_attribute(attribute, config.field(name), prior.field(name), refill);
        (name.clone(), value)
    });
    Value::Map(fields.collect())
}

fn propose_attribute(
    attribute: &Attribute,
    config: &Value,
    prior: &Value,
    refill: Refill,
) -> Value {
    if attribute.mark.write_only {
        return Value::Null;
    }
    match (config, attribute.mark.mode) {
        (Value::Null, Mode::Computed | Mode::OptionalComputed) => {
            refilled(attribute, prior, refill)
        }
        (Value::Null, Mode::Required | Mode::Optional) => {
            inside(attribute, &default(attribute), prior, refill)
        }
        _ => inside(attribute, config, prior, refill),
    }
}

fn refilled(attribute: &Attribute, prior: &Value, refill: Refill) -> Value {
    let keeps = refill == Refill::Prior || attribute.mark.stable && !prior.is_null();
    if keeps { prior.clone() } else { Value::Unknown }
}

fn inside(attribute: &Attribute, config: &Value, prior: &Value, refill: Refill) -> Value {
    match &attribute.kind {
        Kind::Value(_) => config.clone(),
        Kind::Nested(nesting, inner) => each_element(*nesting, config, prior, |config, prior| {
            propose(inner, config, prior, refill)
        }),
    }
}

/// The value that an attribute has when nobody gives one.
fn default(attribute: &Attribute) -> Value {
    let default = attribute.mark.default.as_ref();
    let default = default.map(|json| Value::from_json(json, &attribute.value_type()));
    default.and_then(Result::ok).unwrap_or_default()
}

/// Whether nothing differs but attributes marked `quiet`.
pub(crate) fn differs_quietly(attributes: &[Attribute], prior: &Value, planned: &Value) -> bool {
    attributes.iter().all(|attribute| {
        let name = &attribute.name;
        attribute.mark.quiet || prior.field(name) == planned.field(name)
    })
}

/// The same object with write-only values as null.
pub(crate) fn null_write_only(attributes: &[Attribute], state: &Value) -> Value {
    let Value::Map(_) = state else {
        return state.clone();
    };
    let fields = attributes.iter().map(|attribute| {
        let value = state.field(&attribute.name);
        let value = match &attribute.kind {
            _ if attribute.mark.write_only => Value::Null,
            Kind::Value(_) => value.clone(),
            Kind::Nested(nesting, inner) => {
                each_element(*nesting, value, value, |value, _| null_write_only(inner, value))
            }
        };
        (attribute.name.clone(), value)
    });
    Value::Map(fields.collect())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::attribute::{Mark, computed, optional, optional_computed, required};
    use crate::schema::{Nesting, object_type};
    use crate::value::Type;

    fn attribute(name: &str, mark: Mark) -> Attribute {
        Attribute {
            name: name.to_owned(),
            description: String::new(),
            kind: Kind::Value(Type::String),
            mark,
        }
    }

    fn places() -> Vec<Attribute> {
        let inner = vec![
            attribute("wall", required()),
            attribute("height", optional_computed()),
            attribute("colour", optional().default("white")),
        ];
        let kind = Kind::Nested(Nesting::Set, inner);
        vec![Attribute { kind, ..attribute("places", optional()) }]
    }

    fn proposed(attributes: &[Attribute], config: Json, prior: Json, refill: Refill) -> Json {
        let kind = object_type(attributes);
        let read = |json: Json| Value::from_json(&json, &kind).unwrap();
        let value = propose(attributes, &read(config), &read(prior), refill);
        let Value::Map(fields) = &value else { panic!("not an object") };
        let unknown = fields.iter().filter(|(_, field)| **field == Value::Unknown);
        let mut json = value.to_json();
        for (name, _) in unknown {
            json[name] = "unknown".into();
        }
        json
    }

    #[test]
    fn what_the_configuration_leaves_open_stays_or_is_unknown() {
        let attributes = [
            attribute("given", optional()),
            attribute("taken_away", optional()),
            attribute("defaulted", optional().default("d")),
            attribute("secret", optional().write_only()),
            attribute("id", computed().stable()),
            attribute("new", computed().stable()),
            attribute("count", computed()),
            attribute("name", optional_computed()),
        ];
        let config = json!({ "given": "g", "secret": "s" });
        let prior = json!({
            "given": "old", "taken_away": "old", "defaulted": "old",
            "id": "1", "count": "7", "name": "n",
        });
        let kept = proposed(&attributes, config.clone(), prior.clone(), Refill::Prior);
        assert_eq!(
            kept,
            json!({
                "given": "g", "taken_away": null, "defaulted": "d", "secret": null,
                "id": "1", "new": null, "count": "7", "name": "n",
            })
        );
        let open = proposed(&attributes, config, prior, Refill::Unknown);
        assert_eq!(open["id"], "1", "stable");
        assert_eq!(open["new"], "unknown", "stable, but never given");
        assert_eq!(open["count"], "unknown");
        assert_eq!(open["name"], "unknown");
    }

    #[test]
    fn elements_of_sets_find_their_own_prior_values() {
        let config = json!({ "places": [{ "wall": "w" }, { "wall": "w", "height": "0" }] });
        let prior = json!({ "places": [
            { "wall": "w", "height": "0", "colour": "white" },
            { "wall": "w", "height": "180", "colour": "white" },
        ] });
        let found = proposed(&places(), config, prior.clone(), Refill::Prior);
        let heights: std::collections::BTreeSet<_> = found["places"]
            .as_array()
            .unwrap()
            .iter()
            .map(|place| place["height"].as_str().unwrap())
            .collect();
        assert_eq!(heights, ["0", "180"].into());
    }

    #[test]
    fn an_unknown_whole_stays_unknown() {
        let attributes = places();
        let config = Value::Map([("places".to_owned(), Value::Unknown)].into());
        let value = propose(&attributes, &config, &Value::Null, Refill::Prior);
        assert_eq!(*value.field("places"), Value::Unknown);
    }
}
