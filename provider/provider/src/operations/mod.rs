//! The seam between what users see and what is done: `operate`, or a double in tests.

mod real;

use cluster::Finding;
use cluster::etcd::EtcdState;
use cluster::intent::{ClusterIntent, CniIntent, FlannelIntent, MembershipIntent, NodeReference};
use cluster::node::NodeIntent;
use cluster::route::RouteIntent;
use futures::future::BoxFuture;
use operate::kubernetes::AdminCredentials;
use operate::membership::{
    ClusterFound, ClusterStatus, CniFound, Departed, HostCertificates, MembershipFound, Presence,
    SharedFound,
};
use operate::{OperateError, Reached, RoutesFound, Trial};
use serde_json::Value;
use tfplugin::CancellationToken;

use crate::node::{Os, Settings};

/// What an operation comes to.
pub(crate) type Answer<'a, T> = BoxFuture<'a, Result<T, OperateError>>;

/// What asks an operation to stop.
pub(crate) type Stop<'a> = &'a CancellationToken;

/// Everything that looks at hosts or changes them.
pub(crate) trait Operations: Send + Sync {
    /// Looks at a host.
    fn read_node<'a>(&'a self, node: &'a NodeIntent, stop: Stop<'a>) -> Answer<'a, NodeReport>;
    /// Makes a host what it should be.
    fn prepare_node<'a>(&'a self, node: &'a NodeIntent, stop: Stop<'a>) -> Answer<'a, NodeReport>;
    /// Undoes what was changed on a host.
    fn release_node<'a>(&'a self, node: &'a NodeReference, stop: Stop<'a>) -> Answer<'a, Departed>;

    /// Looks at a host's routes.
    fn read_routes<'a>(&'a self, it: &'a RouteIntent, stop: Stop<'a>) -> Answer<'a, RoutesFound>;
    /// Gives a host its routes.
    fn keep_routes<'a>(&'a self, it: &'a RouteIntent, stop: Stop<'a>) -> Answer<'a, RoutesFound>;
    /// Puts back what was changed for routes on a host.
    fn release_routes<'a>(&'a self, node: &'a NodeReference, stop: Stop<'a>) -> Answer<'a, ()>;

    /// Tries whether hosts reach each other.
    fn reach<'a>(
        &'a self,
        trials: &'a [Trial],
        between: &'a [NodeReference],
        stop: Stop<'a>,
    ) -> Answer<'a, Vec<Reached>>;

    /// Makes a host a member of its cluster.
    fn create_membership<'a>(
        &'a self,
        intent: &'a MembershipIntent,
        stop: Stop<'a>,
    ) -> Answer<'a, MembershipFound>;
    /// Looks at a membership.
    fn read_membership<'a>(
        &'a self,
        intent: &'a MembershipIntent,
        stop: Stop<'a>,
    ) -> Answer<'a, Presence>;
    /// Makes a membership what it should be.
    fn update_membership<'a>(
        &'a self,
        intent: &'a MembershipIntent,
        stop: Stop<'a>,
    ) -> Answer<'a, MembershipFound>;
    /// Takes over a membership that somebody else made.
    fn adopt_membership<'a>(
        &'a self,
        intent: &'a MembershipIntent,
        stop: Stop<'a>,
    ) -> Answer<'a, MembershipFound>;
    /// Ends a membership.
    fn delete_membership<'a>(
        &'a self,
        intent: &'a MembershipIntent,
        stop: Stop<'a>,
    ) -> Answer<'a, Departed>;

    /// Finds the cluster that control plane hosts are in, whoever made it.
    fn find_cluster<'a>(
        &'a self,
        hosts: &'a [NodeReference],
        stop: Stop<'a>,
    ) -> Answer<'a, ClusterFound>;
    /// Looks at what members share; none while there is no cluster.
    fn read_shared<'a>(
        &'a self,
        cluster: &'a ClusterIntent,
        stop: Stop<'a>,
    ) -> Answer<'a, Option<SharedFound>>;
    /// Makes what members share what it should be; none while there is no cluster. Hosts without our
    /// mark are members when they carry the CA that is vouched for.
    fn update_shared<'a>(
        &'a self,
        cluster: &'a ClusterIntent,
        vouched_ca: Option<&'a str>,
        stop: Stop<'a>,
    ) -> Answer<'a, Option<SharedFound>>;

    /// Makes the pod network what it should be.
    fn apply_cni<'a>(&'a self, cni: &'a CniIntent, stop: Stop<'a>) -> Answer<'a, CniFound>;
    /// Finds the settings of the pod network that a cluster has; none where there is no flannel.
    fn find_flannel<'a>(
        &'a self,
        ways_in: &'a [NodeReference],
        stop: Stop<'a>,
    ) -> Answer<'a, Option<FlannelIntent>>;
    /// Looks at the pod network.
    fn read_cni<'a>(&'a self, cni: &'a CniIntent, stop: Stop<'a>) -> Answer<'a, CniFound>;
    /// Removes the pod network.
    fn delete_cni<'a>(&'a self, cni: &'a CniIntent, stop: Stop<'a>) -> Answer<'a, Departed>;

    /// The administrator's way in.
    fn kubeconfig<'a>(
        &'a self,
        ways_in: &'a [NodeReference],
        stop: Stop<'a>,
    ) -> Answer<'a, AdminCredentials>;
    /// When the certificates of hosts end.
    fn certificates<'a>(
        &'a self,
        hosts: &'a [NodeReference],
        stop: Stop<'a>,
    ) -> Answer<'a, Vec<HostCertificates>>;
    /// How a cluster's etcd is.
    fn etcd_state<'a>(
        &'a self,
        cluster: &'a ClusterIntent,
        ways_in: &'a [NodeReference],
        stop: Stop<'a>,
    ) -> Answer<'a, EtcdState>;
    /// How a cluster is.
    fn cluster_status<'a>(
        &'a self,
        cluster: &'a ClusterIntent,
        ways_in: &'a [NodeReference],
        stop: Stop<'a>,
    ) -> Answer<'a, ClusterStatus>;
}

/// A host as it was found.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct NodeReport {
    /// Content of `/etc/machine-id`.
    pub(crate) machine_id: String,
    /// The host key to pin: none where an authority vouches for it.
    pub(crate) host_key: Option<String>,
    /// Operating system and hardware.
    pub(crate) os: Os,
    /// What is kept, as found.
    pub(crate) settings: Settings,
    /// The arguments it was prepared with last; none when it was never.
    pub(crate) declaration: Option<Value>,
    /// What the user should hear after a preparation.
    pub(crate) warnings: Vec<Finding>,
}
