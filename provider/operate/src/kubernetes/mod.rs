//! The Kubernetes API, reached through an SSH tunnel to a control plane host.
//!
//! The administrator's credentials are read from the host into memory, for one walk, and are never
//! written anywhere.

mod connections;
mod credentials;
mod failure;
mod identity;
#[cfg(test)]
pub(crate) mod mock;
mod tunnel;

pub use credentials::{AdminCredentials, CredentialsError};

pub(crate) use connections::{Connections, Kubernetes, NoWay, answers};
pub(crate) use failure::{api_error, innermost, is_gone, may_pass, passes};
pub(crate) use identity::{Identity, config};
pub(crate) use tunnel::{Target, client_of, plain_client_of};
