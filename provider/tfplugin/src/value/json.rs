//! Values out of and into JSON, as in state files.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::types::canonical;
use super::{Dynamic, Type, Value, ValueError};
use crate::Path;

impl Value {
    /// Reads a value of the given type. Attributes the type does not know are dropped, missing
    /// ones are null.
    ///
    /// # Errors
    /// When it is not such a value; the error says where.
    pub fn from_json(json: &Json, kind: &Type) -> Result<Self, ValueError> {
        Reader { unknown: None }.read(json, kind, &Path::root())
    }

    /// Reads a value as a configuration would give it: the text `unknown` stands for an unknown
    /// value, and attributes that the type does not know are refused.
    pub(crate) fn from_configuration(
        json: &Json,
        kind: &Type,
        unknown: &str,
    ) -> Result<Self, ValueError> {
        let unknown = Some(unknown);
        Reader { unknown }.read(json, kind, &Path::root())
    }

    /// Writes the value; what is unknown becomes null.
    #[must_use]
    pub fn to_json(&self) -> Json {
        match self {
            Self::Null | Self::Unknown => Json::Null,
            Self::Bool(flag) => Json::Bool(*flag),
            Self::String(text) => Json::String(text.clone()),
            Self::Number(number) => number.to_string().parse().map_or(Json::Null, Json::Number),
            Self::List(elements) => elements.iter().map(Self::to_json).collect(),
            Self::Map(fields) => {
                fields.iter().map(|(name, field)| (name.clone(), field.to_json())).collect()
            }
            Self::Dynamic(dynamic) => serde_json::json!({
                "type": dynamic.kind.to_json(),
                "value": dynamic.value.to_json(),
            }),
        }
    }
}

/// Strict if there is a text for unknown values.
#[derive(Clone, Copy)]
struct Reader<'a> {
    unknown: Option<&'a str>,
}

impl Reader<'_> {
    fn read(self, json: &Json, kind: &Type, at: &Path) -> Result<Value, ValueError> {
        let wrong = || ValueError::new(at, format!("must be {}", kind.noun()));
        if self.unknown.is_some() && json.as_str() == self.unknown {
            return Ok(Value::Unknown);
        }
        match (json, kind) {
            (Json::Null, _) => Ok(Value::Null),
            (Json::Bool(flag), Type::Bool) => Ok(Value::Bool(*flag)),
            (Json::String(text), Type::String) => Ok(Value::String(text.clone())),
            (Json::Number(number), Type::Number) => {
                number.to_string().parse().map(Value::Number).map_err(|_| wrong())
            }
            (Json::String(text), Type::Number) => {
                text.parse().map(Value::Number).map_err(|_| wrong())
            }
            (Json::Object(fields), Type::Dynamic) => {
                let kind = fields.get("type").and_then(Type::from_json).ok_or_else(wrong)?;
                let value = self.read(fields.get("value").unwrap_or(&Json::Null), &kind, at)?;
                Ok(Value::Dynamic(Box::new(Dynamic { kind, value })))
            }
            (Json::Array(elements), Type::List(element)) => {
                self.elements(elements, element, at).map(Value::List)
            }
            (Json::Array(elements), Type::Set(element)) => {
                self.elements(elements, element, at).map(canonical).map(Value::List)
            }
            (Json::Array(elements), Type::Tuple(kinds)) if elements.len() == kinds.len() => {
                let pairs = elements.iter().zip(kinds).enumerate();
                pairs
                    .map(|(index, (element, kind))| self.read(element, kind, &at.index(index)))
                    .collect::<Result<_, _>>()
                    .map(Value::List)
            }
            (Json::Object(fields), Type::Map(element)) => fields
                .iter()
                .map(|(key, field)| Ok((key.clone(), self.read(field, element, &at.key(key))?)))
                .collect::<Result<_, _>>()
                .map(Value::Map),
            (Json::Object(fields), Type::Object(kinds)) => self.object(fields, kinds, at),
            _ => Err(wrong()),
        }
    }

    fn elements(self, elements: &[Json], kind: &Type, at: &Path) -> Result<Vec<Value>, ValueError> {
        let numbered = elements.iter().enumerate();
        numbered.map(|(index, element)| self.read(element, kind, &at.index(index))).collect()
    }

    fn object(
        self,
        fields: &serde_json::Map<String, Json>,
        kinds: &BTreeMap<String, Type>,
        at: &Path,
    ) -> Result<Value, ValueError> {
        let unknown_name = fields.keys().find(|name| !kinds.contains_key(*name));
        if let (Some(_), Some(name)) = (self.unknown, unknown_name) {
            return Err(ValueError::new(&at.attribute(name), "is not an attribute"));
        }
        let named = kinds.iter().map(|(name, kind)| {
            let field = fields.get(name).unwrap_or(&Json::Null);
            Ok((name.clone(), self.read(field, kind, &at.attribute(name))?))
        });
        named.collect::<Result<_, _>>().map(Value::Map)
    }
}
