//! Untyped values, the types core gives them, and how they travel.

mod json;
mod msgpack_read;
mod msgpack_write;
mod number;
mod types;
#[cfg(test)]
mod wire_tests;

use std::collections::BTreeMap;

use crate::Path;

pub use number::{Number, ParseNumberError};
pub use types::Type;

pub(crate) use number::NUMBER;

/// An untyped value. Its [`Type`] says whether a `List` is a list, a set or a tuple, and whether
/// a `Map` is a map or an object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Value {
    /// Absent.
    #[default]
    Null,
    /// Known only after apply.
    Unknown,
    /// True or false.
    Bool(bool),
    /// A number of any size.
    Number(Number),
    /// A text.
    String(String),
    /// List, set (in canonical order) or tuple.
    List(Vec<Value>),
    /// Map or object.
    Map(BTreeMap<String, Value>),
    /// A value that carries its type, where the schema says dynamic.
    Dynamic(Box<Dynamic>),
}

/// A value that carries its type.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Dynamic {
    /// The type of the value.
    pub kind: Type,
    /// The value, never dynamic itself.
    pub value: Value,
}

/// A value that is not what its type says.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("{message}")]
pub struct ValueError {
    /// Where it is.
    pub path: Path,
    /// What is wrong.
    pub message: String,
}

impl ValueError {
    pub(crate) fn new(path: &Path, message: impl Into<String>) -> Self {
        Self { path: path.clone(), message: message.into() }
    }
}

impl Value {
    /// Whether it is null.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The attribute or element of this name; null if there is none, unknown if the whole is.
    #[must_use]
    pub fn field(&self, name: &str) -> &Self {
        const NULL: &Value = &Value::Null;
        match self {
            Self::Map(fields) => fields.get(name).unwrap_or(NULL),
            Self::Unknown => self,
            _ => NULL,
        }
    }

    /// The elements of a list, set or tuple; none for anything else.
    #[must_use]
    pub fn elements(&self) -> &[Self] {
        match self {
            Self::List(elements) => elements,
            _ => &[],
        }
    }

    /// Where the first unknown value is.
    #[must_use]
    pub fn first_unknown(&self) -> Option<Path> {
        self.find_unknown(&Path::root())
    }

    /// Whether nothing in it is unknown.
    #[must_use]
    pub fn is_wholly_known(&self) -> bool {
        self.first_unknown().is_none()
    }

    fn find_unknown(&self, at: &Path) -> Option<Path> {
        match self {
            Self::Unknown => Some(at.clone()),
            Self::List(elements) => elements
                .iter()
                .enumerate()
                .find_map(|(index, element)| element.find_unknown(&at.index(index))),
            Self::Map(fields) => {
                fields.iter().find_map(|(name, field)| field.find_unknown(&at.attribute(name)))
            }
            Self::Dynamic(dynamic) => dynamic.value.find_unknown(at),
            _ => None,
        }
    }

    /// The same with null in place of everything unknown.
    #[must_use]
    pub fn without_unknown(self) -> Self {
        match self {
            Self::Unknown => Self::Null,
            Self::List(elements) => {
                Self::List(elements.into_iter().map(Self::without_unknown).collect())
            }
            Self::Map(fields) => Self::Map(
                fields.into_iter().map(|(name, field)| (name, field.without_unknown())).collect(),
            ),
            Self::Dynamic(dynamic) => Self::Dynamic(Box::new(Dynamic {
                kind: dynamic.kind,
                value: dynamic.value.without_unknown(),
            })),
            other => other,
        }
    }

    /// Brings the value into the canonical form of its type: sets sorted and without
    /// duplicates, objects with all their attributes.
    ///
    /// # Errors
    /// When it is not of this type.
    pub fn conform(self, kind: &Type) -> Result<Self, ValueError> {
        types::conform(self, kind, &Path::root())
    }
}
