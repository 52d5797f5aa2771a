//! What the server does for each call, on untyped values: decodes, keeps core's contract, calls
//! the typed trait, and turns panics into messages.

mod apply;
mod change;
mod data_source;
mod ephemeral;
mod function;
mod guard;
mod import;
mod object;
mod read;
mod resource;
mod upgrade;

pub(crate) use data_source::{AnyDataSource, DataSourceEntry};
pub(crate) use ephemeral::{AnyEphemeral, EphemeralEntry};
pub(crate) use function::{AnyFunction, FunctionEntry};
pub(crate) use guard::{guard, guard_sync, install_panic_hook};
pub(crate) use object::{Object, decode};
pub(crate) use resource::{
    AnyResource, ApplyInput, ImportInput, Outcome, PlanInput, PlanOutput, ResourceEntry,
};
