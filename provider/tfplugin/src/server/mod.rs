//! The plugin server: everything between core and the engine.

mod controller;
mod convert;
mod handshake;
mod listener;
mod logging;
mod plugin;
mod pointer;
mod provider_rpc;
mod reattach;
mod resource_rpc;
mod schema_rpc;
mod serve;
mod service;
mod tls;
mod value_rpc;

pub(crate) use plugin::Plugin;
pub use serve::serve;
