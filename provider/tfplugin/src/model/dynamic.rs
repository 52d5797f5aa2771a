//! Values of any type in models.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::value::{Dynamic, Type, Value};

/// Name by which [`Dynamic`] and the coders of this crate know each other; what passes between
/// them is the JSON text of type and value.
pub(crate) const DYNAMIC: &str = "$tfplugin::Dynamic";

impl Serialize for Dynamic {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let json = Value::Dynamic(Box::new(self.clone())).to_json();
        serializer.serialize_newtype_struct(DYNAMIC, &json.to_string())
    }
}

impl<'de> Deserialize<'de> for Dynamic {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(DYNAMIC, DynamicVisitor)
    }
}

struct DynamicVisitor;

impl<'de> de::Visitor<'de> for DynamicVisitor {
    type Value = Dynamic;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value with its type")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Dynamic, E> {
        parse(text).ok_or_else(|| E::custom("must be a value with its type"))
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<Dynamic, D::Error> {
        inner.deserialize_str(self)
    }
}

fn parse(text: &str) -> Option<Dynamic> {
    let json = serde_json::from_str(text).ok()?;
    match Value::from_json(&json, &Type::Dynamic) {
        Ok(Value::Dynamic(dynamic)) => Some(*dynamic),
        _ => None,
    }
}

impl JsonSchema for Dynamic {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Dynamic".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "x-tf-type": "dynamic" })
    }
}
