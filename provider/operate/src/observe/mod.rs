//! Looks at a host: one read-only script, one round trip, once a walk.

mod cache;
mod probe;

pub(crate) use cache::Observations;
pub(crate) use probe::Interests;
