//! Any situation gives a sound plan or a refusal, and carrying the plan out ends in rest.

mod properties;
mod tables;

use super::api::Api;
use super::member::{self, MemberSituation, Peer, Purpose};
use super::state::HostState;
use super::worker::{self, WorkerSituation};
use super::{Refusal, Step};

fn member_plan(host: &HostState, peers: &[Peer], api: &Api) -> Result<Vec<Step>, Refusal> {
    member_plan_to(Purpose::Create, host, peers, api)
}

fn member_plan_to(
    purpose: Purpose,
    host: &HostState,
    peers: &[Peer],
    api: &Api,
) -> Result<Vec<Step>, Refusal> {
    member::plan(MemberSituation {
        purpose,
        cluster_id: "ours",
        version: "1.35.4",
        host_name: "cp1",
        host,
        peers,
        api,
    })
}

fn worker_plan(host: &HostState, api: &Api) -> Result<Vec<Step>, Refusal> {
    worker::plan(WorkerSituation {
        cluster_id: "ours",
        version: "1.35.4",
        host_name: "w1",
        host,
        api,
    })
}
