//! Drives a provider as core does, without a process and without a network, and holds each
//! answer against core's contract.
//!
//! ```
//! # use schemars::JsonSchema;
//! # use serde::{Deserialize, Serialize};
//! # use tfplugin::*;
//! # #[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
//! # struct Nothing { directory: Tf<String> }
//! # struct Shelf;
//! # impl Provider for Shelf {
//! #     type Config = Nothing;
//! #     type Data = ();
//! #     const NAME: &'static str = "shelf";
//! #     async fn configure(&self, _: Nothing) -> Result<Configured<()>, Diagnostics> {
//! #         Ok(Configured::Ready(()))
//! #     }
//! #     fn register(registry: &mut Registry<Self>) { registry.resource(Book); }
//! # }
//! # struct Book;
//! # impl Resource for Book {
//! #     type Provider = Shelf;
//! #     type State = Nothing;
//! #     type Private = ();
//! #     type Identity = NoIdentity;
//! #     const TYPE_NAME: &'static str = "shelf_book";
//! #     async fn create(&self, _: &Context<Shelf>, request: CreateRequest<Self>)
//! #         -> Result<Saved<Self>, Failed<Self>> { Ok(Saved::new(request.planned)) }
//! #     async fn read(&self, _: &Context<Shelf>, request: ReadRequest<Self>)
//! #         -> Result<Read<Self>, Diagnostics> { Ok(Read::Keep(Saved::new(request.state))) }
//! #     async fn update(&self, _: &Context<Shelf>, request: UpdateRequest<Self>)
//! #         -> Result<Saved<Self>, Failed<Self>> { Ok(Saved::new(request.planned)) }
//! #     async fn delete(&self, _: &Context<Shelf>, _: DeleteRequest<Self>)
//! #         -> Result<(), Failed<Self>> { Ok(()) }
//! # }
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! use serde_json::json;
//! use tfplugin::testing::{Action, Harness, unknown};
//!
//! let harness = Harness::new(Shelf, &json!({})).await.unwrap();
//! let book = harness.resource("shelf_book").unwrap();
//!
//! // A plan with an unknown value, then the apply that knows it.
//! let plan = book.plan(&json!({ "directory": unknown() }), None).await.unwrap();
//! assert_eq!(plan.action, Action::Create);
//! let state = book.apply(&plan, &json!({ "directory": "a" })).await.unwrap();
//!
//! // All at once: plan, apply, read; and the second plan is empty.
//! let state = book.converge(&json!({ "directory": "b" }), Some(&state)).await.unwrap();
//! assert_eq!(state.json()["directory"], "b");
//! book.destroy(&state).await.unwrap();
//! # });
//! ```

mod harness;
mod messages;
mod plan;
mod proposed;
mod random;
mod resource;
mod stored;
mod values;

use crate::Diagnostics;

pub use harness::Harness;
pub use plan::{Action, PlannedChange};
pub use random::{forget, random_config};
pub use resource::{ResourceDriver, State};
pub use values::OpenedEphemeral;

/// Stands for an unknown value in a configuration.
const UNKNOWN: &str = "$tfplugin::unknown";

/// A value in a configuration that is known only after apply.
#[must_use]
pub fn unknown() -> serde_json::Value {
    UNKNOWN.into()
}

/// Why a step failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The provider answered with errors.
    #[error("the provider answered with errors: {diagnostics:?}")]
    Provider {
        /// All it answered, warnings too.
        diagnostics: Diagnostics,
        /// What core would save, if anything.
        saved: Option<Box<State>>,
    },
    /// The provider broke core's contract, or the test asked for something that core would not.
    #[error("{0}")]
    Contract(String),
}

impl Failure {
    /// What the provider answered; none for a broken contract.
    #[must_use]
    pub fn diagnostics(&self) -> Diagnostics {
        match self {
            Self::Provider { diagnostics, .. } => diagnostics.clone(),
            Self::Contract(_) => Diagnostics::new(),
        }
    }

    /// What core would save in spite of the failure.
    #[must_use]
    pub fn saved(&self) -> Option<&State> {
        match self {
            Self::Provider { saved, .. } => saved.as_deref(),
            Self::Contract(_) => None,
        }
    }
}

impl From<Diagnostics> for Failure {
    fn from(diagnostics: Diagnostics) -> Self {
        Self::Provider { diagnostics, saved: None }
    }
}
