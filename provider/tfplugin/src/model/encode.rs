//! Models into untyped values.

use std::collections::BTreeMap;
use std::fmt;

use serde::ser::{self, Error as _, Impossible, Serialize, Serializer};

use super::dynamic::DYNAMIC;
use super::tf::TF;
use crate::Path;
use crate::value::{NUMBER, Number, Type, Value, ValueError};

/// Writes a model as a value of the given type.
pub(crate) fn encode<T: Serialize>(model: &T, kind: &Type) -> Result<Value, ValueError> {
    let value = model.serialize(Target);
    value.map_err(|error| ValueError::new(&Path::root(), error.0))?.conform(kind)
}

#[derive(Debug)]
pub(super) struct EncodeError(String);

impl fmt::Display for EncodeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for EncodeError {}

impl ser::Error for EncodeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

type Written = Result<Value, EncodeError>;

#[derive(Clone, Copy)]
struct Target;

/// Methods that write any integer alike.
macro_rules! whole_numbers {
    ($($method:ident: $number:ty as $wide:ty),*) => {
        $(fn $method(self, number: $number) -> Written {
            Ok(Value::Number(Number::from(<$wide>::from(number))))
        })*
    };
}

impl Serializer for Target {
    type Ok = Value;
    type Error = EncodeError;
    type SerializeSeq = Elements;
    type SerializeTuple = Elements;
    type SerializeTupleStruct = Elements;
    type SerializeTupleVariant = Impossible<Value, EncodeError>;
    type SerializeMap = Fields;
    type SerializeStruct = Fields;
    type SerializeStructVariant = Impossible<Value, EncodeError>;

    whole_numbers!(
        serialize_i8: i8 as i64, serialize_i16: i16 as i64, serialize_i32: i32 as i64,
        serialize_i64: i64 as i64, serialize_u8: u8 as u64, serialize_u16: u16 as u64,
        serialize_u32: u32 as u64, serialize_u64: u64 as u64
    );

    fn serialize_bool(self, flag: bool) -> Written {
        Ok(Value::Bool(flag))
    }

    fn serialize_f32(self, number: f32) -> Written {
        written_out(&number.to_string())
    }

    fn serialize_f64(self, number: f64) -> Written {
        written_out(&number.to_string())
    }

    fn serialize_char(self, character: char) -> Written {
        Ok(Value::String(character.to_string()))
    }

    fn serialize_str(self, text: &str) -> Written {
        Ok(Value::String(text.to_owned()))
    }

    fn serialize_bytes(self, _bytes: &[u8]) -> Written {
        Err(EncodeError::custom("bytes have no type in a model"))
    }

    fn serialize_none(self) -> Written {
        Ok(Value::Null)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Written {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Written {
        Ok(Value::Null)
    }

    fn serialize_unit_struct(self, name: &'static str) -> Written {
        Ok(if name == TF { Value::Unknown } else { Value::Null })
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Written {
        Ok(Value::String(variant.to_owned()))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Written {
        match (name, value.serialize(self)?) {
            (NUMBER, Value::String(text)) => written_out(&text),
            (DYNAMIC, Value::String(text)) => dynamic(&text),
            (_, value) => Ok(value),
        }
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Written {
        Err(with_fields(name))
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Elements, EncodeError> {
        Ok(Elements(Vec::new()))
    }

    fn serialize_tuple(self, _: usize) -> Result<Elements, EncodeError> {
        Ok(Elements(Vec::new()))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Elements, EncodeError> {
        Ok(Elements(Vec::new()))
    }

    fn serialize_tuple_variant(
        self,
        name: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, EncodeError> {
        Err(with_fields(name))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Fields, EncodeError> {
        Ok(Fields::default())
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Fields, EncodeError> {
        Ok(Fields::default())
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, EncodeError> {
        Err(with_fields(name))
    }
}

fn with_fields(name: &str) -> EncodeError {
    EncodeError(format!("{name}: an enum with fields has no type in a model"))
}

fn written_out(text: &str) -> Written {
    text.parse().map(Value::Number).map_err(EncodeError::custom)
}

fn dynamic(text: &str) -> Written {
    let json = serde_json::from_str(text).map_err(EncodeError::custom)?;
    Value::from_json(&json, &Type::Dynamic).map_err(EncodeError::custom)
}

struct Elements(Vec<Value>);

impl ser::SerializeSeq for Elements {
    type Ok = Value;
    type Error = EncodeError;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, element: &T) -> Result<(), EncodeError> {
        self.0.push(element.serialize(Target)?);
        Ok(())
    }

    fn end(self) -> Written {
        Ok(Value::List(self.0))
    }
}

impl ser::SerializeTuple for Elements {
    type Ok = Value;
    type Error = EncodeError;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, element: &T) -> Result<(), EncodeError> {
        ser::SerializeSeq::serialize_element(self, element)
    }

    fn end(self) -> Written {
        ser::SerializeSeq::end(self)
    }
}

impl ser::SerializeTupleStruct for Elements {
    type Ok = Value;
    type Error = EncodeError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, element: &T) -> Result<(), EncodeError> {
        ser::SerializeSeq::serialize_element(self, element)
    }

    fn end(self) -> Written {
        ser::SerializeSeq::end(self)
    }
}

#[derive(Default)]
struct Fields {
    fields: BTreeMap<String, Value>,
    key: String,
}

impl ser::SerializeMap for Fields {
    type Ok = Value;
    type Error = EncodeError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), EncodeError> {
        self.key = match key.serialize(Target)? {
            Value::String(text) => text,
            Value::Number(number) => number.to_string(),
            _ => return Err(EncodeError::custom("the key of a map must be a text")),
        };
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        let key = std::mem::take(&mut self.key);
        self.fields.insert(key, value.serialize(Target)?);
        Ok(())
    }

    fn end(self) -> Written {
        Ok(Value::Map(self.fields))
    }
}

impl ser::SerializeStruct for Fields {
    type Ok = Value;
    type Error = EncodeError;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), EncodeError> {
        self.fields.insert(name.to_owned(), value.serialize(Target)?);
        Ok(())
    }

    fn end(self) -> Written {
        Ok(Value::Map(self.fields))
    }
}
