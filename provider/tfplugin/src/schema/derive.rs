//! From a Rust type to its schema, by way of its JSON Schema.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value as Json};

use super::{Attribute, Kind, Nesting, Parameter, Schema, SchemaError, check, object_type};
use crate::attribute::{Mark, Mode, optional, required};
use crate::value::Type;

/// The schema that a model declares.
pub(crate) fn derive<T: JsonSchema>(model: &str, version: i64) -> Result<Schema, SchemaError> {
    derive_within::<T>(model, version, Within::Model)
}

/// What holds a field decides what it means without a mark.
#[derive(Clone, Copy, PartialEq)]
enum Within {
    /// Optional.
    Model,
    /// Required.
    Parameters,
    /// Computed, and with any mark too.
    ComputedObject,
}

fn derive_within<T: JsonSchema>(
    model: &str,
    version: i64,
    within: Within,
) -> Result<Schema, SchemaError> {
    schema_of(&json_schema::<T>(), version, within)
        .map_err(|message| SchemaError { model: model.to_owned(), message })
}

fn schema_of(json: &Json, version: i64, within: Within) -> Derived<Schema> {
    let root = as_struct(json).ok_or("is not a struct")?;
    let attributes = attributes(root, within)?;
    check::check(&attributes)?;
    Ok(Schema { version, description: description(root), attributes })
}

/// Description and parameters of a function; the result is the one that takes no attribute.
pub(crate) fn parameters<A, R>(name: &str) -> Result<(String, Vec<Parameter>, Type), SchemaError>
where
    A: JsonSchema,
    R: JsonSchema,
{
    let failed = |message: String| SchemaError { model: name.to_owned(), message };
    let schema = derive_within::<A>(name, 0, Within::Parameters)?;
    let parameters = schema.attributes.into_iter().map(|attribute| Parameter {
        kind: attribute.value_type(),
        name: attribute.name,
        description: attribute.description,
        mark: attribute.mark,
    });
    let returns = json_schema::<R>();
    let returns = value_type(&returns).map_err(failed)?;
    Ok((schema.description, parameters.collect(), returns))
}

/// The JSON Schema of a model, with all types written out in place.
pub(crate) fn json_schema<T: JsonSchema>() -> Json {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    settings.into_generator().into_root_schema_for::<T>().to_value()
}

type Derived<T> = Result<T, String>;

fn attributes(object: &Map<String, Json>, within: Within) -> Derived<Vec<Attribute>> {
    let Some(properties) = object.get("properties").and_then(Json::as_object) else {
        return Ok(Vec::new());
    };
    properties
        .iter()
        .map(|(name, property)| {
            attribute(name, property, within).map_err(|message| format!("{name}: {message}"))
        })
        .collect()
}

fn attribute(name: &str, json: &Json, within: Within) -> Derived<Attribute> {
    let mut mark: Mark = match json.get("x-tf") {
        Some(mark) => serde_json::from_value(mark.clone())
            .map_err(|error| format!("its mark is not one: {error}"))?,
        None if within == Within::Parameters => required(),
        None => optional(),
    };
    if within == Within::ComputedObject {
        mark.mode = Mode::Computed;
    }
    Ok(Attribute {
        name: name.to_owned(),
        description: json.as_object().map(description).unwrap_or_default(),
        kind: kind(json, mark.mode)?,
        mark,
    })
}

fn kind(json: &Json, mode: Mode) -> Derived<Kind> {
    let json = without_null(json);
    if let Some(object) = as_struct(json) {
        return nested(Nesting::Single, object, mode);
    }
    if let Some(object) = json.get("items").and_then(|items| as_struct(without_null(items))) {
        let nesting = if is_set(json) { Nesting::Set } else { Nesting::List };
        return nested(nesting, object, mode);
    }
    let element = json.get("additionalProperties").map(without_null);
    if let Some(object) = element.and_then(as_struct) {
        return nested(Nesting::Map, object, mode);
    }
    value_type(json).map(Kind::Value)
}

fn nested(nesting: Nesting, object: &Map<String, Json>, mode: Mode) -> Derived<Kind> {
    let within = match mode {
        Mode::Computed => Within::ComputedObject,
        _ => Within::Model,
    };
    Ok(Kind::Nested(nesting, attributes(object, within)?))
}

fn value_type(json: &Json) -> Derived<Type> {
    let json = without_null(json);
    if let Some(object) = as_struct(json) {
        return Ok(object_type(&attributes(object, Within::Model)?));
    }
    if json.get("x-tf-type").is_some() {
        return Ok(Type::Dynamic);
    }
    match type_name(json) {
        Some("string") => Ok(Type::String),
        Some("boolean") => Ok(Type::Bool),
        Some("integer" | "number") => Ok(Type::Number),
        Some("array") => list_type(json),
        Some("object") => match json.get("additionalProperties") {
            Some(element) => value_type(element).map(Type::map),
            None => Err("is an object without attributes".to_owned()),
        },
        _ if is_text_enum(json) => Ok(Type::String),
        _ => Err(format!("has no type: {json}")),
    }
}

fn list_type(json: &Json) -> Derived<Type> {
    let element = json.get("items").ok_or("is a list without element type")?;
    let element = value_type(element)?;
    Ok(if is_set(json) { element.set() } else { element.list() })
}

fn is_set(json: &Json) -> bool {
    json.get("uniqueItems") == Some(&Json::Bool(true))
}

fn as_struct(json: &Json) -> Option<&Map<String, Json>> {
    let object = json.as_object()?;
    let is_object = type_name(json) == Some("object");
    // A map says what its elements are; a struct may say `false` at most.
    let is_map =
        object.get("additionalProperties").is_some_and(|element| *element != Json::Bool(false));
    (is_object && !is_map).then_some(object)
}

/// `Option<T>` comes as `["string", "null"]` or as `anyOf` with a null.
fn type_name(json: &Json) -> Option<&str> {
    match json.get("type")? {
        Json::String(name) => Some(name),
        Json::Array(names) => names.iter().filter_map(Json::as_str).find(|name| *name != "null"),
        _ => None,
    }
}

fn without_null(json: &Json) -> &Json {
    let alternatives = json.get("anyOf").and_then(Json::as_array);
    let found = alternatives.and_then(|alternatives| {
        alternatives.iter().find(|alternative| type_name(alternative) != Some("null"))
    });
    found.unwrap_or(json)
}

/// Documented variants come as `oneOf` of constants.
fn is_text_enum(json: &Json) -> bool {
    let is_text = |variant: &Json| type_name(variant) == Some("string");
    json.get("oneOf").and_then(Json::as_array).is_some_and(|variants| variants.iter().all(is_text))
}

fn description(object: &Map<String, Json>) -> String {
    let text = |key| object.get(key).and_then(Json::as_str);
    text("description").unwrap_or_default().to_owned()
}
