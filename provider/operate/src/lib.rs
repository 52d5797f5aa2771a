//! Looks at hosts and carries out what `cluster` decided: the only crate that sees both.
//!
//! [`Operator`] is what the provider calls. Every method observes first, lets a pure planner of
//! `cluster` decide, carries the steps out one by one and looks again after each: an exit status
//! proves nothing. What fails is an [`OperateError`], which carries everything there is to say.

mod error;
mod etcd;
mod observe;
mod operator;
mod reach;
mod record_file;
mod route;
mod site;
mod step;

pub mod kubernetes;
pub mod membership;
pub mod node;
pub mod packages;
pub mod runtime;

pub use error::{Cause, CommandReport, Details, ErrorKind, HostLabel, OperateError, StepPosition};
pub use membership::{ControlServer, TailscaleApi};
pub use operator::{Operator, Profiles};
pub use reach::{Reached, Trial};
pub use route::RoutesFound;

/// What says how to log in to hosts: passed through, so that the provider need not know `host`.
pub mod ssh {
    pub use host::{
        Agent, Credentials, Endpoint, HostKeyMode, HostKeyPolicy, Jump, LearnedKey, Profile,
        Secret, Sudo, Trust,
    };
}
