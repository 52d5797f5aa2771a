//! Prepares hosts and releases them: carries out what `cluster::node` decided.

mod act;
mod edit;
mod prepare;
mod release;
mod route;

pub(crate) use act::act;
pub(crate) use prepare::sound;
pub(crate) use release::{is_other_machine, put_back, release_changes};
