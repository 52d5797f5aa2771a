//! Schemas as `providers schema -json` of core prints them.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use super::{Attribute, Kind, Nesting, Parameter, Schema, Signature};
use crate::attribute::{Mark, Mode};

impl Schema {
    /// The schema in the form of `terraform providers schema -json`.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let mut block = Map::new();
        if !self.attributes.is_empty() {
            block.insert("attributes".to_owned(), attributes(&self.attributes));
        }
        describe(&mut block, &self.description, "description_kind");
        json!({ "version": self.version, "block": block })
    }

    /// The identity in the form of `terraform providers schema -json`.
    #[must_use]
    pub fn to_identity_json(&self) -> Json {
        let attributes = self.attributes.iter().map(|attribute| {
            let mut json = Map::new();
            json.insert("type".to_owned(), attribute.value_type().to_json());
            if !attribute.description.is_empty() {
                json.insert("description".to_owned(), attribute.description.clone().into());
            }
            flag(&mut json, "required_for_import", attribute.is_required());
            flag(&mut json, "optional_for_import", !attribute.is_required());
            (attribute.name.clone(), Json::Object(json))
        });
        json!({ "version": self.version, "attributes": attributes.collect::<BTreeMap<_, _>>() })
    }
}

fn attributes(attributes: &[Attribute]) -> Json {
    let named =
        attributes.iter().map(|attribute| (attribute.name.clone(), attribute_json(attribute)));
    let sorted: BTreeMap<String, Json> = named.collect();
    Json::Object(sorted.into_iter().collect())
}

fn attribute_json(attribute: &Attribute) -> Json {
    let mut json = Map::new();
    match &attribute.kind {
        Kind::Value(kind) => {
            json.insert("type".to_owned(), kind.to_json());
        }
        Kind::Nested(nesting, inner) => {
            let mut nested = Map::new();
            if !inner.is_empty() {
                nested.insert("attributes".to_owned(), attributes(inner));
            }
            nested.insert("nesting_mode".to_owned(), nesting.name().into());
            json.insert("nested_type".to_owned(), Json::Object(nested));
        }
    }
    describe(&mut json, &attribute.description, "description_kind");
    flags(&mut json, attribute);
    Json::Object(json)
}

fn flags(json: &mut Map<String, Json>, attribute: &Attribute) {
    let mark = &attribute.mark;
    flag(json, "required", attribute.is_required());
    flag(json, "optional", attribute.is_optional());
    flag(json, "computed", attribute.is_computed());
    flag(json, "sensitive", mark.sensitive);
    flag(json, "write_only", mark.write_only);
    deprecate(json, mark);
}

fn deprecate(json: &mut Map<String, Json>, mark: &Mark) {
    if let Some(message) = &mark.deprecated {
        json.insert("deprecated".to_owned(), true.into());
        json.insert("deprecation_message".to_owned(), message.clone().into());
    }
}

fn flag(json: &mut Map<String, Json>, name: &str, value: bool) {
    if value {
        json.insert(name.to_owned(), true.into());
    }
}

fn describe(json: &mut Map<String, Json>, description: &str, kind: &str) {
    if !description.is_empty() {
        json.insert("description".to_owned(), description.into());
    }
    json.insert(kind.to_owned(), "markdown".into());
}

impl Nesting {
    fn name(self) -> &'static str {
        match self {
            Self::Single => "single",
            Self::List => "list",
            Self::Set => "set",
            Self::Map => "map",
        }
    }
}

impl Signature {
    /// The signature in the form of `terraform providers schema -json`.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let mut json = Map::new();
        if !self.description.is_empty() {
            json.insert("description".to_owned(), self.description.clone().into());
            json.insert("summary".to_owned(), self.summary.clone().into());
        }
        json.insert("return_type".to_owned(), self.returns.to_json());
        if !self.parameters.is_empty() {
            let parameters = self.parameters.iter().map(parameter).collect();
            json.insert("parameters".to_owned(), parameters);
        }
        if let Some(variadic) = &self.variadic {
            json.insert("variadic_parameter".to_owned(), parameter(variadic));
        }
        Json::Object(json)
    }
}

fn parameter(parameter: &Parameter) -> Json {
    let mut json = Map::new();
    json.insert("name".to_owned(), parameter.name.clone().into());
    if !parameter.description.is_empty() {
        json.insert("description".to_owned(), parameter.description.clone().into());
    }
    flag(&mut json, "is_nullable", parameter.mark.mode == Mode::Optional);
    json.insert("type".to_owned(), parameter.kind.to_json());
    Json::Object(json)
}
