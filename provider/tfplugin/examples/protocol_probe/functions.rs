//! Functions.

use schemars::JsonSchema;
use serde::Deserialize;
use tfplugin::attribute::{optional, variadic};
use tfplugin::{Function, FunctionError};

/// Joins words.
///
/// Any number of them.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct JoinArguments {
    /// What comes between two words; nothing if null.
    #[schemars(extend("x-tf" = optional()))]
    separator: Option<String>,
    /// The words.
    #[schemars(extend("x-tf" = variadic()))]
    words: Vec<String>,
}

pub(crate) struct Join;

impl Function for Join {
    type Arguments = JoinArguments;
    type Return = String;
    const NAME: &'static str = "join_words";

    fn call(&self, arguments: JoinArguments) -> Result<String, FunctionError> {
        Ok(arguments.words.join(&arguments.separator.unwrap_or_default()))
    }
}

/// Half of an even number.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct HalfArguments {
    /// The number.
    number: i64,
}

pub(crate) struct Half;

impl Function for Half {
    type Arguments = HalfArguments;
    type Return = i64;
    const NAME: &'static str = "half";

    fn call(&self, arguments: HalfArguments) -> Result<i64, FunctionError> {
        if arguments.number % 2 == 0 {
            Ok(arguments.number / 2)
        } else {
            Err(FunctionError::new("an odd number has no whole half").argument(0))
        }
    }
}
