//! What the acceptance tests and the demo share: the lab of real hosts, and a real core run on it.
//!
//! [`Lab`] drives `acceptance/lab/lab`; [`Workspace`] is one directory with a configuration that
//! a real OpenTofu or Terraform plans and applies inside the lab's network. [`Story`] is what a test
//! with a cluster begins and ends with.

mod by_hand;
mod core;
mod etcd;
mod health;
mod kubernetes;
mod lab;
mod leftovers;
mod load_balancer;
mod reservation;
mod scenario;
mod story;
mod tailnet;
mod workspace;

pub use crate::core::{Core, Run, one_line};
pub use crate::etcd::EtcdMember;
pub use crate::health::{BALANCER, require_members, require_no_credentials_left, wait_until_whole};
pub use crate::kubernetes::{Cluster, wait_until};
pub use crate::lab::{Lab, LabHost, Status};
pub use crate::leftovers::Listing;
pub use crate::load_balancer::LoadBalancer;
pub use crate::scenario::{
    Topology, copy_scenario, demo_directory, examples_directory, scenario_workspace,
};
pub use crate::story::Story;
pub use crate::tailnet::Tailnet;
pub use crate::workspace::{Change, Plan, Workspace, signal_group};

use std::path::{Path, PathBuf};

/// Root of the checkout this crate was built from.
#[must_use]
pub fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}
