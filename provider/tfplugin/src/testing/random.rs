//! Random configurations, for properties that hold whatever the user writes.

use serde_json::{Map, Value as Json};

use super::unknown;
use crate::Path;
use crate::schema::{Attribute, Kind, Nesting, Schema};
use crate::value::Type;

/// A configuration of this schema, the same for the same seed. Optional attributes are left out
/// about every other time. `sample` gives values for attributes whose texts or numbers must make
/// sense, of which one is drawn; for all others it returns an empty list.
pub fn random_config(schema: &Schema, seed: u64, sample: &dyn Fn(&Path) -> Vec<Json>) -> Json {
    let mut random = Random { state: seed ^ 0x9e37_79b9_7f4a_7c15, sample };
    random.object(&schema.attributes, &Path::root())
}

/// The same configuration as core gives it at plan: here and there a value is not known yet.
#[must_use]
pub fn forget(config: &Json, seed: u64) -> Json {
    let sample = &|_: &Path| Vec::new();
    let mut random = Random { state: seed, sample };
    random.forget_inside(config)
}

struct Random<'a> {
    state: u64,
    sample: &'a dyn Fn(&Path) -> Vec<Json>,
}

impl Random<'_> {
    /// A number below `limit` (splitmix64).
    fn below(&mut self, limit: usize) -> usize {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let limit = u64::try_from(limit.max(1)).unwrap_or(u64::MAX);
        usize::try_from((mixed ^ (mixed >> 31)) % limit).unwrap_or_default()
    }

    fn forget(&mut self, value: &Json) -> Json {
        if self.below(8) == 0 { unknown() } else { self.forget_inside(value) }
    }

    fn forget_inside(&mut self, value: &Json) -> Json {
        match value {
            Json::Array(elements) => elements.iter().map(|element| self.forget(element)).collect(),
            // A dynamic value and its type belong together.
            Json::Object(fields) if fields.keys().eq(["type", "value"]) => value.clone(),
            Json::Object(fields) => {
                let fields = fields.iter().map(|(name, field)| (name.clone(), self.forget(field)));
                Json::Object(fields.collect())
            }
            other => other.clone(),
        }
    }

    fn object(&mut self, attributes: &[Attribute], at: &Path) -> Json {
        let mut fields = Map::new();
        for attribute in attributes {
            let given = attribute.is_required() || attribute.is_optional() && self.below(2) == 0;
            if given {
                let value = self.attribute(attribute, &at.attribute(&attribute.name));
                fields.insert(attribute.name.clone(), value);
            }
        }
        Json::Object(fields)
    }

    fn attribute(&mut self, attribute: &Attribute, at: &Path) -> Json {
        match &attribute.kind {
            Kind::Value(kind) => self.value(kind, at),
            Kind::Nested(Nesting::Single, inner) => self.object(inner, at),
            Kind::Nested(Nesting::Map, inner) => {
                let keys = self.keys();
                let fields = keys.into_iter().map(|key| {
                    let field = self.object(inner, &at.key(&key));
                    (key, field)
                });
                Json::Object(fields.collect())
            }
            Kind::Nested(Nesting::List | Nesting::Set, inner) => {
                let length = self.below(4);
                (0..length).map(|index| self.object(inner, &at.index(index))).collect()
            }
        }
    }

    fn keys(&mut self) -> Vec<String> {
        let length = self.below(4);
        ["a", "b.c", "d"].iter().take(length).map(|key| (*key).to_owned()).collect()
    }

    fn value(&mut self, kind: &Type, at: &Path) -> Json {
        let samples = (self.sample)(at);
        let index = self.below(samples.len());
        if let Some(sample) = samples.get(index) {
            return sample.clone();
        }
        match kind {
            Type::Bool => Json::Bool(self.below(2) == 0),
            Type::Number => Json::from(self.below(100)),
            Type::String => Json::String(format!("text{}", self.below(5))),
            Type::Dynamic => serde_json::json!({ "type": "string", "value": "any" }),
            Type::List(element) | Type::Set(element) => {
                let length = self.below(4);
                (0..length).map(|index| self.value(element, &at.index(index))).collect()
            }
            Type::Map(element) => {
                let keys = self.keys();
                let fields = keys.into_iter().map(|key| {
                    let field = self.value(element, &at.key(&key));
                    (key, field)
                });
                Json::Object(fields.collect())
            }
            Type::Object(fields) => {
                let fields = fields.iter().map(|(name, kind)| {
                    let field = self.value(kind, &at.attribute(name));
                    (name.clone(), field)
                });
                Json::Object(fields.collect())
            }
            Type::Tuple(kinds) => {
                let numbered = kinds.iter().enumerate();
                numbered.map(|(index, kind)| self.value(kind, &at.index(index))).collect()
            }
        }
    }
}
