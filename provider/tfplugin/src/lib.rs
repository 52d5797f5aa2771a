//! The Terraform plugin protocol 6, as a library.
//!
//! A provider declares each resource once, as a Rust struct; schema, decoder, JSON Schema and
//! documentation come from that declaration. The rules of core's contract (configuration kept,
//! known stays known, the applied object wholly known, the repeated plan equal) are kept by this
//! library, so that a [`Resource`] only says what is particular to it.
//!
//! ```
//! use schemars::JsonSchema;
//! use serde::{Deserialize, Serialize};
//! use tfplugin::attribute::{computed, required};
//! use tfplugin::{
//!     Context, Diagnostics, Failed, NoIdentity, Provider, Read, Resource, Saved, Tf,
//!     Configured, CreateRequest, DeleteRequest, ReadRequest, Registry, UpdateRequest,
//! };
//!
//! struct Shelf;
//!
//! /// Settings of the provider.
//! #[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
//! struct ShelfConfig {
//!     /// Directory the books are kept in.
//!     #[schemars(extend("x-tf" = required()))]
//!     directory: Tf<String>,
//! }
//!
//! impl Provider for Shelf {
//!     type Config = ShelfConfig;
//!     type Data = String;
//!     const NAME: &'static str = "shelf";
//!
//!     async fn configure(&self, config: ShelfConfig) -> Result<Configured<String>, Diagnostics> {
//!         Ok(match config.directory {
//!             Tf::Known(directory) => Configured::Ready(directory),
//!             Tf::Null | Tf::Unknown => Configured::Unknown,
//!         })
//!     }
//!
//!     fn register(registry: &mut Registry<Self>) {
//!         registry.resource(BookResource);
//!     }
//! }
//!
//! /// One book on the shelf. (This text is the description of the resource.)
//! #[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
//! struct Book {
//!     /// Title on the cover.
//!     #[schemars(extend("x-tf" = required().replace()))]
//!     title: Tf<String>,
//!     /// Number of pages. (No mark: optional.)
//!     pages: Tf<u32>,
//!     /// Where it stands.
//!     #[schemars(extend("x-tf" = computed().stable()))]
//!     id: Tf<String>,
//! }
//!
//! struct BookResource;
//!
//! impl Resource for BookResource {
//!     type Provider = Shelf;
//!     type State = Book;
//!     type Private = ();
//!     type Identity = NoIdentity;
//!     const TYPE_NAME: &'static str = "shelf_book";
//!
//!     async fn create(
//!         &self,
//!         _context: &Context<Shelf>,
//!         request: CreateRequest<Self>,
//!     ) -> Result<Saved<Self>, Failed<Self>> {
//!         let mut book = request.planned;
//!         book.id = Tf::Known("shelf-1".to_owned());
//!         Ok(Saved::new(book))
//!     }
//!
//!     async fn read(
//!         &self,
//!         _context: &Context<Shelf>,
//!         request: ReadRequest<Self>,
//!     ) -> Result<Read<Self>, Diagnostics> {
//!         Ok(Read::Keep(Saved::new(request.state)))
//!     }
//!
//!     async fn update(
//!         &self,
//!         _context: &Context<Shelf>,
//!         request: UpdateRequest<Self>,
//!     ) -> Result<Saved<Self>, Failed<Self>> {
//!         Ok(Saved::new(request.planned))
//!     }
//!
//!     async fn delete(
//!         &self,
//!         _context: &Context<Shelf>,
//!         _request: DeleteRequest<Self>,
//!     ) -> Result<(), Failed<Self>> {
//!         Ok(())
//!     }
//! }
//! ```
//!
//! `main` is `tfplugin::serve(Shelf)` and nothing else. [`Catalog`] gives the schemas for the
//! documentation, [`testing`] drives the provider without a core.
//!
//! # Models
//! A model is a struct whose fields are [`Tf`] values. The field's doc comment is the
//! description (Markdown), the struct's is that of the resource. `#[schemars(extend("x-tf" =
//! ...))]` with the builders of [`attribute`] gives mode and flags; a field without it is
//! optional; within a computed object everything is computed; in the arguments of a
//! [`Function`] it is required.
//!
//! | Rust type inside `Tf` | attribute |
//! |---|---|
//! | `String`, enum of unit variants, [`GoDuration`] | string |
//! | integers, floats, [`value::Number`] (exact) | number |
//! | `bool` | bool |
//! | `Vec<T>`, [`Set<T>`] or `BTreeSet<T>`, `BTreeMap<String, T>` | list, set, map |
//! | a struct; `Vec`, `Set`, `BTreeMap` of a struct | nested attribute: single, list, set, map |
//! | `value::Dynamic` | dynamic |
//!
//! Elements may be plain (`Vec<String>`) or `Tf` (`Vec<Tf<String>>`). Where a type has no place
//! for an unknown, the nearest `Tf` around it reads as [`Tf::Unknown`]; nothing is lost by that,
//! since planning works on the whole values and takes from a model only what a hook changed.
//! `#[serde(flatten)]` and `#[serde(untagged)]` are not supported.
//!
//! This crate knows nothing of SSH or Kubernetes and must never write to stdout except for the
//! handshake line.

pub mod attribute;
mod catalog;
mod context;
mod data_source;
mod diagnostic;
mod duration;
mod engine;
mod ephemeral;
mod function;
mod model;
mod path;
mod plan;
mod proto;
mod provider;
mod registry;
mod resource;
pub mod schema;
mod server;
pub mod testing;
pub mod value;

pub use catalog::{Catalog, ResourceSchema};
pub use context::Context;
pub use data_source::DataSource;
pub use diagnostic::{Diagnostic, Diagnostics, Severity};
pub use duration::{GoDuration, ParseDurationError, Timeouts};
pub use ephemeral::{Ephemeral, Opened, Renewed};
pub use function::{Function, FunctionError};
pub use model::{Model, NoIdentity, Private, Set, Tf};
pub use path::{Path, Step};
pub use provider::{Configured, Provider};
pub use registry::Registry;
pub use resource::{
    CreateRequest, DeleteRequest, Failed, Import, Imported, MoveRequest, Plan, PlanRequest, Read,
    ReadRequest, Resource, Saved, UpdateRequest,
};
pub use server::serve;
pub use tokio_util::sync::CancellationToken;
