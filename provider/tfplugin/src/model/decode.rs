//! Models out of untyped values.

use std::fmt;

use serde::de::value::{BorrowedStrDeserializer, StringDeserializer};
use serde::de::{self, DeserializeSeed, Deserializer, Error as _, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;

use super::tf::{NOT_KNOWN, TF};
use crate::value::{NUMBER, Number, Value, ValueError};
use crate::{Path, Step};

/// Reads a model.
pub(crate) fn decode<T: de::DeserializeOwned>(value: &Value) -> Result<T, ValueError> {
    T::deserialize(Source(value))
        .map_err(|error| ValueError { path: error.path(), message: error.message })
}

/// An error on its way out of the value; steps are added as it passes.
#[derive(Debug)]
pub(super) struct DecodeError {
    message: String,
    steps_inside_out: Vec<Step>,
}

impl DecodeError {
    fn within(mut self, step: Step) -> Self {
        self.steps_inside_out.push(step);
        self
    }

    fn path(&self) -> Path {
        let steps = self.steps_inside_out.iter().rev().cloned();
        steps.collect::<Vec<_>>().into()
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for DecodeError {}

impl de::Error for DecodeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self { message: message.to_string(), steps_inside_out: Vec::new() }
    }

    fn invalid_type(found: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        if found == de::Unexpected::Unit {
            return Self::custom(format_args!("must not be null, but {expected}"));
        }
        Self::custom(format_args!("invalid type: {found}, expected {expected}"))
    }
}

#[derive(Clone, Copy)]
struct Source<'a>(&'a Value);

impl<'de> Deserializer<'de> for Source<'de> {
    type Error = DecodeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Unknown => Err(DecodeError::custom(NOT_KNOWN)),
            Value::Bool(flag) => visitor.visit_bool(*flag),
            Value::String(text) => visitor.visit_borrowed_str(text),
            Value::Number(number) => visit_number(number, visitor),
            Value::List(elements) => visitor.visit_seq(Elements(elements.iter().enumerate())),
            Value::Map(fields) => visitor.visit_map(Fields::new(fields.iter(), Step::Key)),
            Value::Dynamic(dynamic) => Source(&dynamic.value).deserialize_any(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.0 {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        match (name, self.0) {
            (TF, Value::Null) => visitor.visit_none(),
            (TF, Value::Unknown) => visitor.visit_unit(),
            (NUMBER, Value::Number(number)) => visitor.visit_string(number.to_string()),
            (super::dynamic::DYNAMIC, Value::Dynamic(_)) if self.0.is_wholly_known() => {
                visitor.visit_string(self.0.to_json().to_string())
            }
            (super::dynamic::DYNAMIC, Value::Dynamic(_)) => Err(DecodeError::custom(NOT_KNOWN)),
            _ => visitor.visit_newtype_struct(self),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        match self.0 {
            Value::Map(fields) => visitor.visit_map(Fields::new(fields.iter(), Step::Attribute)),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        match self.0 {
            Value::String(text) => {
                let text: StringDeserializer<DecodeError> = text.clone().into_deserializer();
                text.deserialize_enum(name, variants, visitor)
            }
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map identifier
    }
}

fn visit_number<'de, V: Visitor<'de>>(
    number: &Number,
    visitor: V,
) -> Result<V::Value, DecodeError> {
    if let Some(whole) = number.as_i64() {
        visitor.visit_i64(whole)
    } else if let Some(whole) = number.as_u64() {
        visitor.visit_u64(whole)
    } else {
        visitor.visit_f64(number.to_f64())
    }
}

struct Elements<'a>(std::iter::Enumerate<std::slice::Iter<'a, Value>>);

impl<'de> de::SeqAccess<'de> for Elements<'de> {
    type Error = DecodeError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, DecodeError> {
        let Some((index, element)) = self.0.next() else {
            return Ok(None);
        };
        let decoded = seed.deserialize(Source(element));
        decoded.map(Some).map_err(|error| error.within(Step::Index(index)))
    }
}

struct Fields<'a, I> {
    rest: I,
    current: Option<(&'a String, &'a Value)>,
    step: fn(String) -> Step,
}

impl<I> Fields<'_, I> {
    fn new(rest: I, step: fn(String) -> Step) -> Self {
        Self { rest, current: None, step }
    }
}

impl<'de, I: Iterator<Item = (&'de String, &'de Value)>> de::MapAccess<'de> for Fields<'de, I> {
    type Error = DecodeError;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, DecodeError> {
        self.current = self.rest.next();
        let Some((name, _)) = self.current else {
            return Ok(None);
        };
        seed.deserialize(BorrowedStrDeserializer::new(name)).map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<T::Value, DecodeError> {
        let (name, value) = self
            .current
            .take()
            .ok_or_else(|| DecodeError::custom("value asked for before its key"))?;
        let decoded = seed.deserialize(Source(value));
        decoded.map_err(|error| error.within((self.step)(name.clone())))
    }
}
