//! Ways into a cluster: lists of control plane hosts.
//!
//! A plan keeps the prior list while it still shares two hosts with the new one, or all there are,
//! so that a host more or less in the control plane shows no change on a hundred workers, and any
//! one host of it may fail. It is decided on known addresses alone, since the plan is made again
//! during apply, when more is known. Members themselves always follow the new list: who leaves has
//! to know who stays.

use std::collections::BTreeMap;

use cluster::Finding;
use cluster::checks::{self, ClusterDraft, NodeDraft, Planned};
use cluster::intent::{ClusterIntent, NodeReference, Patches};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tfplugin::Tf;
use tfplugin::attribute::required;

use super::cluster::Endpoint;
use super::{ClusterObject, NodeObject};
use crate::clients::Ports;

/// A member of the control plane: pass the whole `kubeadm_control_plane_member` object.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq, Default)]
pub(crate) struct MemberObject {
    /// The cluster.
    #[schemars(extend("x-tf" = required()))]
    pub(crate) cluster: Tf<ClusterObject>,
    /// The host.
    #[schemars(extend("x-tf" = required()))]
    pub(crate) node: Tf<NodeObject>,
}

/// Ways in that are enough: any one of them may fail.
const ENOUGH: usize = 2;

/// The members through which a cluster is reached.
pub(crate) type ControlPlane = Tf<Vec<MemberObject>>;

/// The cluster that all the members belong to.
pub(crate) fn cluster_of(members: &ControlPlane) -> Option<&ClusterObject> {
    members.known()?.first()?.cluster.known()
}

/// The draft of the cluster that the members belong to, and of the ways in.
pub(crate) fn drafts(
    members: &ControlPlane,
    ports: &Ports,
) -> (ClusterDraft, Planned<Vec<NodeDraft>>) {
    let cluster = cluster_of(members).cloned().unwrap_or_else(ClusterObject::unknown);
    let node = |member: &MemberObject| {
        member.node.known().cloned().unwrap_or_else(NodeObject::unknown).draft(ports)
    };
    let nodes = match members {
        Tf::Null => Planned::Absent,
        Tf::Unknown => Planned::Unknown,
        Tf::Known(members) => Planned::Known(members.iter().map(node).collect()),
    };
    (cluster.draft(ports), nodes)
}

/// The cluster and the ways in, where all of it is known.
pub(crate) fn intents(
    members: &ControlPlane,
    ports: &Ports,
) -> Result<(ClusterIntent, Vec<NodeReference>), Vec<Finding>> {
    let (cluster, _) = drafts(members, ports);
    let id = cluster_of(members).and_then(|cluster| cluster.id.known()).cloned();
    let cluster = checks::cluster_intent(&cluster, &id.unwrap_or_default())?;
    Ok((cluster, ways_in(members, ports)?))
}

/// The hosts of the members, where they are known.
pub(crate) fn ways_in(
    members: &ControlPlane,
    ports: &Ports,
) -> Result<Vec<NodeReference>, Vec<Finding>> {
    let (_, nodes) = drafts(members, ports);
    let nodes = nodes.known().into_iter().flatten();
    let nodes: Result<Vec<_>, Finding> = nodes.map(checks::node_reference).collect();
    nodes.map_err(|finding| vec![finding.below(["control_plane"])])
}

/// The members on `hosts`, of this cluster.
pub(crate) fn through(hosts: Vec<NodeObject>, cluster: &Tf<ClusterObject>) -> ControlPlane {
    let member = |host| MemberObject { cluster: cluster.clone(), node: Tf::Known(host) };
    Tf::Known(hosts.into_iter().map(member).collect())
}

/// The hosts of the members, as they are known.
pub(crate) fn hosts(members: &ControlPlane) -> Vec<NodeObject> {
    nodes_of(members.known().map(Vec::as_slice).unwrap_or_default()).cloned().collect()
}

/// What is wrong with the ways in.
pub(crate) fn check(members: &ControlPlane) -> Option<Finding> {
    let none = members.known().is_some_and(Vec::is_empty);
    none.then(|| {
        Finding::error("PLAN-NO-CONTROL-PLANE", "there is no control plane to go through")
            .at(["control_plane"])
            .because("The list is empty, and the cluster is reached through its members alone")
            .advise("Give the members: values(kubeadm_control_plane_member.this)")
    })
}

/// Keeps the prior members while they lead to the same cluster.
pub(crate) fn keep_members(planned: &mut ControlPlane, prior: Option<&ControlPlane>) {
    let Some(Tf::Known(prior)) = prior else { return };
    if let Tf::Known(members) = planned
        && share(members, prior)
        && same_cluster(members, prior)
    {
        members.clone_from(prior);
    }
}

/// Leaves of a list nothing but the cluster it leads to.
pub(crate) fn forget_ways(members: &mut ControlPlane) {
    if let Tf::Known(members) = members {
        members.truncate(1);
        for member in members {
            member.node = Tf::Null;
            if let Tf::Known(cluster) = &mut member.cluster {
                cluster.control_plane_nodes = Tf::Null;
            }
        }
    }
}

fn nodes_of(members: &[MemberObject]) -> impl Iterator<Item = &NodeObject> + Clone {
    members.iter().filter_map(|member| member.node.known())
}

fn share(members: &[MemberObject], prior: &[MemberObject]) -> bool {
    let is_prior = |node: &&NodeObject| nodes_of(prior).any(|other| node.is_same_way_in(other));
    nodes_of(members).filter(is_prior).count() >= members.len().clamp(1, ENOUGH)
}

/// Whether the clusters are equal in what concerns others than their members.
fn same_cluster(members: &[MemberObject], prior: &[MemberObject]) -> bool {
    let cluster = |members: &[MemberObject]| {
        let cluster = members.first().and_then(|member| member.cluster.known().cloned());
        cluster.map(|cluster| ClusterObject {
            control_plane_nodes: Tf::Null,
            endpoint: cluster.endpoint.map(Endpoint::without_kind),
            etcd: Tf::Null,
            api_server: Tf::Null,
            controller_manager: Tf::Null,
            scheduler: Tf::Null,
            dns: Tf::Null,
            kube_proxy_configuration: Tf::Null,
            feature_gates: Tf::Null,
            encryption_algorithm: Tf::Null,
            certificate_validity_period: Tf::Null,
            ca_certificate_validity_period: Tf::Null,
            renew_before: Tf::Null,
            patches: kubelet_patches(cluster.patches),
            ..cluster
        })
    };
    cluster(members) == cluster(prior)
}

/// The patches that concern a host without a control plane.
fn kubelet_patches(patches: Tf<BTreeMap<String, Tf<String>>>) -> Tf<BTreeMap<String, Tf<String>>> {
    patches.and_then(|mut patches| {
        patches.retain(|name, _| Patches::target(name) == Some(Patches::KUBELET));
        if patches.is_empty() { Tf::Null } else { Tf::Known(patches) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(address: &str) -> NodeObject {
        NodeObject { name: address.into(), address: address.into(), ..NodeObject::default() }
    }

    fn member(address: &str, version: &str) -> MemberObject {
        let cluster = ClusterObject {
            kubernetes_version: version.into(),
            control_plane_nodes: Tf::Known(vec![node(address)]),
            ..ClusterObject::default()
        };
        MemberObject { cluster: Tf::Known(cluster), node: Tf::Known(node(address)) }
    }

    #[track_caller]
    fn check_kept(next: Vec<MemberObject>, prior: Vec<MemberObject>, is_kept: bool) {
        let mut planned = Tf::Known(next.clone());
        keep_members(&mut planned, Some(&Tf::Known(prior.clone())));
        assert_eq!(planned, Tf::Known(if is_kept { prior } else { next }));
    }

    #[test]
    fn members_are_kept_while_they_lead_to_the_same_cluster() {
        let (one, two) = (member("a", "1.35.4"), member("b", "1.35.4"));
        let three = member("c", "1.35.4");
        let all = vec![one.clone(), two.clone(), three.clone()];
        check_kept(all.clone(), vec![one.clone(), two.clone()], true);
        check_kept(vec![one.clone(), two.clone()], all.clone(), true);
        check_kept(vec![two.clone()], all.clone(), true);
        check_kept(vec![one.clone(), two.clone()], vec![one.clone()], false);
        check_kept(all, vec![one.clone()], false);
        check_kept(vec![two], vec![one.clone()], false);
        check_kept(vec![member("a", "1.35.5")], vec![one], false);
    }

    #[test]
    fn an_unknown_address_is_nobodys() {
        let unknown = || member("a", "1.35.4").with(|node| node.address = Tf::Unknown);
        check_kept(vec![unknown()], vec![unknown()], false);
    }

    #[test]
    fn a_rebuilt_host_is_another_way_in() {
        let rebuilt = member("a", "1.35.4").with(|node| node.host_key = "new".into());
        check_kept(vec![rebuilt], vec![member("a", "1.35.4")], false);
    }

    impl MemberObject {
        fn with(mut self, change: impl FnOnce(&mut NodeObject)) -> Self {
            if let Tf::Known(node) = &mut self.node {
                change(node);
            }
            self
        }
    }
}
