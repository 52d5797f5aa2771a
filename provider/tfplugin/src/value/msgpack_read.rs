//! Values out of `MessagePack`.

use std::collections::BTreeMap;

use rmp::Marker;

use super::types::canonical;
use super::{Dynamic, Number, Type, Value, ValueError};
use crate::Path;

impl Value {
    /// Reads a value of the given type.
    ///
    /// # Errors
    /// When the bytes are not such a value; the error says where.
    pub fn from_msgpack(bytes: &[u8], kind: &Type) -> Result<Self, ValueError> {
        let mut reader = Reader { bytes };
        let value = reader.value(kind, &Path::root())?;
        if reader.bytes.is_empty() {
            Ok(value)
        } else {
            Err(ValueError::new(&Path::root(), "has bytes after its end"))
        }
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
}

type Read<T> = Result<T, ValueError>;

impl<'a> Reader<'a> {
    fn value(&mut self, kind: &Type, at: &Path) -> Read<Value> {
        let marker = Marker::from_u8(self.array::<1>(at)?[0]);
        if marker == Marker::Null {
            return Ok(Value::Null);
        }
        if let Some(length) = self.extension(marker, at)? {
            // Any extension is an unknown; what it tells beyond that may be ignored.
            self.take(length, at)?;
            return Ok(Value::Unknown);
        }
        match kind {
            Type::Bool => bool(marker, at),
            Type::Number => self.number(marker, at).map(Value::Number),
            Type::String => self.string(marker, at).map(Value::String),
            Type::Dynamic => self.dynamic(marker, at),
            Type::List(element) => self.list(marker, element, at).map(Value::List),
            Type::Set(element) => self.list(marker, element, at).map(canonical).map(Value::List),
            Type::Tuple(kinds) => self.tuple(marker, kinds, at),
            Type::Map(element) => self.map(marker, element, at),
            Type::Object(kinds) => self.object(marker, kinds, at),
        }
    }

    fn take(&mut self, length: usize, at: &Path) -> Read<&'a [u8]> {
        let cut = || ValueError::new(at, "is cut off");
        let (taken, rest) = self.bytes.split_at_checked(length).ok_or_else(cut)?;
        self.bytes = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self, at: &Path) -> Read<[u8; N]> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N, at)?);
        Ok(array)
    }

    fn length8(&mut self, at: &Path) -> Read<usize> {
        Ok(usize::from(u8::from_be_bytes(self.array(at)?)))
    }

    fn length16(&mut self, at: &Path) -> Read<usize> {
        Ok(usize::from(u16::from_be_bytes(self.array(at)?)))
    }

    fn length32(&mut self, at: &Path) -> Read<usize> {
        let length = u32::from_be_bytes(self.array(at)?);
        usize::try_from(length).map_err(|_| ValueError::new(at, "is too long"))
    }

    /// The length of type and payload, if it is an extension.
    fn extension(&mut self, marker: Marker, at: &Path) -> Read<Option<usize>> {
        let payload = match marker {
            Marker::FixExt1 => 1,
            Marker::FixExt2 => 2,
            Marker::FixExt4 => 4,
            Marker::FixExt8 => 8,
            Marker::FixExt16 => 16,
            Marker::Ext8 => self.length8(at)?,
            Marker::Ext16 => self.length16(at)?,
            Marker::Ext32 => self.length32(at)?,
            _ => return Ok(None),
        };
        Ok(Some(payload + 1))
    }

    fn number(&mut self, marker: Marker, at: &Path) -> Read<Number> {
        let whole = match marker {
            Marker::FixPos(number) => i64::from(number),
            Marker::FixNeg(number) => i64::from(number),
            Marker::U8 => i64::from(u8::from_be_bytes(self.array(at)?)),
            Marker::U16 => i64::from(u16::from_be_bytes(self.array(at)?)),
            Marker::U32 => i64::from(u32::from_be_bytes(self.array(at)?)),
            Marker::U64 => return Ok(u64::from_be_bytes(self.array(at)?).into()),
            Marker::I8 => i64::from(i8::from_be_bytes(self.array(at)?)),
            Marker::I16 => i64::from(i16::from_be_bytes(self.array(at)?)),
            Marker::I32 => i64::from(i32::from_be_bytes(self.array(at)?)),
            Marker::I64 => i64::from_be_bytes(self.array(at)?),
            _ => return self.large_number(marker, at),
        };
        Ok(whole.into())
    }

    /// Whatever is not exactly an integer or float of the wire comes as its text.
    fn large_number(&mut self, marker: Marker, at: &Path) -> Read<Number> {
        let number = match marker {
            Marker::F32 => Number::from_f64(f32::from_be_bytes(self.array(at)?).into()),
            Marker::F64 => Number::from_f64(f64::from_be_bytes(self.array(at)?)),
            _ => match self.text_length(marker, at)? {
                Some(length) => self.text(length, at)?.parse().ok(),
                None => None,
            },
        };
        number.ok_or_else(|| ValueError::new(at, "must be a number"))
    }

    fn text_length(&mut self, marker: Marker, at: &Path) -> Read<Option<usize>> {
        Ok(match marker {
            Marker::FixStr(length) => Some(length.into()),
            Marker::Str8 | Marker::Bin8 => Some(self.length8(at)?),
            Marker::Str16 | Marker::Bin16 => Some(self.length16(at)?),
            Marker::Str32 | Marker::Bin32 => Some(self.length32(at)?),
            _ => None,
        })
    }

    fn text(&mut self, length: usize, at: &Path) -> Read<String> {
        String::from_utf8(self.take(length, at)?.to_vec())
            .map_err(|_| ValueError::new(at, "must be UTF-8"))
    }

    fn string(&mut self, marker: Marker, at: &Path) -> Read<String> {
        match self.text_length(marker, at)? {
            Some(length) => self.text(length, at),
            None => Err(ValueError::new(at, "must be a string")),
        }
    }

    fn key(&mut self, at: &Path) -> Read<String> {
        let marker = Marker::from_u8(self.array::<1>(at)?[0]);
        self.string(marker, at)
    }

    fn dynamic(&mut self, marker: Marker, at: &Path) -> Read<Value> {
        if self.array_length(marker, at)? != Some(2) {
            return Err(ValueError::new(at, "must be a type and a value"));
        }
        let kind = self.key(at)?;
        let kind = serde_json::from_str(&kind).ok().as_ref().and_then(Type::from_json);
        let kind = kind.ok_or_else(|| ValueError::new(at, "has no readable type"))?;
        let value = self.value(&kind, at)?;
        Ok(Value::Dynamic(Box::new(Dynamic { kind, value })))
    }

    fn array_length(&mut self, marker: Marker, at: &Path) -> Read<Option<usize>> {
        Ok(match marker {
            Marker::FixArray(length) => Some(length.into()),
            Marker::Array16 => Some(self.length16(at)?),
            Marker::Array32 => Some(self.length32(at)?),
            _ => None,
        })
    }

    fn list(&mut self, marker: Marker, element: &Type, at: &Path) -> Read<Vec<Value>> {
        let length = self.array_length(marker, at)?;
        let length = length.ok_or_else(|| ValueError::new(at, "must be a list"))?;
        (0..length).map(|index| self.value(element, &at.index(index))).collect()
    }

    fn tuple(&mut self, marker: Marker, kinds: &[Type], at: &Path) -> Read<Value> {
        if self.array_length(marker, at)? != Some(kinds.len()) {
            let message = format!("must have {} elements", kinds.len());
            return Err(ValueError::new(at, message));
        }
        let numbered = kinds.iter().enumerate();
        numbered
            .map(|(index, kind)| self.value(kind, &at.index(index)))
            .collect::<Read<_>>()
            .map(Value::List)
    }

    fn map_length(&mut self, marker: Marker, at: &Path) -> Read<usize> {
        match marker {
            Marker::FixMap(length) => Ok(length.into()),
            Marker::Map16 => self.length16(at),
            Marker::Map32 => self.length32(at),
            _ => Err(ValueError::new(at, "must be a map")),
        }
    }

    fn map(&mut self, marker: Marker, element: &Type, at: &Path) -> Read<Value> {
        let mut fields = BTreeMap::new();
        for _ in 0..self.map_length(marker, at)? {
            let key = self.key(at)?;
            let field = self.value(element, &at.key(&key))?;
            fields.insert(key, field);
        }
        Ok(Value::Map(fields))
    }

    fn object(&mut self, marker: Marker, kinds: &BTreeMap<String, Type>, at: &Path) -> Read<Value> {
        let mut fields: BTreeMap<_, _> =
            kinds.keys().map(|name| (name.clone(), Value::Null)).collect();
        for _ in 0..self.map_length(marker, at)? {
            let name = self.key(at)?;
            let at = at.attribute(&name);
            let unknown_name = || ValueError::new(&at, "is not an attribute");
            let field = self.value(kinds.get(&name).ok_or_else(unknown_name)?, &at)?;
            fields.insert(name, field);
        }
        Ok(Value::Map(fields))
    }
}

fn bool(marker: Marker, at: &Path) -> Read<Value> {
    match marker {
        Marker::True => Ok(Value::Bool(true)),
        Marker::False => Ok(Value::Bool(false)),
        _ => Err(ValueError::new(at, "must be a bool")),
    }
}
