//! Any situation gives a sound plan or a refusal, and carrying the plan out ends in rest.

mod etcd_samples;
mod joins;
mod leaves;
mod properties;
mod rules;
mod simulated;
mod tables;

use super::api::Api;
use super::member::{self, MemberSituation, Peer, Purpose};
use super::state::HostState;
use super::worker::{self, WorkerSituation};
use super::{Refusal, Step};
use crate::etcd::Sight;

/// A control plane host, and all that is seen of its cluster.
#[derive(Clone, Copy)]
struct Seen<'a> {
    host: &'a HostState,
    peers: &'a [Peer],
    api: &'a Api,
    etcd: &'a Sight,
}

impl<'a> Seen<'a> {
    /// Of a cluster whose etcd is none of its members' affair.
    fn beside(host: &'a HostState, peers: &'a [Peer], api: &'a Api) -> Self {
        Self { host, peers, api, etcd: &Sight::External }
    }
}

fn member_plan(seen: Seen<'_>) -> Result<Vec<Step>, Refusal> {
    member_plan_to(Purpose::Create, seen)
}

fn member_plan_to(purpose: Purpose, seen: Seen<'_>) -> Result<Vec<Step>, Refusal> {
    member::plan(situation(purpose, seen))
}

fn situation(purpose: Purpose, seen: Seen<'_>) -> MemberSituation<'_> {
    let Seen { host, peers, api, etcd } = seen;
    MemberSituation {
        purpose,
        cluster_id: "ours",
        version: "1.35.4",
        host_name: "cp1",
        addresses: &[],
        is_endpoint: false,
        serves_endpoint: false,
        host,
        peers,
        api,
        etcd,
    }
}

fn worker_plan(host: &HostState, api: &Api) -> Result<Vec<Step>, Refusal> {
    worker_plan_to(Purpose::Create, host, api)
}

fn worker_plan_to(purpose: Purpose, host: &HostState, api: &Api) -> Result<Vec<Step>, Refusal> {
    worker::plan(WorkerSituation {
        purpose,
        cluster_id: "ours",
        version: "1.35.4",
        host_name: "w1",
        host,
        api,
    })
}
