//! One machine over one SSH connection.
//!
//! A [`Pool`] hands out [`Host`]s: cheap handles that connect at first use, share one connection
//! per endpoint and reconnect after a loss. A host runs a [`Command`], reads, writes and removes
//! files, opens tunnels, and keeps long commands as transient systemd [`Unit`]s that outlive a
//! lost connection.
//!
//! This crate knows neither Terraform nor Kubernetes. It never repeats a command whose fate is
//! unknown: a lost connection is an error, and the caller looks again. It never accepts a host
//! key that changed, and it never puts a secret into an argument.

mod command;
mod connection;
mod elevated;
mod endpoint;
mod error;
mod file;
mod host;
mod host_keys;
mod lock;
mod output;
mod path;
mod pool;
mod profile;
mod secret;
mod shell;
mod unit;

#[cfg(feature = "fake")]
pub mod fake;

pub use command::Command;
pub use connection::Tunnel;
pub use endpoint::{Endpoint, Target};
pub use error::{CredentialsProblem, HostError, HostKeyProblem, SudoProblem, UnreachableReason};
pub use file::{FileWrite, UNFINISHED};
pub use host::{Host, LearnedKey, Trust};
pub use output::{CommandFailed, ExitStatus, Output};
pub use pool::Pool;
pub use profile::{Agent, Credentials, HostKeyMode, HostKeyPolicy, Jump, Profile, Sudo};
pub use secret::Secret;
pub use unit::{Start, Unit, UnitStatus};
