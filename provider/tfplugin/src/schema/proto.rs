//! Schemas in the protocol's form.

use super::{Attribute, Kind, Nesting, Parameter, Schema, Signature};
use crate::attribute::Mode;
use crate::proto::tfplugin6 as proto;
use crate::value::Type;

pub(crate) fn to_proto(schema: &Schema) -> proto::Schema {
    proto::Schema {
        version: schema.version,
        block: Some(proto::schema::Block {
            attributes: schema.attributes.iter().map(attribute).collect(),
            description: schema.description.clone(),
            description_kind: proto::StringKind::Markdown.into(),
            ..proto::schema::Block::default()
        }),
    }
}

fn attribute(attribute: &Attribute) -> proto::schema::Attribute {
    let mark = &attribute.mark;
    let (kind, nested) = match &attribute.kind {
        Kind::Value(kind) => (type_bytes(kind), None),
        Kind::Nested(nesting, inner) => (Vec::new(), Some(object(*nesting, inner))),
    };
    proto::schema::Attribute {
        name: attribute.name.clone(),
        r#type: kind,
        nested_type: nested,
        description: attribute.description.clone(),
        description_kind: proto::StringKind::Markdown.into(),
        required: attribute.is_required(),
        optional: attribute.is_optional(),
        computed: attribute.is_computed(),
        sensitive: mark.sensitive,
        write_only: mark.write_only,
        deprecated: mark.deprecated.is_some(),
        deprecation_message: mark.deprecated.clone().unwrap_or_default(),
    }
}

fn object(nesting: Nesting, attributes: &[Attribute]) -> proto::schema::Object {
    use proto::schema::object::NestingMode;
    let mode = match nesting {
        Nesting::Single => NestingMode::Single,
        Nesting::List => NestingMode::List,
        Nesting::Set => NestingMode::Set,
        Nesting::Map => NestingMode::Map,
    };
    proto::schema::Object {
        attributes: attributes.iter().map(attribute).collect(),
        nesting: mode.into(),
        ..proto::schema::Object::default()
    }
}

fn type_bytes(kind: &Type) -> Vec<u8> {
    kind.to_json().to_string().into_bytes()
}

impl Schema {
    pub(crate) fn to_identity_proto(&self) -> proto::ResourceIdentitySchema {
        let attributes = self.attributes.iter().map(|attribute| {
            proto::resource_identity_schema::IdentityAttribute {
                name: attribute.name.clone(),
                r#type: type_bytes(&attribute.value_type()),
                required_for_import: attribute.is_required(),
                optional_for_import: !attribute.is_required(),
                description: attribute.description.clone(),
            }
        });
        proto::ResourceIdentitySchema {
            version: self.version,
            identity_attributes: attributes.collect(),
        }
    }
}

impl Signature {
    pub(crate) fn to_proto(&self) -> proto::Function {
        proto::Function {
            parameters: self.parameters.iter().map(parameter).collect(),
            variadic_parameter: self.variadic.as_ref().map(parameter),
            r#return: Some(proto::function::Return { r#type: type_bytes(&self.returns) }),
            summary: self.summary.clone(),
            description: self.description.clone(),
            description_kind: proto::StringKind::Markdown.into(),
            deprecation_message: String::new(),
        }
    }
}

fn parameter(parameter: &Parameter) -> proto::function::Parameter {
    proto::function::Parameter {
        name: parameter.name.clone(),
        r#type: type_bytes(&parameter.kind),
        allow_null_value: parameter.mark.mode == Mode::Optional,
        allow_unknown_values: false,
        description: parameter.description.clone(),
        description_kind: proto::StringKind::Markdown.into(),
    }
}
