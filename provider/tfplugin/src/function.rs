//! Functions: pure and offline.

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A function of the provider: `provider::kubeadm::name(...)`.
pub trait Function: Send + Sync + 'static {
    /// A struct whose fields are the parameters, in order; their doc comments are the
    /// descriptions. A field marked [`crate::attribute::variadic`] comes last and takes the rest;
    /// one marked [`crate::attribute::optional`] accepts null, all others are required. Core never calls with unknown
    /// arguments, so plain types do. The struct's doc comment describes the function, its first
    /// line being the summary.
    type Arguments: DeserializeOwned + JsonSchema;
    /// The result.
    type Return: Serialize + JsonSchema;
    /// For example `ca_cert_hash`.
    const NAME: &'static str;

    /// Computes the result.
    ///
    /// # Errors
    /// When the arguments make no sense.
    fn call(&self, arguments: Self::Arguments) -> Result<Self::Return, FunctionError>;
}

/// Why a function has no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionError {
    /// Full sentence for the user.
    pub text: String,
    /// Position of the argument to blame, from 0.
    pub argument: Option<usize>,
}

impl FunctionError {
    /// An error of no particular argument.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), argument: None }
    }

    /// The same, blaming an argument by its position from 0.
    #[must_use]
    pub fn argument(self, position: usize) -> Self {
        Self { argument: Some(position), ..self }
    }
}
