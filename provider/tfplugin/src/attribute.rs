//! Marks that give a model's field its meaning as an attribute.
//!
//! Used in `#[schemars(extend("x-tf" = required().replace()))]`.

use serde::{Deserialize, Serialize};

/// Who gives the attribute its value.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, Default)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// The configuration must.
    Required,
    /// The configuration may; null otherwise.
    #[default]
    Optional,
    /// The provider does.
    Computed,
    /// The configuration may; the provider does otherwise.
    OptionalComputed,
}

/// The mark of one attribute. Made by [`required`], [`optional`], [`computed`],
/// [`optional_computed`] or [`variadic`].
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each flag is one of the protocol's")]
pub struct Mark {
    /// Who gives the value.
    pub mode: Mode,
    /// Hidden in core's output.
    #[serde(default, skip_serializing_if = "is_false")]
    pub sensitive: bool,
    /// Given by the configuration at apply, never in plan or state.
    #[serde(default, skip_serializing_if = "is_false")]
    pub write_only: bool,
    /// A change makes a new object.
    #[serde(default, skip_serializing_if = "is_false")]
    pub replace: bool,
    /// A computed value that updates never change.
    #[serde(default, skip_serializing_if = "is_false")]
    pub stable: bool,
    /// Something that only the next operations look at.
    #[serde(default, skip_serializing_if = "is_false")]
    pub quiet: bool,
    /// Last parameter of a function, which takes the remaining arguments.
    #[serde(default, skip_serializing_if = "is_false")]
    pub variadic: bool,
    /// Value when the configuration gives none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<serde_json::Value>,
    /// Deprecated, and what to use in its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deprecated: Option<String>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde's skip_serializing_if passes a reference"
)]
fn is_false(flag: &bool) -> bool {
    !flag
}

/// The configuration must give it.
#[must_use]
pub fn required() -> Mark {
    Mark::of(Mode::Required)
}

/// The configuration may give it.
#[must_use]
pub fn optional() -> Mark {
    Mark::of(Mode::Optional)
}

/// The provider gives it.
#[must_use]
pub fn computed() -> Mark {
    Mark::of(Mode::Computed)
}

/// The configuration may give it, and the provider does otherwise.
#[must_use]
pub fn optional_computed() -> Mark {
    Mark::of(Mode::OptionalComputed)
}

/// The last parameter of a function, a `Vec` of the remaining arguments.
#[must_use]
pub fn variadic() -> Mark {
    Mark { variadic: true, ..Mark::of(Mode::Required) }
}

impl Mark {
    fn of(mode: Mode) -> Self {
        Self { mode, ..Default::default() }
    }

    /// Core hides the value in its output.
    #[must_use]
    pub fn sensitive(self) -> Self {
        Self { sensitive: true, ..self }
    }

    /// The value is given to create and update in their `config` only: plan and state hold null.
    #[must_use]
    pub fn write_only(self) -> Self {
        Self { write_only: true, ..self }
    }

    /// A change of the value makes a new object.
    #[must_use]
    pub fn replace(self) -> Self {
        Self { replace: true, ..self }
    }

    /// The computed value outlives updates. Without this mark it is unknown in a plan that
    /// changes anything.
    #[must_use]
    pub fn stable(self) -> Self {
        Self { stable: true, ..self }
    }

    /// A change of the value alone changes nothing that the provider computes: those values stay
    /// known in the plan. For `timeouts` and the like.
    #[must_use]
    pub fn quiet(self) -> Self {
        Self { quiet: true, ..self }
    }

    /// The value when the configuration gives none. Implies that the attribute is also computed
    /// as far as core is concerned.
    ///
    /// Something that cannot be written as JSON is no default; the schema test says so.
    #[must_use]
    pub fn default(self, value: impl Serialize) -> Self {
        Self { default: serde_json::to_value(value).ok(), ..self }
    }

    /// The attribute is deprecated; the message says what to use in its place.
    #[must_use]
    pub fn deprecated(self, message: &str) -> Self {
        Self { deprecated: Some(message.to_owned()), ..self }
    }
}
