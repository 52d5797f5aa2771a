//! The provider `kubeadm`: what users see.
//!
//! Each resource declares its attributes as a model, turns it into an intent of `cluster`, and
//! lets `operate` look and act. What is decided is decided in `cluster`; what is said to the user
//! is said by [`explain`] alone. Nothing here writes to standard output: that belongs to the
//! handshake.

mod adoption;
mod certificates;
mod clients;
mod cluster_resource;
mod cni;
#[cfg(test)]
mod double;
mod etcd;
mod explain;
mod functions;
mod kubeconfig;
mod member;
mod membership;
mod model;
mod node;
mod operations;
mod provider;
mod reachability;
mod route;
#[cfg(test)]
mod samples;
mod seen;
mod ssh;
#[cfg(test)]
mod states;
mod status;
mod tailscale_api;
mod within;
mod worker;

pub use crate::provider::Kubeadm;
