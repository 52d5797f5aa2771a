//! Typed values: what resources work with.

mod decode;
mod dynamic;
mod encode;
mod set;
#[cfg(test)]
mod tests;
mod tf;

use std::fmt::Debug;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

pub(crate) use decode::decode;
pub(crate) use encode::encode;
pub use set::Set;
pub use tf::Tf;

/// A struct that declares an object: its schema, its decoder and its documentation.
///
/// Implemented for all types that have what it needs: derive `Serialize, Deserialize,
/// JsonSchema, Clone, Debug, PartialEq`.
pub trait Model:
    Serialize + DeserializeOwned + JsonSchema + Clone + Debug + PartialEq + Send + Sync + 'static
{
}

impl<T> Model for T where
    T: Serialize
        + DeserializeOwned
        + JsonSchema
        + Clone
        + Debug
        + PartialEq
        + Send
        + Sync
        + 'static
{
}

/// What is kept beside a state, as JSON. Must read what older versions wrote, an empty one being
/// the default.
pub trait Private:
    Serialize + DeserializeOwned + Default + Clone + Debug + Send + Sync + 'static
{
}

impl<T> Private for T where
    T: Serialize + DeserializeOwned + Default + Clone + Debug + Send + Sync + 'static
{
}

/// The identity of resources that have none.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
pub struct NoIdentity {}
