//! How members leave the others.

use super::super::api::{Api, ApiState, Bootstrap, NodeState, Readiness};
use super::super::leave::{self, LeaveSituation};
use super::super::member::Peer;
use super::super::{HostState, Role, Step};
use super::etcd_samples::{led_by, member, voters};
use super::tables::{departs, leaving, recorded, refused, silent};
use crate::etcd::{EtcdState, Sight, Vote};
use crate::intent::DrainMode;

fn cluster(others: &[&str]) -> Api {
    let others: Vec<String> = others.iter().map(|name| (*name).to_owned()).collect();
    let machine_id = "m1".to_owned();
    Api::Answering(ApiState {
        ca_hash: "ca1".to_owned(),
        bootstrap: Bootstrap::Finished,
        node: Some(NodeState { machine_id, readiness: Readiness::Ready, control_plane: true }),
        other_nodes: others.clone(),
        other_members: others.clone(),
        serving_members: others,
    })
}

/// The departure of cp1.
fn of_member<'a>(
    host: Result<&'a HostState, &'a str>,
    api: &'a Api,
    etcd: &'a Sight,
) -> LeaveSituation<'a> {
    LeaveSituation { host_name: "cp1", etcd, ..leaving(host, api, Role::ControlPlane) }
}

#[test]
fn a_member_is_drained_and_leaves_etcd_before_it_is_reset() {
    let (host, api) = (recorded(), cluster(&["cp2", "cp3"]));
    let etcd = Sight::Seen(led_by("cp1", voters(&["cp1", "cp2", "cp3"])));
    let ending = [Step::CleanUp, Step::RemovePackages, Step::Disclaim];
    let mut all = vec![Step::MoveLeader, Step::Drain, Step::RemoveMember];
    all.extend([Step::Reset, Step::DeleteNode]);
    all.extend(ending);
    departs(of_member(Ok(&host), &api, &etcd), &all, &[]);
    let follower = Sight::Seen(led_by("cp2", voters(&["cp1", "cp2", "cp3"])));
    departs(of_member(Ok(&host), &api, &follower), all.get(1..).unwrap(), &[]);
    all.insert(0, Step::WithdrawEndpoint);
    let serves = LeaveSituation { serves_endpoint: true, ..of_member(Ok(&host), &api, &etcd) };
    departs(serves, &all, &[]);
}

#[test]
fn a_member_leaves_also_when_its_machine_is_gone() {
    let api = cluster(&["cp2", "cp3"]);
    let mut state = voters(&["cp2", "cp3"]);
    state.members.push(member("cp1", Vote::Voter, false));
    let etcd = Sight::Seen(state);
    let situation = of_member(Err("timed out"), &api, &etcd);
    let steps = [Step::Drain, Step::RemoveMember, Step::DeleteNode];
    departs(situation, &steps, &["PW-HOST-SILENT"]);
    departs(LeaveSituation { serves_endpoint: true, ..situation }, &steps, &["PW-HOST-SILENT"]);
    let gone = Sight::Seen(voters(&["cp2", "cp3"]));
    departs(
        LeaveSituation { etcd: &gone, ..situation },
        &[Step::Drain, Step::DeleteNode],
        &["PW-HOST-SILENT"],
    );
}

/// Made under the same name before the old one went (`create_before_destroy`).
#[test]
fn the_member_of_another_machine_stays() {
    let mut api = cluster(&["cp2", "cp3"]);
    let Api::Answering(state) = &mut api else { unreachable!() };
    state.node.as_mut().unwrap().machine_id = "m2".to_owned();
    let etcd = Sight::Seen(led_by("cp1", voters(&["cp1", "cp2", "cp3"])));
    let other = HostState { machine_id: Some("m2".to_owned()), ..recorded() };
    let gone = LeaveSituation { machine_id: Some("m1"), ..of_member(Ok(&other), &api, &etcd) };
    departs(gone, &[], &["PW-OTHER-NODE", "PW-OTHER-MACHINE"]);
    let silent = LeaveSituation { host: Err("timed out"), ..gone };
    departs(silent, &[], &["PW-OTHER-NODE", "PW-HOST-SILENT"]);
}

#[test]
fn the_last_member_that_serves_stays() {
    let (host, mut api) = (recorded(), cluster(&["cp2"]));
    let Api::Answering(state) = &mut api else { unreachable!() };
    state.serving_members.clear();
    for etcd in [Sight::External, Sight::Seen(voters(&["cp1", "cp2", "cp3"]))] {
        refused(leave::plan(of_member(Ok(&host), &api, &etcd)), "PF-LAST-SERVING");
    }
}

#[test]
fn a_departure_that_takes_the_quorum_is_refused() {
    let (host, api) = (recorded(), cluster(&["cp2", "cp3"]));
    let plan = |etcd: EtcdState| leave::plan(of_member(Ok(&host), &api, &Sight::Seen(etcd)));
    let mut one_down = voters(&["cp1", "cp2"]);
    one_down.members.push(member("cp3", Vote::Voter, false));
    refused(plan(one_down), "PF-ETCD-QUORUM");
    let mut learner = voters(&["cp1", "cp2"]);
    learner.members.push(member("cp3", Vote::Learner, true));
    refused(plan(learner), "PF-ETCD-HALF-MADE");
    let silent = Sight::Silent("refused".to_owned());
    refused(leave::plan(of_member(Ok(&host), &api, &silent)), "PF-ETCD-SILENT");
}

#[test]
fn nobody_leaves_a_control_plane_that_lost_its_majority() {
    let (host, api, etcd) = (recorded(), silent(), Sight::Silent("refused".to_owned()));
    let peers = [Peer { name: "cp2".to_owned(), state: Ok(recorded()) }];
    let situation = LeaveSituation { peers: &peers, ..of_member(Ok(&host), &api, &etcd) };
    refused(leave::plan(situation), "PF-ETCD-LOST");
    // The user's word that nothing of it matters.
    let skip = LeaveSituation { drain: DrainMode::Skip, ..situation };
    assert!(leave::plan(skip).unwrap().steps.contains(&Step::Reset));
}

#[test]
fn the_last_member_goes_with_its_etcd() {
    let (host, api) = (recorded(), cluster(&[]));
    let etcd = Sight::Seen(voters(&["cp1"]));
    let steps = [Step::Reset, Step::CleanUp, Step::RemovePackages, Step::Disclaim];
    departs(of_member(Ok(&host), &api, &etcd), &steps, &[]);
}

#[test]
fn members_of_an_external_etcd_leave_nothing_in_it() {
    let (host, etcd) = (recorded(), Sight::External);
    let others = cluster(&["cp2"]);
    let departure = leave::plan(of_member(Ok(&host), &others, &etcd)).unwrap();
    assert!(!departure.steps.contains(&Step::RemoveMember), "{departure:?}");
    assert!(departure.warnings.is_empty(), "{departure:?}");
    let alone = cluster(&[]);
    let departure = leave::plan(of_member(Ok(&host), &alone, &etcd)).unwrap();
    let warned = departure.warnings.iter().any(|it| it.code == "PW-EXTERNAL-ETCD-DATA");
    assert!(warned, "{departure:?}");
}
