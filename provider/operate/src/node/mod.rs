//! Prepares hosts and releases them: carries out what `cluster::node` decided.

mod act;
mod edit;
mod prepare;
mod release;

pub(crate) use release::release_changes;
