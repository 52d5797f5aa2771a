//! What the user wants, whole and typed: the input of every planner and document.
//!
//! An intent has no unknown parts; what is still unknown while planning is a
//! draft (`checks`), from which only findings are made.

mod arguments;
mod cluster;
mod cni;
mod component;
mod drain;
mod endpoint;
mod etcd;
mod etcd_endpoint;
mod identity;
mod member;
mod membership;
mod networking;
mod node_reference;
mod packages;
mod patches;
mod registration;
#[cfg(test)]
pub(crate) mod samples;
mod taint;
mod worker;

pub use arguments::ExtraArguments;
pub use cluster::{Addon, ClusterIntent, Dns, EncryptionAlgorithm};
pub use cni::{CniIntent, FlannelBackend, FlannelIntent};
pub use component::{ApiServer, Component, ExtraVolume, PathType};
pub use drain::{DrainMode, DrainPolicy};
pub use endpoint::{Endpoint, EndpointKind, HealthGate, Keepalived, KubeVip, Tailscale};
pub use etcd::{EtcdIntent, ExternalEtcd, LocalEtcd};
pub use etcd_endpoint::{EtcdEndpoint, EtcdTransport};
pub use identity::cluster_identity;
pub use member::{CertificateTransfer, MemberIntent};
pub use membership::MembershipIntent;
pub use networking::Networking;
pub use node_reference::NodeReference;
pub use packages::PackageSource;
pub use patches::Patches;
pub use registration::Registration;
pub use taint::{Taint, TaintEffect};
pub use worker::WorkerIntent;
