//! A world of hosts in memory, in place of `operate`: what resources are tested on.

mod made;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use cluster::etcd::EtcdState;
use cluster::flannel::flannel_objects;
use cluster::intent::{ClusterIntent, CniIntent, FlannelIntent, MembershipIntent, NodeReference};
use cluster::membership::Role;
use cluster::node::{NodeIntent, Settings};
use cluster::route::RouteIntent;
use futures::FutureExt as _;
use operate::kubernetes::AdminCredentials;
use operate::membership::{
    ClusterFound, ClusterStatus, CniFound, Departed, HostCertificates, MembershipFound, NodeStatus,
    ObjectState, Presence, SharedFound,
};
use operate::{ErrorKind, OperateError, Reached, RoutesFound, Trial};
use serde_json::Value;
use tfplugin::testing::Harness;

use made::{certified, joined, prepared, routed, tried, uploaded, voting};

use crate::operations::{Answer, NodeReport, Operations, Stop};
use crate::provider::Kubeadm;

/// Hosts by address, and what is known of them.
#[derive(Default)]
pub(crate) struct World {
    machines: Mutex<BTreeMap<String, Machine>>,
    network: Mutex<BTreeMap<String, ObjectState>>,
    shared: Mutex<Option<SharedFound>>,
    calls: Mutex<Vec<String>>,
}

/// One machine.
#[derive(Clone, Default)]
pub(crate) struct Machine {
    pub(crate) id: String,
    /// How it fails, if it does.
    pub(crate) failure: Option<ErrorKind>,
    pub(crate) settings: Settings,
    pub(crate) declaration: Option<Value>,
    /// Its routes: the declaration, and what is kept.
    pub(crate) routes: RoutesFound,
    pub(crate) membership: Option<MembershipFound>,
    /// The cluster it is in the control plane of.
    pub(crate) cluster: Option<ClusterIntent>,
}

impl World {
    /// An empty world.
    pub(crate) fn new() -> Arc<Self> {
        Arc::default()
    }

    /// The provider in this world.
    pub(crate) async fn harness(self: &Arc<Self>, config: &Value) -> Harness<Kubeadm> {
        let world = Arc::clone(self);
        Harness::new(Kubeadm::with(move |_, _| world.clone()), config).await.unwrap()
    }

    /// Changes the machine at an address by hand.
    pub(crate) fn at(&self, address: &str, change: impl FnOnce(&mut Machine)) {
        let mut machines = self.machines.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = || Machine { id: format!("machine-{address}"), ..Machine::default() };
        change(machines.entry(address.to_owned()).or_insert_with(fresh));
    }

    /// Changes the network's objects by hand.
    pub(crate) fn objects(&self, change: impl FnOnce(&mut BTreeMap<String, ObjectState>)) {
        change(&mut self.network.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Changes what members share by hand; there is nothing before the first member.
    pub(crate) fn shared(&self, change: impl FnOnce(&mut Option<SharedFound>)) {
        change(&mut self.shared.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// What was called since the last question.
    pub(crate) fn calls(&self) -> Vec<String> {
        std::mem::take(&mut *self.calls.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn on(
        &self,
        what: &str,
        node: &NodeReference,
        work: impl FnOnce(&mut Machine),
    ) -> Result<Machine, OperateError> {
        let what = format!("{what} {}", node.name);
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).push(what.clone());
        let mut result = None;
        self.at(&node.address, |machine| {
            result = Some(if let Some(kind) = machine.failure {
                Err(OperateError::new(what, kind))
            } else {
                work(machine);
                Ok(machine.clone())
            });
        });
        result.unwrap()
    }

    fn membership(
        &self,
        what: &str,
        intent: &MembershipIntent,
    ) -> Result<MembershipFound, OperateError> {
        let found = joined(intent);
        self.on(what, intent.node(), |machine| {
            machine.membership = Some(found.clone());
            let is_member = intent.role() == Role::ControlPlane;
            machine.cluster = is_member.then(|| intent.cluster().clone());
        })?;
        Ok(found)
    }

    /// What is on the host stays as it is; nobody else's becomes ours.
    fn take_over(&self, intent: &MembershipIntent) -> Result<MembershipFound, OperateError> {
        let machine = self.on("take over", intent.node(), |machine| {
            if let Some(found) = &mut machine.membership {
                found.marked = true;
            }
        })?;
        machine.membership.ok_or_else(|| OperateError::new("take over", ErrorKind::Refused))
    }

    fn found(&self, hosts: &[NodeReference]) -> Result<ClusterFound, OperateError> {
        let mut intent = None;
        for host in hosts {
            intent = self.on("look through", host, |_| ())?.cluster;
        }
        let intent =
            intent.ok_or_else(|| OperateError::new("find the cluster", ErrorKind::Refused))?;
        let intent = ClusterIntent { control_plane_nodes: hosts.to_vec(), ..intent };
        Ok(ClusterFound { intent, ca_hash: "sha256:00".to_owned() })
    }

    fn presence(&self, node: &NodeReference) -> Result<Presence, OperateError> {
        let machine = self.on("look at", node, |_| ())?;
        if node.machine_id.as_ref().is_some_and(|id| *id != machine.id) {
            return Ok(Presence::OtherMachine { machine_id: machine.id });
        }
        let found = machine.membership.map(|found| Presence::Present(Box::new(found)));
        Ok(found.unwrap_or(Presence::Gone))
    }

    fn leave(&self, node: &NodeReference) -> Result<Departed, OperateError> {
        self.on("remove", node, |machine| machine.membership = None)?;
        Ok(Departed::default())
    }
}

fn report(machine: Machine) -> NodeReport {
    NodeReport {
        machine_id: machine.id,
        host_key: Some("ssh-ed25519 AAAA".to_owned()),
        settings: (&machine.settings).into(),
        declaration: machine.declaration,
        ..NodeReport::default()
    }
}

fn done<'a, T: Send + 'a>(result: Result<T, OperateError>) -> Answer<'a, T> {
    std::future::ready(result).boxed()
}

impl Operations for World {
    fn read_node<'a>(&'a self, node: &'a NodeIntent, _: Stop<'a>) -> Answer<'a, NodeReport> {
        done(self.on("look at", &node.node, |_| ()).map(report))
    }

    fn prepare_node<'a>(&'a self, node: &'a NodeIntent, _: Stop<'a>) -> Answer<'a, NodeReport> {
        let machine = self.on("prepare", &node.node, |machine| {
            machine.settings = prepared(node, node.clone());
            machine.declaration.clone_from(&node.declaration);
        });
        done(machine.map(report))
    }

    fn release_node<'a>(&'a self, node: &'a NodeReference, _: Stop<'a>) -> Answer<'a, Departed> {
        let machine = self.on("release", node, |machine| {
            machine.settings = Settings::default();
            machine.declaration = None;
        });
        done(machine.map(|_| Departed::default()))
    }

    fn read_routes<'a>(&'a self, it: &'a RouteIntent, _: Stop<'a>) -> Answer<'a, RoutesFound> {
        done(self.on("look at routes of", &it.node, |_| ()).map(|machine| machine.routes))
    }

    fn keep_routes<'a>(&'a self, it: &'a RouteIntent, _: Stop<'a>) -> Answer<'a, RoutesFound> {
        done(
            self.on("keep routes of", &it.node, |machine| machine.routes = routed(it))
                .map(|machine| machine.routes),
        )
    }

    fn release_routes<'a>(&'a self, node: &'a NodeReference, _: Stop<'a>) -> Answer<'a, ()> {
        let released = self.on("release routes of", node, |machine| {
            machine.routes = RoutesFound::default();
        });
        done(released.map(drop))
    }

    fn reach<'a>(
        &'a self,
        trials: &'a [Trial],
        _: &'a [NodeReference],
        _: Stop<'a>,
    ) -> Answer<'a, Vec<Reached>> {
        done(Ok(trials.iter().map(tried).collect()))
    }

    fn create_membership<'a>(
        &'a self,
        it: &'a MembershipIntent,
        _: Stop<'a>,
    ) -> Answer<'a, MembershipFound> {
        let what = if it.role() == Role::ControlPlane { "init" } else { "join" };
        self.shared(|shared| {
            shared.get_or_insert_with(|| uploaded(it.cluster()));
        });
        done(self.membership(what, it))
    }

    fn read_membership<'a>(
        &'a self,
        it: &'a MembershipIntent,
        _: Stop<'a>,
    ) -> Answer<'a, Presence> {
        done(self.presence(it.node()))
    }

    fn update_membership<'a>(
        &'a self,
        it: &'a MembershipIntent,
        _: Stop<'a>,
    ) -> Answer<'a, MembershipFound> {
        done(self.membership("update", it))
    }

    fn adopt_membership<'a>(
        &'a self,
        it: &'a MembershipIntent,
        _: Stop<'a>,
    ) -> Answer<'a, MembershipFound> {
        done(self.take_over(it))
    }

    fn delete_membership<'a>(
        &'a self,
        it: &'a MembershipIntent,
        _: Stop<'a>,
    ) -> Answer<'a, Departed> {
        done(self.leave(it.node()))
    }

    fn read_shared<'a>(
        &'a self,
        _: &'a ClusterIntent,
        _: Stop<'a>,
    ) -> Answer<'a, Option<SharedFound>> {
        let mut found = None;
        self.shared(|shared| found.clone_from(shared));
        done(Ok(found))
    }

    fn find_cluster<'a>(
        &'a self,
        hosts: &'a [NodeReference],
        _: Stop<'a>,
    ) -> Answer<'a, ClusterFound> {
        done(self.found(hosts))
    }

    fn update_shared<'a>(
        &'a self,
        it: &'a ClusterIntent,
        _: Option<&'a str>,
        _: Stop<'a>,
    ) -> Answer<'a, Option<SharedFound>> {
        for node in &it.control_plane_nodes {
            if let Err(error) = self.on("look through", node, |_| ()) {
                return done(Err(error));
            }
        }
        let mut found = None;
        self.shared(|shared| {
            *shared = shared.take().map(|_| uploaded(it));
            found.clone_from(shared);
        });
        done(Ok(found))
    }

    fn apply_cni<'a>(&'a self, cni: &'a CniIntent, _: Stop<'a>) -> Answer<'a, CniFound> {
        let keys = flannel_objects(cni).unwrap().into_iter().map(|object| object.key());
        let all: BTreeMap<_, _> = keys.map(|key| (key, ObjectState::InSync)).collect();
        self.objects(|objects| objects.clone_from(&all));
        done(Ok(CniFound { objects: all }))
    }

    fn find_flannel<'a>(
        &'a self,
        _: &'a [NodeReference],
        _: Stop<'a>,
    ) -> Answer<'a, Option<FlannelIntent>> {
        let flannel = self.network.lock().unwrap_or_else(PoisonError::into_inner);
        done(Ok((!flannel.is_empty()).then(FlannelIntent::default)))
    }

    fn read_cni<'a>(&'a self, _: &'a CniIntent, _: Stop<'a>) -> Answer<'a, CniFound> {
        let mut found = CniFound::default();
        self.objects(|objects| found.objects.clone_from(objects));
        done(Ok(found))
    }

    fn delete_cni<'a>(&'a self, _: &'a CniIntent, _: Stop<'a>) -> Answer<'a, Departed> {
        self.objects(BTreeMap::clear);
        done(Ok(Departed::default()))
    }

    fn kubeconfig<'a>(
        &'a self,
        ways_in: &'a [NodeReference],
        _: Stop<'a>,
    ) -> Answer<'a, AdminCredentials> {
        let names: Vec<&str> = ways_in.iter().map(|node| node.name.as_str()).collect();
        done(Ok(AdminCredentials {
            server: format!("https://{}:6443", names.join("-")),
            ca_certificate: "ca".to_owned(),
            client_certificate: "certificate".to_owned(),
            client_key: cluster::Secret::new("key"),
            kubeconfig: cluster::Secret::new("whole"),
        }))
    }

    fn certificates<'a>(
        &'a self,
        hosts: &'a [NodeReference],
        _: Stop<'a>,
    ) -> Answer<'a, Vec<HostCertificates>> {
        done(Ok(certified(hosts)))
    }

    fn etcd_state<'a>(
        &'a self,
        _: &'a ClusterIntent,
        ways_in: &'a [NodeReference],
        _: Stop<'a>,
    ) -> Answer<'a, EtcdState> {
        done(Ok(voting(ways_in)))
    }

    fn cluster_status<'a>(
        &'a self,
        _: &'a ClusterIntent,
        ways_in: &'a [NodeReference],
        _: Stop<'a>,
    ) -> Answer<'a, ClusterStatus> {
        let node = |node: &NodeReference| NodeStatus {
            name: node.name.clone(),
            ready: true,
            ..NodeStatus::default()
        };
        let looks = ways_in.iter().map(|way| self.on("look through", way, |_| ()));
        if let Err(error) = looks.collect::<Result<Vec<_>, _>>() {
            return done(Err(error));
        }
        let nodes = ways_in.iter().map(node).collect();
        let components = BTreeMap::from([("etcd".to_owned(), "ok".to_owned())]);
        let endpoint = ways_in.iter().map(|way| (way.name.clone(), None)).collect();
        let api_server_version = "1.35.4".to_owned();
        let failure_tolerance = ways_in.len().checked_sub(1);
        let ready = true;
        let found = ClusterStatus {
            nodes,
            components,
            endpoint,
            api_server_version,
            ready,
            failure_tolerance,
            ..ClusterStatus::default()
        };
        done(Ok(found))
    }
}
