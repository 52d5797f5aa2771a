//! What a model declares: attributes, types, descriptions.

mod check;
mod derive;
mod json;
mod proto;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::attribute::{Mark, Mode};
use crate::value::Type;

pub(crate) use derive::{derive, json_schema, parameters};
pub(crate) use proto::to_proto;

/// The schema of a resource, a data source, an ephemeral resource or the provider itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Schema {
    /// Version of the state's form.
    pub version: i64,
    /// Markdown.
    pub description: String,
    /// In the order of the model's fields.
    pub attributes: Vec<Attribute>,
}

/// One attribute.
#[derive(Clone, Debug, PartialEq)]
pub struct Attribute {
    /// Its name in the language.
    pub name: String,
    /// Markdown.
    pub description: String,
    /// What it may hold.
    pub kind: Kind,
    /// Who gives it, and its flags.
    pub mark: Mark,
}

/// What an attribute may hold.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// A value of this type.
    Value(Type),
    /// Objects whose attributes have marks of their own.
    Nested(Nesting, Vec<Attribute>),
}

/// How nested objects are arranged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nesting {
    /// One object.
    Single,
    /// Objects in order.
    List,
    /// Objects without order.
    Set,
    /// Objects under keys.
    Map,
}

/// One parameter of a function, or its result.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// Its name in messages and documentation.
    pub name: String,
    /// Markdown.
    pub description: String,
    /// Its type.
    pub kind: Type,
    /// Whether it accepts null.
    pub mark: Mark,
}

/// The signature of a function.
#[derive(Clone, Debug, PartialEq)]
pub struct Signature {
    /// First line of the description.
    pub summary: String,
    /// Markdown.
    pub description: String,
    /// Those with a place of their own.
    pub parameters: Vec<Parameter>,
    /// The one that takes the rest.
    pub variadic: Option<Parameter>,
    /// Type of the result.
    pub returns: Type,
}

impl Schema {
    /// The type of the whole object.
    #[must_use]
    pub fn object_type(&self) -> Type {
        object_type(&self.attributes)
    }
}

pub(crate) fn object_type(attributes: &[Attribute]) -> Type {
    let fields =
        attributes.iter().map(|attribute| (attribute.name.clone(), attribute.value_type()));
    Type::Object(fields.collect::<BTreeMap<_, _>>())
}

impl Attribute {
    /// The type of the attribute's value.
    #[must_use]
    pub fn value_type(&self) -> Type {
        match &self.kind {
            Kind::Value(kind) => kind.clone(),
            Kind::Nested(nesting, attributes) => nesting.around(object_type(attributes)),
        }
    }

    /// Whether the provider fills it in when the configuration gives nothing. To core an
    /// attribute with a default is such a one as well.
    #[must_use]
    pub fn is_computed(&self) -> bool {
        matches!(self.mark.mode, Mode::Computed | Mode::OptionalComputed)
            || self.mark.default.is_some()
    }

    /// Whether the configuration may leave it out or give it.
    #[must_use]
    pub fn is_optional(&self) -> bool {
        matches!(self.mark.mode, Mode::Optional | Mode::OptionalComputed)
    }

    /// Whether the configuration must give it.
    #[must_use]
    pub fn is_required(&self) -> bool {
        self.mark.mode == Mode::Required
    }
}

impl Nesting {
    fn around(self, object: Type) -> Type {
        match self {
            Self::Single => object,
            Self::List => object.list(),
            Self::Set => object.set(),
            Self::Map => object.map(),
        }
    }
}

/// A model that is no schema. Only a mistake of the provider's author brings it up.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("{model}: {message}")]
pub struct SchemaError {
    /// Type name of the resource or the like.
    pub model: String,
    /// What is wrong.
    pub message: String,
}
