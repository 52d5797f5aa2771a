//! The situations that the design names.

use super::super::api::{Api, ApiState, Bootstrap, NodeState, Readiness};
use super::super::leave::{self, LeaveSituation};
use super::super::member::{Peer, Purpose};
use super::super::{Claim, ClusterFiles, Entry, HostState, InitPhases, Refusal, Role, Step};
use super::{Seen, member_plan, member_plan_to, worker_plan, worker_plan_to};
use crate::etcd::Sight;
use crate::intent::DrainMode;

pub(super) const CLEAN: HostState = HostState {
    machine_id: None,
    claim: None,
    ca_hash: None,
    files: NO_FILES,
    kubelet_version: None,
    vouched_ca: None,
    serves_endpoint: false,
};
pub(super) const NO_FILES: ClusterFiles = ClusterFiles {
    kubelet: false,
    bootstrap_kubelet: false,
    admin: false,
    manifests: false,
    etcd_data: false,
};

pub(super) fn silent() -> Api {
    Api::Silent("connection refused".to_owned())
}

pub(super) fn half_initialized() -> HostState {
    HostState {
        claim: Some(Claim::new("ours", Role::ControlPlane, Entry::Init)),
        ca_hash: Some("ca1".to_owned()),
        files: ClusterFiles { manifests: true, admin: true, ..NO_FILES },
        ..CLEAN
    }
}

pub(super) fn api(bootstrap: Bootstrap, node: Option<NodeState>) -> Api {
    Api::Answering(ApiState { ca_hash: "ca1".to_owned(), bootstrap, node, ..ApiState::default() })
}

#[track_caller]
pub(super) fn refused<T: std::fmt::Debug>(plan: Result<T, Refusal>, code: &str) {
    assert_eq!(plan.unwrap_err().code, code);
}

#[test]
fn init_follows_what_an_interrupted_run_left() {
    let phases = |host: &HostState, api: &Api| {
        let steps = member_plan(Seen::beside(host, &[], api)).unwrap();
        steps.into_iter().find_map(|step| match step {
            Step::Initialize(phases) => Some(phases),
            _ => None,
        })
    };
    assert_eq!(phases(&CLEAN, &silent()), Some(InitPhases::All));
    assert_eq!(phases(&half_initialized(), &silent()), Some(InitPhases::AfterPreflight));
    assert_eq!(
        phases(&half_initialized(), &api(Bootstrap::Unfinished, None)),
        Some(InitPhases::AfterStart)
    );
    assert_eq!(phases(&half_initialized(), &api(Bootstrap::Finished, None)), None);
}

pub(super) fn recorded() -> HostState {
    let claim = Claim {
        ca_hash: Some("ca1".to_owned()),
        ..Claim::new("ours", Role::ControlPlane, Entry::Init)
    };
    HostState { claim: Some(claim), machine_id: Some("m1".to_owned()), ..half_initialized() }
}

fn initializes(steps: &[Step]) -> bool {
    steps.iter().any(|step| matches!(step, Step::Initialize(_)))
}

#[test]
fn a_finished_cluster_is_never_initialized_again() {
    for api in [silent(), api(Bootstrap::Unfinished, None), api(Bootstrap::Finished, None)] {
        let created = member_plan(Seen::beside(&recorded(), &[], &api)).unwrap();
        assert!(!initializes(&created) && created.contains(&Step::StartKubelet), "{created:?}");
        for host in [recorded(), half_initialized()] {
            let updated = member_plan_to(Purpose::Update, Seen::beside(&host, &[], &api)).unwrap();
            assert!(!initializes(&updated) && updated.contains(&Step::AwaitApiServer));
        }
    }
    for api in [silent(), api(Bootstrap::Unfinished, None)] {
        refused(member_plan_to(Purpose::Update, Seen::beside(&CLEAN, &[], &api)), "PF-MEMBER-LOST");
        let lost = HostState {
            files: ClusterFiles { kubelet: true, ..NO_FILES },
            ca_hash: None,
            ..recorded()
        };
        refused(member_plan_to(Purpose::Update, Seen::beside(&lost, &[], &api)), "PF-MEMBER-LOST");
        refused(member_plan(Seen::beside(&lost, &[], &api)), "PF-MEMBER-LOST");
    }
}

#[test]
fn a_member_that_somebody_else_made_is_marked_and_left_as_it_is() {
    let unmarked = HostState { claim: None, ca_hash: Some("ca1".to_owned()), ..recorded() };
    let vouched = unmarked.clone().vouched_by(Some("ca1"));
    let api = api(Bootstrap::Finished, None);
    let plan_to = |purpose, host| member_plan_to(purpose, Seen::beside(host, &[], &api));
    for purpose in [Purpose::Create, Purpose::Update, Purpose::Adopt] {
        refused(plan_to(purpose, &unmarked), "PF-FOREIGN-CLUSTER");
    }
    let adopted = plan_to(Purpose::Adopt, &vouched).unwrap();
    let touches = [Step::CertifyNames, Step::RenewControlPlane, Step::ConfigureKubelet];
    assert!(!touches.iter().any(|step| adopted.contains(step)), "{adopted:?}");
    assert!(adopted.contains(&Step::RecordAuthority), "{adopted:?}");
    let changed = plan_to(Purpose::Update, &vouched).unwrap();
    assert!(touches.iter().all(|step| changed.contains(step)), "{changed:?}");
    let at = |wanted| changed.iter().position(|step| *step == wanted).unwrap();
    assert!(at(Step::RecordAuthority) < at(Step::RenewControlPlane), "{changed:?}");
    let silent = member_plan_to(Purpose::Adopt, Seen::beside(&CLEAN, &[], &silent()));
    refused(silent, "PF-MEMBER-LOST");
}

#[test]
fn a_worker_that_somebody_else_made_keeps_its_configuration() {
    let host = HostState {
        machine_id: Some("m1".to_owned()),
        ca_hash: Some("ca1".to_owned()),
        files: ClusterFiles { kubelet: true, ..NO_FILES },
        ..CLEAN
    };
    let node = NodeState { machine_id: "m1".to_owned(), ..NodeState::default() };
    let api = api(Bootstrap::Finished, Some(node));
    let steps = |purpose| worker_plan_to(purpose, &host, &api).unwrap();
    let adopted = steps(Purpose::Adopt);
    assert!(!adopted.contains(&Step::ConfigureKubelet), "{adopted:?}");
    assert!(adopted.contains(&Step::RecordAuthority), "{adopted:?}");
    assert!(steps(Purpose::Update).contains(&Step::ConfigureKubelet));
}

#[test]
fn no_member_is_upgraded_by_the_way() {
    let other = Some("1.34.1-1.1".to_owned());
    for host in [recorded(), half_initialized()] {
        let host = HostState { kubelet_version: other.clone(), ..host };
        for api in [silent(), api(Bootstrap::Unfinished, None), api(Bootstrap::Finished, None)] {
            refused(member_plan(Seen::beside(&host, &[], &api)), "PF-UPGRADE");
            refused(member_plan_to(Purpose::Update, Seen::beside(&host, &[], &api)), "PF-UPGRADE");
        }
    }
}

#[test]
fn members_are_refused() {
    let foreign = HostState { claim: None, ..half_initialized() };
    for api in [silent(), api(Bootstrap::Unfinished, None), api(Bootstrap::Finished, None)] {
        refused(member_plan(Seen::beside(&foreign, &[], &api)), "PF-FOREIGN-CLUSTER");
    }
    let peer = |state| [Peer { name: "cp2".to_owned(), state }];
    refused(member_plan(Seen::beside(&CLEAN, &peer(Ok(foreign)), &silent())), "PF-FOREIGN-CLUSTER");
    refused(
        member_plan(Seen::beside(&CLEAN, &peer(Err("timed out".to_owned())), &silent())),
        "PF-PEER-UNREACHABLE",
    );
    assert!(member_plan(Seen::beside(&CLEAN, &peer(Ok(CLEAN)), &silent())).is_ok());
}

pub(super) fn node(machine_id: &str, readiness: Readiness) -> NodeState {
    NodeState { machine_id: machine_id.to_owned(), readiness, control_plane: false }
}

fn new_worker() -> HostState {
    HostState { machine_id: Some("m1".to_owned()), ..CLEAN }
}

#[test]
fn node_objects_in_the_way_of_a_worker() {
    let plan = |node| worker_plan(&new_worker(), &api(Bootstrap::Finished, node));
    refused(plan(Some(node("m2", Readiness::Ready))), "PF-NODE-EXISTS");
    let failing = Readiness::NotReady("PLEG is not healthy".to_owned());
    refused(plan(Some(node("m2", failing))), "PF-NODE-EXISTS");
    assert!(plan(Some(node("m2", Readiness::Unknown))).unwrap().contains(&Step::DeleteGhost));
    assert!(plan(Some(node("m1", Readiness::Ready))).unwrap().contains(&Step::DeleteGhost));
    assert!(!plan(None).unwrap().contains(&Step::DeleteGhost));
    refused(worker_plan(&new_worker(), &silent()), "PF-NO-CONTROL-PLANE");
}

#[test]
fn half_a_join_is_reset_and_repeated() {
    let claim = Some(Claim::new("ours", Role::Worker, Entry::Join));
    let half = HostState {
        claim,
        files: ClusterFiles { bootstrap_kubelet: true, ..NO_FILES },
        ..new_worker()
    };
    let steps = worker_plan(&half, &api(Bootstrap::Finished, None)).unwrap();
    let order: Vec<_> =
        steps.iter().filter(|step| matches!(step, Step::Reset | Step::Join)).collect();
    assert_eq!(order, [&Step::Reset, &Step::Join]);
    let unclaimed = HostState { claim: None, ..half };
    refused(worker_plan(&unclaimed, &api(Bootstrap::Finished, None)), "PF-FOREIGN-CLUSTER");
}

#[test]
fn a_member_of_another_version_is_not_upgraded_by_the_way() {
    let installed =
        |version: &str| HostState { kubelet_version: Some(version.to_owned()), ..joined_worker() };
    let there = api(Bootstrap::Finished, Some(node("m1", Readiness::Ready)));
    refused(worker_plan(&installed("1.34.1-1.1"), &there), "PF-UPGRADE");
    refused(worker_plan(&installed("1.35.41-1.1"), &there), "PF-UPGRADE");
    assert!(worker_plan(&installed("1.35.4-1.1"), &there).unwrap().contains(&Step::StartKubelet));
}

static SILENT: Sight = Sight::Silent(String::new());

pub(super) fn leaving<'a>(
    host: Result<&'a HostState, &'a str>,
    api: &'a Api,
    role: Role,
) -> LeaveSituation<'a> {
    LeaveSituation {
        cluster_id: "ours",
        host_name: "w1",
        role,
        machine_id: Some("m1"),
        host,
        addresses: &[],
        peers: &[],
        api,
        etcd: if role == Role::Worker { &Sight::External } else { &SILENT },
        drain: DrainMode::Evict,
        serves_endpoint: false,
    }
}

fn joined_worker() -> HostState {
    HostState {
        claim: Some(Claim {
            ca_hash: Some("ca1".to_owned()),
            ..Claim::new("ours", Role::Worker, Entry::Join)
        }),
        ca_hash: Some("ca1".to_owned()),
        files: ClusterFiles { kubelet: true, ..NO_FILES },
        ..new_worker()
    }
}

#[track_caller]
pub(super) fn departs(situation: LeaveSituation<'_>, steps: &[Step], warnings: &[&str]) {
    let departure = leave::plan(situation).unwrap();
    assert_eq!(departure.steps, steps);
    assert_eq!(departure.warnings.iter().map(|warning| warning.code).collect::<Vec<_>>(), warnings);
}

#[test]
fn departures_of_workers() {
    let there = api(Bootstrap::Finished, Some(node("m1", Readiness::Ready)));
    let host_part = [Step::Reset, Step::CleanUp, Step::RemovePackages, Step::Disclaim];
    let mut all = vec![Step::Drain, Step::Reset, Step::DeleteNode];
    all.extend([Step::CleanUp, Step::RemovePackages, Step::Disclaim]);
    let host = joined_worker();
    departs(leaving(Ok(&host), &there, Role::Worker), &all, &[]);
    departs(leaving(Ok(&host), &silent(), Role::Worker), &host_part, &["PW-API-SILENT"]);
    departs(
        leaving(Err("timed out"), &there, Role::Worker),
        &[Step::Drain, Step::DeleteNode],
        &["PW-HOST-SILENT"],
    );
    departs(leaving(Err("timed out"), &silent(), Role::Worker), &[], &["PW-ALL-SILENT"]);
    let silent_kubelet = api(Bootstrap::Finished, Some(node("m1", Readiness::Unknown)));
    departs(
        leaving(Err("timed out"), &silent_kubelet, Role::Worker),
        &[Step::DeleteNode],
        &["PW-HOST-SILENT"],
    );
    let rebuilt = HostState { machine_id: Some("m2".to_owned()), ..CLEAN };
    departs(
        leaving(Ok(&rebuilt), &there, Role::Worker),
        &[Step::Drain, Step::DeleteNode],
        &["PW-OTHER-MACHINE"],
    );
    let replaced = api(Bootstrap::Finished, Some(node("m2", Readiness::Ready)));
    departs(leaving(Ok(&host), &replaced, Role::Worker), &host_part, &["PW-OTHER-NODE"]);
}

#[test]
fn a_silent_api_is_woken_for_whoever_misses_it() {
    let (there, silent, worker, member) =
        (api(Bootstrap::Finished, None), silent(), joined_worker(), recorded());
    assert!(leaving(Ok(&worker), &silent, Role::Worker).misses_api());
    assert!(leaving(Err("timed out"), &silent, Role::Worker).misses_api());
    assert!(!leaving(Ok(&worker), &there, Role::Worker).misses_api());
    assert!(leaving(Ok(&member), &silent, Role::ControlPlane).misses_api());
    let unfinished = HostState { machine_id: Some("m1".to_owned()), ..half_initialized() };
    assert!(!leaving(Ok(&unfinished), &silent, Role::ControlPlane).misses_api());
}

#[test]
fn the_last_member_goes_only_alone() {
    let member = HostState { machine_id: Some("m1".to_owned()), ..half_initialized() };
    let host_part = [Step::Reset, Step::CleanUp, Step::RemovePackages, Step::Disclaim];
    departs(leaving(Ok(&member), &silent(), Role::ControlPlane), &host_part, &[]);
    let unmarked = HostState { claim: None, ..member.clone() };
    let alone = Api::Answering(ApiState { ca_hash: "ca1".to_owned(), ..ApiState::default() });
    let situation = LeaveSituation { ..leaving(Ok(&unmarked), &alone, Role::ControlPlane) };
    departs(situation, &[], &["PW-FOREIGN-CLUSTER"]);
    let crowded =
        Api::Answering(ApiState { other_nodes: vec!["w9".to_owned()], ..ApiState::default() });
    refused(leave::plan(leaving(Ok(&member), &crowded, Role::ControlPlane)), "PF-LAST-MEMBER");
}

#[test]
fn a_silent_api_hides_who_else_is_there() {
    let (api, member) = (silent(), recorded());
    let host_part = [Step::Reset, Step::CleanUp, Step::RemovePackages, Step::Disclaim];
    let situation = leaving(Ok(&member), &api, Role::ControlPlane);
    refused(leave::plan(situation), "PF-API-SILENT");
    departs(LeaveSituation { drain: DrainMode::Skip, ..situation }, &host_part, &[]);
    // A reset that was interrupted after it had wiped the data has nothing left to lose.
    let wiped = HostState { files: ClusterFiles { admin: true, ..NO_FILES }, ..recorded() };
    departs(leaving(Ok(&wiped), &api, Role::ControlPlane), &host_part, &[]);
    departs(leaving(Err("timed out"), &api, Role::ControlPlane), &[], &["PW-HOST-SILENT"]);
    let rebuilt = HostState { machine_id: Some("m2".to_owned()), ..recorded() };
    departs(leaving(Ok(&rebuilt), &api, Role::ControlPlane), &[], &["PW-OTHER-MACHINE"]);
}
