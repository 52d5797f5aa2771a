//! A value that may be null or not known yet.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Name by which [`Tf`] and the coders of this crate know each other.
pub(crate) const TF: &str = "$tfplugin::Tf";
/// Starts the message of an error that says only that a value is not known.
pub(crate) const NOT_KNOWN: &str = "value is not known yet";

/// A value that may be null or not known yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Tf<T> {
    /// Absent.
    #[default]
    Null,
    /// Known only after apply.
    Unknown,
    /// Present.
    Known(T),
}

impl<T> Tf<T> {
    /// The value if it is known and not null.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Null | Self::Unknown => None,
        }
    }

    /// The value if it is known and not null.
    pub fn known_mut(&mut self) -> Option<&mut T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Null | Self::Unknown => None,
        }
    }

    /// The value if it is known and not null.
    pub fn into_known(self) -> Option<T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Null | Self::Unknown => None,
        }
    }

    /// A reference inside.
    pub fn as_ref(&self) -> Tf<&T> {
        match self {
            Self::Null => Tf::Null,
            Self::Unknown => Tf::Unknown,
            Self::Known(value) => Tf::Known(value),
        }
    }

    /// Changes the value where there is one.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Tf<U> {
        match self {
            Self::Null => Tf::Null,
            Self::Unknown => Tf::Unknown,
            Self::Known(value) => Tf::Known(change(value)),
        }
    }

    /// Goes on with the value where there is one.
    pub fn and_then<U>(self, next: impl FnOnce(T) -> Tf<U>) -> Tf<U> {
        match self {
            Self::Null => Tf::Null,
            Self::Unknown => Tf::Unknown,
            Self::Known(value) => next(value),
        }
    }

    /// Whether it is null.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Whether it is not known yet.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown)
    }

    /// Whether it is known and not null.
    pub fn is_known(&self) -> bool {
        matches!(self, Self::Known(_))
    }
}

impl<T> From<T> for Tf<T> {
    fn from(value: T) -> Self {
        Self::Known(value)
    }
}

impl From<&str> for Tf<String> {
    fn from(value: &str) -> Self {
        Self::Known(value.to_owned())
    }
}

impl<T> From<Option<T>> for Tf<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Self::Known)
    }
}

impl<T: Serialize> Serialize for Tf<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_none(),
            Self::Unknown => serializer.serialize_unit_struct(TF),
            Self::Known(value) => serializer.serialize_newtype_struct(TF, value),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Tf<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(TF, TfVisitor(PhantomData))
    }
}

struct TfVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for TfVisitor<T> {
    type Value = Tf<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value, null or unknown")
    }

    fn visit_none<E: Error>(self) -> Result<Tf<T>, E> {
        Ok(Tf::Null)
    }

    fn visit_unit<E: Error>(self) -> Result<Tf<T>, E> {
        Ok(Tf::Unknown)
    }

    /// Other formats come here with null too, hence the `Option`.
    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<Tf<T>, D::Error> {
        match Option::<T>::deserialize(inner) {
            Ok(value) => Ok(value.into()),
            Err(error) if error.to_string().starts_with(NOT_KNOWN) => Ok(Tf::Unknown),
            Err(error) => Err(error),
        }
    }
}

impl<T: JsonSchema> JsonSchema for Tf<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}
