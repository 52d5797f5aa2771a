//! Everything that can be said about a configuration without asking a host: the `PLAN-*` checks.
//!
//! Input is a draft: what the user wrote, with parts still unknown while planning. A check says
//! something only about what is known, so that it never speaks up for a value that turns out
//! fine. Each draft also becomes an intent once all of it is known; both go through the same
//! parsers, so that what passes the checks can be built.

mod addresses;
mod arguments;
mod cluster;
mod cni;
mod component_configuration;
mod credentials;
mod draft;
mod endpoint;
mod etcd;
mod immutability;
mod keepalived;
mod kube_vip;
mod lease;
mod member;
mod metadata;
mod names;
mod network;
mod nodes;
mod parse;
mod paths;
mod planned;
mod reconfiguration;
mod registration;
mod route;
mod settings;
mod tailscale;
#[cfg(test)]
mod tests;
mod version;
mod virtual_address;

pub use addresses::check_address_overlap;
pub use cluster::check_cluster;
pub use cni::{check_cni, check_pod_subnet_found};
pub use credentials::{check_ca_hash, check_token};
pub use draft::{
    ClusterDraft, DrainDraft, EndpointDraft, EndpointKindDraft, EtcdDraft, ExternalEtcdDraft,
    KeepalivedDraft, KubeVipDraft, MemberDraft, NetworkingDraft, NodeDraft, RegistrationDraft,
    TailscaleDraft, TaintDraft, VirtualAddressDraft, WorkerDraft,
};
pub use immutability::changes;
pub use member::{check_member, check_worker};
pub use names::{
    is_dns_label, is_dns_subdomain, label_value_error, node_name_error, qualified_name_error,
};
pub use nodes::check_node;
pub use parse::{
    cluster_intent, cluster_settings, member_intent, node_reference, registration, worker_intent,
};
pub use planned::Planned;
pub use reconfiguration::reconfigurations;
pub use route::{
    RoutesDraft, StaticRouteDraft, check_routes, check_routes_in_cluster, networks, static_route,
};
pub(crate) use settings::check_packages;
pub use version::{
    check_runtime_age, check_version_change, kubelet_skew, parse_kubernetes_version,
};
