//! Models that several resources share.

mod adopted;
mod cluster;
mod component;
pub(crate) mod contacts;
mod draft;
mod node;
mod place;
mod read;
mod registration;
mod served;
mod static_pod;
mod whole;

#[cfg(test)]
pub(crate) use cluster::Keepalived;
pub(crate) use cluster::{ClusterObject, Dns, Endpoint, Etcd, Networking, Packages, Proxy};
pub(crate) use component::{ApiServer, Component};
pub(crate) use contacts::ControlPlane;
pub(crate) use node::NodeObject;
pub(crate) use read::{list, list_map, lists, map, planned, set, strings, text_map};
pub(crate) use registration::{
    Drain, Kubelet, KubernetesPackages, RegistrationParts, Taint, taints_found,
};
pub(crate) use served::ServedEndpoint;
pub(crate) use static_pod::{StaticPods, static_pods};
pub(crate) use whole::{Whole, atoms, whole};
