//! Values into `MessagePack`.

use std::collections::BTreeMap;
use std::io;

use rmp::encode::{self, ValueWriteError};

use super::{Number, Type, Value, ValueError};
use crate::Path;

/// Extension 0 with one byte: the plain unknown.
const UNKNOWN: [u8; 3] = [0xd4, 0, 0];

impl Value {
    /// Writes the value as one of the given type.
    ///
    /// # Errors
    /// When it is not of this type; the error says where.
    pub fn to_msgpack(&self, kind: &Type) -> Result<Vec<u8>, ValueError> {
        let mut bytes = Vec::new();
        write(&mut bytes, self, kind, &Path::root())?;
        Ok(bytes)
    }
}

fn write(out: &mut Vec<u8>, value: &Value, kind: &Type, at: &Path) -> Result<(), ValueError> {
    match (value, kind) {
        (Value::Null, _) => encode::write_nil(out).map_err(|error| failed(&error, at)),
        (Value::Unknown, _) => {
            out.extend(UNKNOWN);
            Ok(())
        }
        (Value::Bool(flag), Type::Bool) => {
            encode::write_bool(out, *flag).map_err(|error| failed(&error, at))
        }
        (Value::Number(number), Type::Number) => write_number(out, number, at),
        (Value::String(text), Type::String) => write_text(out, text, at),
        (Value::Dynamic(dynamic), Type::Dynamic) => {
            write_array_length(out, 2, at)?;
            let json = dynamic.kind.to_json().to_string();
            encode::write_bin(out, json.as_bytes()).map_err(|error| too_long(&error, at))?;
            write(out, &dynamic.value, &dynamic.kind, at)
        }
        (Value::List(elements), Type::List(element) | Type::Set(element)) => {
            let pairs = elements.iter().map(|value| (value, element.as_ref()));
            write_list(out, pairs, elements.len(), at)
        }
        (Value::List(elements), Type::Tuple(kinds)) if elements.len() == kinds.len() => {
            write_list(out, elements.iter().zip(kinds), elements.len(), at)
        }
        (Value::Map(fields), Type::Map(element)) => write_map(out, fields, element, at),
        (Value::Map(fields), Type::Object(kinds)) => write_object(out, fields, kinds, at),
        (_, kind) => Err(ValueError::new(at, format!("must be {}", kind.noun()))),
    }
}

fn write_number(out: &mut Vec<u8>, number: &Number, at: &Path) -> Result<(), ValueError> {
    let written = if let Some(whole) = number.as_i64() {
        encode::write_sint(out, whole).map(|_| ())
    } else if let Some(whole) = number.as_u64() {
        encode::write_uint(out, whole).map(|_| ())
    } else if let Some(float) = number.as_exact_f64() {
        encode::write_f64(out, float)
    } else {
        encode::write_str(out, &number.to_string())
    };
    written.map_err(|error| too_long(&error, at))
}

fn write_text(out: &mut Vec<u8>, text: &str, at: &Path) -> Result<(), ValueError> {
    encode::write_str(out, text).map_err(|error| too_long(&error, at))
}

fn write_list<'a>(
    out: &mut Vec<u8>,
    elements: impl Iterator<Item = (&'a Value, &'a Type)>,
    length: usize,
    at: &Path,
) -> Result<(), ValueError> {
    write_array_length(out, length, at)?;
    for (index, (element, kind)) in elements.enumerate() {
        write(out, element, kind, &at.index(index))?;
    }
    Ok(())
}

fn write_map(
    out: &mut Vec<u8>,
    fields: &BTreeMap<String, Value>,
    kind: &Type,
    at: &Path,
) -> Result<(), ValueError> {
    write_map_length(out, fields.len(), at)?;
    for (key, field) in fields {
        write_text(out, key, at)?;
        write(out, field, kind, &at.key(key))?;
    }
    Ok(())
}

fn write_object(
    out: &mut Vec<u8>,
    fields: &BTreeMap<String, Value>,
    kinds: &BTreeMap<String, Type>,
    at: &Path,
) -> Result<(), ValueError> {
    if let Some(name) = fields.keys().find(|name| !kinds.contains_key(*name)) {
        return Err(ValueError::new(&at.attribute(name), "is not an attribute"));
    }
    write_map_length(out, kinds.len(), at)?;
    for (name, kind) in kinds {
        write_text(out, name, at)?;
        let field = fields.get(name).unwrap_or(&Value::Null);
        write(out, field, kind, &at.attribute(name))?;
    }
    Ok(())
}

fn write_array_length(out: &mut Vec<u8>, length: usize, at: &Path) -> Result<(), ValueError> {
    let length = u32::try_from(length).map_err(|_| ValueError::new(at, "is too long"))?;
    let written = encode::write_array_len(out, length).map(|_| ());
    written.map_err(|error| too_long(&error, at))
}

fn write_map_length(out: &mut Vec<u8>, length: usize, at: &Path) -> Result<(), ValueError> {
    let length = u32::try_from(length).map_err(|_| ValueError::new(at, "is too long"))?;
    let written = encode::write_map_len(out, length).map(|_| ());
    written.map_err(|error| too_long(&error, at))
}

fn too_long(error: &ValueWriteError<io::Error>, at: &Path) -> ValueError {
    ValueError::new(at, format!("cannot be written: {error}"))
}

fn failed(error: &io::Error, at: &Path) -> ValueError {
    ValueError::new(at, format!("cannot be written: {error}"))
}
