//! What a kubeadm cluster should be, what it is, and what to do about the difference.
//!
//! Pure: no file, no network, no clock, no task runtime, and nothing of Terraform's. Everything
//! that acts lives in `operate`; everything here is decided from values alone, so that each
//! decision is a test with tables.

pub mod adoption;
pub mod ca_hash;
pub mod certificates;
pub mod checks;
pub mod cidr;
pub mod documents;
pub mod duration;
pub mod endpoint;
pub mod etcd;
pub mod finding;
pub mod flannel;
pub mod intent;
pub mod leaves;
pub mod membership;
pub mod node;
pub mod observed;
pub mod reach;
pub mod renewal;
pub mod route;
pub mod secret;
pub mod shared;
pub mod static_pod;
pub mod token;
pub mod version;
pub mod yaml;

pub use finding::{Finding, Severity};
pub use secret::Secret;
pub use version::KubernetesVersion;
