//! The type system of core.

use std::collections::BTreeMap;

use super::{Dynamic, Value, ValueError};
use crate::Path;

/// The type of a value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Type {
    /// True or false.
    Bool,
    /// A number of any size.
    Number,
    /// A text.
    String,
    /// Any type: the value carries it.
    Dynamic,
    /// Elements in order.
    List(Box<Type>),
    /// Elements without order.
    Set(Box<Type>),
    /// Elements under keys.
    Map(Box<Type>),
    /// Attributes of fixed names.
    Object(BTreeMap<String, Type>),
    /// Elements of fixed number and types.
    Tuple(Vec<Type>),
}

impl Type {
    /// A list of this type.
    #[must_use]
    pub fn list(self) -> Self {
        Self::List(Box::new(self))
    }

    /// A set of this type.
    #[must_use]
    pub fn set(self) -> Self {
        Self::Set(Box::new(self))
    }

    /// A map of this type.
    #[must_use]
    pub fn map(self) -> Self {
        Self::Map(Box::new(self))
    }

    /// The form in which types travel.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        let with = |name: &str, rest: serde_json::Value| serde_json::json!([name, rest]);
        match self {
            Self::Bool => "bool".into(),
            Self::Number => "number".into(),
            Self::String => "string".into(),
            Self::Dynamic => "dynamic".into(),
            Self::List(element) => with("list", element.to_json()),
            Self::Set(element) => with("set", element.to_json()),
            Self::Map(element) => with("map", element.to_json()),
            Self::Tuple(elements) => with("tuple", elements.iter().map(Self::to_json).collect()),
            Self::Object(fields) => with(
                "object",
                fields.iter().map(|(name, field)| (name.clone(), field.to_json())).collect(),
            ),
        }
    }

    /// Reads the form in which types travel; `None` if it is not one.
    #[must_use]
    pub fn from_json(json: &serde_json::Value) -> Option<Self> {
        match json {
            serde_json::Value::String(name) => primitive(name),
            serde_json::Value::Array(parts) => match parts.as_slice() {
                // A third part names optional attributes, which values do not show.
                [serde_json::Value::String(name), inner, ..] => compound(name, inner),
                _ => None,
            },
            _ => None,
        }
    }

    /// What users call it.
    pub(crate) fn noun(&self) -> &'static str {
        match self {
            Self::Bool => "a bool",
            Self::Number => "a number",
            Self::String => "a string",
            Self::Dynamic => "a value",
            Self::List(_) => "a list",
            Self::Set(_) => "a set",
            Self::Map(_) => "a map",
            Self::Object(_) => "an object",
            Self::Tuple(_) => "a tuple",
        }
    }
}

fn primitive(name: &str) -> Option<Type> {
    match name {
        "bool" => Some(Type::Bool),
        "number" => Some(Type::Number),
        "string" => Some(Type::String),
        "dynamic" => Some(Type::Dynamic),
        _ => None,
    }
}

fn compound(name: &str, inner: &serde_json::Value) -> Option<Type> {
    match (name, inner) {
        ("list", element) => Type::from_json(element).map(Type::list),
        ("set", element) => Type::from_json(element).map(Type::set),
        ("map", element) => Type::from_json(element).map(Type::map),
        ("tuple", serde_json::Value::Array(elements)) => {
            elements.iter().map(Type::from_json).collect::<Option<_>>().map(Type::Tuple)
        }
        ("object", serde_json::Value::Object(fields)) => fields
            .iter()
            .map(|(name, field)| Some((name.clone(), Type::from_json(field)?)))
            .collect::<Option<_>>()
            .map(Type::Object),
        _ => None,
    }
}

pub(super) fn conform(value: Value, kind: &Type, at: &Path) -> Result<Value, ValueError> {
    match (value, kind) {
        (value @ (Value::Null | Value::Unknown), _)
        | (value @ Value::Bool(_), Type::Bool)
        | (value @ Value::Number(_), Type::Number)
        | (value @ Value::String(_), Type::String) => Ok(value),
        (Value::Dynamic(dynamic), Type::Dynamic) => {
            let Dynamic { kind, value } = *dynamic;
            let value = conform(value, &kind, at)?;
            Ok(Value::Dynamic(Box::new(Dynamic { kind, value })))
        }
        (Value::List(elements), Type::List(element)) => {
            conform_elements(elements, element, at).map(Value::List)
        }
        (Value::List(elements), Type::Set(element)) => {
            conform_elements(elements, element, at).map(|elements| Value::List(canonical(elements)))
        }
        (Value::List(elements), Type::Tuple(kinds)) if elements.len() == kinds.len() => {
            let pairs = elements.into_iter().zip(kinds).enumerate();
            pairs
                .map(|(index, (element, kind))| conform(element, kind, &at.index(index)))
                .collect::<Result<_, _>>()
                .map(Value::List)
        }
        (Value::Map(fields), Type::Map(element)) => fields
            .into_iter()
            .map(|(key, field)| Ok((key.clone(), conform(field, element, &at.key(&key))?)))
            .collect::<Result<_, _>>()
            .map(Value::Map),
        (Value::Map(fields), Type::Object(kinds)) => conform_object(fields, kinds, at),
        (_, kind) => Err(ValueError::new(at, format!("must be {}", kind.noun()))),
    }
}

fn conform_elements(
    elements: Vec<Value>,
    kind: &Type,
    at: &Path,
) -> Result<Vec<Value>, ValueError> {
    let numbered = elements.into_iter().enumerate();
    numbered.map(|(index, element)| conform(element, kind, &at.index(index))).collect()
}

fn conform_object(
    mut fields: BTreeMap<String, Value>,
    kinds: &BTreeMap<String, Type>,
    at: &Path,
) -> Result<Value, ValueError> {
    let mut conformed = BTreeMap::new();
    for (name, kind) in kinds {
        let field = fields.remove(name).unwrap_or_default();
        conformed.insert(name.clone(), conform(field, kind, &at.attribute(name))?);
    }
    match fields.keys().next() {
        Some(name) => Err(ValueError::new(&at.attribute(name), "is not an attribute")),
        None => Ok(Value::Map(conformed)),
    }
}

/// Sorted and, as far as the elements are known, without duplicates.
pub(super) fn canonical(mut elements: Vec<Value>) -> Vec<Value> {
    elements.sort();
    elements.dedup_by(|left, right| left == right && left.is_wholly_known());
    elements
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn types_travel_as_json() {
        let types = [
            json!("string"),
            json!("dynamic"),
            json!(["list", "number"]),
            json!(["set", ["map", "bool"]]),
            json!(["object", {"a": "string", "b": ["tuple", ["bool", "number"]]}]),
        ];
        for json in types {
            assert_eq!(Type::from_json(&json).unwrap().to_json(), json);
        }
    }

    #[test]
    fn optional_attributes_of_object_types_are_tolerated() {
        let json = json!(["object", {"a": "string"}, ["a"]]);
        assert!(Type::from_json(&json).is_some());
        for json in [json!("text"), json!(["list"]), json!([]), json!(1), json!(["tuple", "bool"])]
        {
            assert_eq!(Type::from_json(&json), None);
        }
    }

    #[test]
    fn sets_keep_the_count_of_unknown_elements() {
        let text = |text: &str| Value::String(text.to_owned());
        let set =
            Value::List(vec![Value::Unknown, text("b"), text("a"), text("b"), Value::Unknown]);
        let canonical = set.conform(&Type::String.set()).unwrap();
        assert_eq!(canonical.elements(), [Value::Unknown, Value::Unknown, text("a"), text("b")]);
    }

    #[test]
    fn objects_get_all_their_attributes_and_no_others() {
        let kind = Type::Object([("a".to_owned(), Type::Bool)].into()).list();
        let object = |name: &str| Value::Map([(name.to_owned(), Value::Bool(true))].into());
        let conformed = Value::List(vec![Value::Map(BTreeMap::new())]).conform(&kind);
        let expected = Value::Map([("a".to_owned(), Value::Null)].into());
        assert_eq!(conformed, Ok(Value::List(vec![expected])));
        let refused = Value::List(vec![object("a"), object("b")]).conform(&kind);
        assert_eq!(refused.unwrap_err().path.to_string(), "[1].b");
    }
}
