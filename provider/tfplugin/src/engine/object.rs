//! A schema together with its type: reads and writes models.

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::model;
use crate::plan::{self, Breach};
use crate::schema::{self, Schema, SchemaError};
use crate::value::{Type, Value, ValueError};
use crate::{Diagnostic, Diagnostics, Path, Private};

/// A schema and the type of its objects.
#[derive(Clone, Debug)]
pub(crate) struct Object {
    pub(crate) schema: Schema,
    pub(crate) kind: Type,
    pub(crate) json_schema: serde_json::Value,
}

/// Reads a model.
pub(crate) fn decode<T: DeserializeOwned>(value: &Value) -> Result<T, Diagnostics> {
    model::decode(value).map_err(|error| Diagnostics::from(Diagnostic::from(error)))
}

impl Object {
    pub(crate) fn of<T: JsonSchema>(name: &str, version: i64) -> Result<Self, SchemaError> {
        let schema = schema::derive::<T>(name, version)?;
        let kind = schema.object_type();
        Ok(Self { schema, kind, json_schema: schema::json_schema::<T>() })
    }

    pub(crate) fn encode<T: Serialize>(&self, model: &T) -> Result<Value, Diagnostics> {
        let value = model::encode(model, &self.kind);
        let value = value.map_err(|error| Diagnostics::from(Diagnostic::from(error)))?;
        Ok(plan::null_write_only(&self.schema.attributes, &value))
    }

    /// Writes a model that came from `original` and was perhaps changed: what was not changed
    /// stays as it is in `original`.
    pub(crate) fn encode_changed<T>(
        &self,
        original: &Value,
        model: &T,
    ) -> Result<Value, Diagnostics>
    where
        T: Serialize + DeserializeOwned,
    {
        let before: T = decode(original)?;
        let before = self.encode(&before)?;
        let after = self.encode(model)?;
        Ok(plan::merge(original, &before, &after, &self.kind))
    }
}

impl From<ValueError> for Diagnostic {
    fn from(error: ValueError) -> Self {
        at(&error.path, &error.message)
    }
}

impl From<Breach> for Diagnostic {
    fn from(breach: Breach) -> Self {
        at(&breach.path, &breach.message)
    }
}

fn at(path: &Path, message: &str) -> Diagnostic {
    let summary = if path.is_root() { message.to_owned() } else { format!("{path}: {message}") };
    Diagnostic::error(summary).at(path.clone())
}

/// A breach of the contract by the provider's own code.
pub(crate) fn bug(breach: Breach) -> Diagnostic {
    Diagnostic::from(breach).detail("This is a bug of the provider, please report it.")
}

/// Private data as it travels; nothing at all for the unit type.
pub(crate) fn private_bytes<T: Private>(private: &T) -> Result<Vec<u8>, Diagnostics> {
    let bytes = serde_json::to_vec(private).map_err(|error| {
        Diagnostic::error(format!("the private data cannot be written: {error}"))
    })?;
    Ok(if bytes == b"null" { Vec::new() } else { bytes })
}

pub(crate) fn private_from<T: Private>(bytes: &[u8]) -> Result<T, Diagnostics> {
    if bytes.is_empty() {
        return Ok(T::default());
    }
    serde_json::from_slice(bytes).map_err(|error| {
        Diagnostic::error(format!("the private data cannot be read: {error}")).into()
    })
}
