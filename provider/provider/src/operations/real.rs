//! The operations on real hosts.

use cluster::Severity;
use cluster::etcd::EtcdState;
use cluster::intent::{ClusterIntent, CniIntent, FlannelIntent, MembershipIntent, NodeReference};
use cluster::node::{self, NodeIntent, preflight, shadowed_settings};
use cluster::observed::{Fact, Observed, OperatingSystem};
use cluster::route::RouteIntent;
use futures::FutureExt as _;
use operate::kubernetes::AdminCredentials;
use operate::membership::{
    ClusterFound, ClusterStatus, CniFound, Departed, HostCertificates, MembershipFound, Presence,
    SharedFound,
};
use operate::ssh::Trust;
use operate::{ErrorKind, OperateError, Operator, Reached, RoutesFound, Trial};
use tfplugin::Tf;

use super::{Answer, NodeReport, Operations, Stop};
use crate::node::Os;

impl Operations for Operator {
    fn read_node<'a>(&'a self, node: &'a NodeIntent, stop: Stop<'a>) -> Answer<'a, NodeReport> {
        async move {
            let observed = self.looking().read_node(node, stop).await?;
            let warnings = shadowed_settings(node, &observed);
            Ok(NodeReport { warnings, ..report(self, node, &observed)? })
        }
        .boxed()
    }

    fn prepare_node<'a>(&'a self, node: &'a NodeIntent, stop: Stop<'a>) -> Answer<'a, NodeReport> {
        async move {
            let observed = Operator::prepare_node(self, node, stop).await?;
            let mut warnings = preflight(node, &observed);
            warnings.retain(|finding| finding.severity == Severity::Warning);
            Ok(NodeReport { warnings, ..report(self, node, &observed)? })
        }
        .boxed()
    }

    fn release_node<'a>(&'a self, node: &'a NodeReference, stop: Stop<'a>) -> Answer<'a, Departed> {
        Operator::release_node(self, node, stop).boxed()
    }

    fn read_routes<'a>(&'a self, it: &'a RouteIntent, stop: Stop<'a>) -> Answer<'a, RoutesFound> {
        async move { self.looking().read_routes(it, stop).await }.boxed()
    }

    fn keep_routes<'a>(&'a self, it: &'a RouteIntent, stop: Stop<'a>) -> Answer<'a, RoutesFound> {
        Operator::keep_routes(self, it, stop).boxed()
    }

    fn release_routes<'a>(&'a self, node: &'a NodeReference, stop: Stop<'a>) -> Answer<'a, ()> {
        Operator::release_routes(self, node, stop).boxed()
    }

    fn reach<'a>(
        &'a self,
        trials: &'a [Trial],
        between: &'a [NodeReference],
        stop: Stop<'a>,
    ) -> Answer<'a, Vec<Reached>> {
        async move { self.looking().reach(trials, between, stop).await }.boxed()
    }

    fn create_membership<'a>(
        &'a self,
        intent: &'a MembershipIntent,
        stop: Stop<'a>,
    ) -> Answer<'a, MembershipFound> {
        Operator::create_membership(self, intent, stop).boxed()
    }

    fn read_membership<'a>(
        &'a self,
        intent: &'a MembershipIntent,
        stop: Stop<'a>,
    ) -> Answer<'a, Presence> {
        async move { self.looking().read_membership(intent, stop).await }.boxed()
    }

    fn update_membership<'a>(
        &'a self,
        intent: &'a MembershipIntent,
        stop: Stop<'a>,
    ) -> Answer<'a, MembershipFound> {
        Operator::update_membership(self, intent, stop).boxed()
    }

    fn adopt_membership<'a>(
        &'a self,
        intent: &'a MembershipIntent,
        stop: Stop<'a>,
    ) -> Answer<'a, MembershipFound> {
        Operator::adopt_membership(self, intent, stop).boxed()
    }

    fn delete_membership<'a>(
        &'a self,
        intent: &'a MembershipIntent,
        stop: Stop<'a>,
    ) -> Answer<'a, Departed> {
        Operator::delete_membership(self, intent, stop).boxed()
    }

    fn find_cluster<'a>(
        &'a self,
        hosts: &'a [NodeReference],
        stop: Stop<'a>,
    ) -> Answer<'a, ClusterFound> {
        async move { self.looking().find_cluster(hosts, stop).await }.boxed()
    }

    fn read_shared<'a>(
        &'a self,
        cluster: &'a ClusterIntent,
        stop: Stop<'a>,
    ) -> Answer<'a, Option<SharedFound>> {
        async move { self.looking().read_shared(cluster, stop).await }.boxed()
    }

    fn update_shared<'a>(
        &'a self,
        cluster: &'a ClusterIntent,
        vouched_ca: Option<&'a str>,
        stop: Stop<'a>,
    ) -> Answer<'a, Option<SharedFound>> {
        Operator::update_shared(self, cluster, vouched_ca, stop).boxed()
    }

    fn apply_cni<'a>(&'a self, cni: &'a CniIntent, stop: Stop<'a>) -> Answer<'a, CniFound> {
        Operator::apply_cni(self, cni, stop).boxed()
    }

    fn find_flannel<'a>(
        &'a self,
        ways_in: &'a [NodeReference],
        stop: Stop<'a>,
    ) -> Answer<'a, Option<FlannelIntent>> {
        async move { self.looking().find_flannel(ways_in, stop).await }.boxed()
    }

    fn read_cni<'a>(&'a self, cni: &'a CniIntent, stop: Stop<'a>) -> Answer<'a, CniFound> {
        async move { self.looking().read_cni(cni, stop).await }.boxed()
    }

    fn delete_cni<'a>(&'a self, cni: &'a CniIntent, stop: Stop<'a>) -> Answer<'a, Departed> {
        Operator::delete_cni(self, cni, stop).boxed()
    }

    fn kubeconfig<'a>(
        &'a self,
        ways_in: &'a [NodeReference],
        stop: Stop<'a>,
    ) -> Answer<'a, AdminCredentials> {
        async move { self.looking().kubeconfig(ways_in, stop).await }.boxed()
    }

    fn certificates<'a>(
        &'a self,
        hosts: &'a [NodeReference],
        stop: Stop<'a>,
    ) -> Answer<'a, Vec<HostCertificates>> {
        async move { self.looking().certificates(hosts, stop).await }.boxed()
    }

    fn etcd_state<'a>(
        &'a self,
        cluster: &'a ClusterIntent,
        ways_in: &'a [NodeReference],
        stop: Stop<'a>,
    ) -> Answer<'a, EtcdState> {
        async move { self.looking().etcd_state(cluster, ways_in, stop).await }.boxed()
    }

    fn cluster_status<'a>(
        &'a self,
        cluster: &'a ClusterIntent,
        ways_in: &'a [NodeReference],
        stop: Stop<'a>,
    ) -> Answer<'a, ClusterStatus> {
        async move { self.looking().cluster_status(cluster, ways_in, stop).await }.boxed()
    }
}

fn report(
    operator: &Operator,
    node: &NodeIntent,
    observed: &Observed,
) -> Result<NodeReport, OperateError> {
    let learned = operator.host_key(&node.node)?;
    let record = observed.record.known();
    Ok(NodeReport {
        machine_id: machine_id(node, observed)?,
        host_key: learned.filter(|key| key.trust != Trust::Authority).map(|key| key.key),
        os: os(observed),
        settings: (&node::Settings::found(node, observed)).into(),
        declaration: record.and_then(|record| record.declaration.clone()),
        warnings: Vec::new(),
    })
}

fn machine_id(node: &NodeIntent, observed: &Observed) -> Result<String, OperateError> {
    observed.system.machine_id.known().cloned().ok_or_else(|| {
        let what = format!("tell which machine host {} is", node.node.name);
        OperateError::new(what, ErrorKind::Malformed)
            .note("/etc/machine-id is missing or cannot be read")
            .advise("run systemd-machine-id-setup on the host, then apply again")
    })
}

fn os(observed: &Observed) -> Os {
    let system = &observed.system;
    let of = |pick: fn(&OperatingSystem) -> &String| match system.os.known().map(pick) {
        Some(text) if !text.is_empty() => Tf::Known(text.clone()),
        _ => Tf::Null,
    };
    Os {
        id: of(|os| &os.id),
        version_id: of(|os| &os.version_id),
        name: of(|os| &os.name),
        kernel: fact(&system.kernel),
        architecture: fact(&system.architecture),
        cpus: fact(&system.cpus),
        memory_mib: fact(&system.memory_mib),
    }
}

fn fact<T: Clone>(fact: &Fact<T>) -> Tf<T> {
    fact.known().cloned().into()
}
