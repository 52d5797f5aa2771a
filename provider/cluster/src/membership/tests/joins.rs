//! How members join the others.

use super::super::api::{Api, ApiState, Bootstrap, NodeState, Readiness};
use super::super::member::{MemberSituation, PREPARATION, Peer, Purpose, plan};
use super::super::{
    Claim, ClusterFiles, Entry, HostState, InitPhases, Lasting, Role, Serving, Step, after_turn,
};
use super::etcd_samples::{member, voters};
use super::tables::{CLEAN, NO_FILES, half_initialized, refused, silent};
use super::{Seen, member_plan, member_plan_to, situation};
use crate::etcd::{EtcdState, Sight, Vote};

fn peers(state: HostState) -> [Peer; 1] {
    [Peer { name: "cp2".to_owned(), state: Ok(state) }]
}

fn member_state() -> HostState {
    let claim = half_initialized().claim.unwrap();
    let claim = Claim { ca_hash: Some("ca1".to_owned()), ..claim };
    HostState { claim: Some(claim), ..half_initialized() }
}

fn cluster(node: impl Into<Option<NodeState>>) -> Api {
    Api::Answering(ApiState {
        ca_hash: "ca1".to_owned(),
        bootstrap: Bootstrap::Finished,
        node: node.into(),
        other_nodes: vec!["cp2".to_owned()],
        other_members: vec!["cp2".to_owned()],
        serving_members: vec!["cp2".to_owned()],
    })
}

fn node(machine_id: &str, control_plane: bool, readiness: Readiness) -> NodeState {
    NodeState { machine_id: machine_id.to_owned(), readiness, control_plane }
}

fn host(entry: Entry, files: ClusterFiles) -> HostState {
    HostState {
        machine_id: Some("m1".to_owned()),
        claim: Some(Claim::new("ours", Role::ControlPlane, entry)),
        files,
        ..CLEAN
    }
}

const JOINED: ClusterFiles =
    ClusterFiles { kubelet: true, admin: true, manifests: true, etcd_data: true, ..NO_FILES };

fn steps(host: &HostState, api: &Api, etcd: &EtcdState) -> Vec<Step> {
    let (peers, etcd) = (peers(member_state()), Sight::Seen(etcd.clone()));
    member_plan(Seen { host, peers: &peers, api, etcd: &etcd }).unwrap()
}

fn of(steps: &[Step], wanted: &[Step]) -> Vec<Step> {
    steps.iter().copied().filter(|step| wanted.contains(step)).collect()
}

#[test]
fn whoever_finds_a_cluster_joins_it() {
    let plan = steps(&CLEAN, &cluster(None), &voters(&["cp2"]));
    let expected = [
        Step::Claim(Entry::Join),
        Step::InstallPackages,
        Step::PullImages,
        Step::AdmitMember,
        Step::Join,
        Step::AwaitVoter,
        Step::AwaitApiServer,
    ];
    assert_eq!(plan.get(..7), Some(&expected[..]));
}

/// What is done before the turn touches nothing that others see, and is what a join begins with.
#[test]
fn preparation_is_the_hosts_own_affair() {
    let plan = steps(&CLEAN, &cluster(None), &voters(&["cp2"]));
    let prepared: Vec<Step> = plan.iter().copied().take_while(|step| step.prepares()).collect();
    assert_eq!(prepared, PREPARATION.into_iter().filter(|it| it.prepares()).collect::<Vec<_>>());
    assert!(!prepared.iter().any(|step| step.is_shared()), "{prepared:?}");
    let etcd = [Step::AdmitMember, Step::Join];
    assert!(etcd.iter().all(|step| step.is_shared() && plan.contains(step)));
}

/// The next may come once etcd and the API server have the member; its node may still be on its way.
#[test]
fn what_is_left_after_the_turn_is_the_hosts_own_affair() {
    let own = [Step::AwaitRegistration, Step::ApplyMetadata, Step::AwaitReady];
    let joins = steps(&CLEAN, &cluster(None), &voters(&["cp2"]));
    assert_eq!(after_turn(&joins), own);
    let begins = member_plan(Seen::beside(&CLEAN, &[], &silent())).unwrap();
    assert_eq!(after_turn(&begins), own);
    assert_eq!(after_turn(&PREPARATION[..3]), &PREPARATION[..3], "nothing in it needs a turn");
}

#[test]
fn a_join_that_was_interrupted_is_cleared_and_repeated() {
    let half = host(Entry::Join, ClusterFiles { manifests: true, etcd_data: true, ..NO_FILES });
    let mut etcd = voters(&["cp2"]);
    etcd.members.push(member("cp1", Vote::Learner, true));
    let order = [Step::AdmitMember, Step::Reset, Step::Join, Step::AwaitVoter];
    assert_eq!(of(&steps(&half, &cluster(None), &etcd), &order), order);
    let ghost = cluster(node("m1", false, Readiness::Unknown));
    let order = [Step::Reset, Step::DeleteGhost, Step::Join];
    assert_eq!(of(&steps(&half, &ghost, &etcd), &order), order);
}

/// Its API server ended with its etcd, so that only the others tell of it.
#[test]
fn a_member_that_etcd_goes_on_without_joins_anew() {
    let member = HostState { files: JOINED, machine_id: Some("m1".to_owned()), ..member_state() };
    let there = cluster(node("m1", true, Readiness::Unknown));
    let order = [Step::AdmitMember, Step::Reset, Step::DeleteGhost, Step::Join, Step::AwaitVoter];
    for purpose in [Purpose::Create, Purpose::Update] {
        let plan = |etcd: &Sight| {
            let peers = peers(member_state());
            member_plan_to(purpose, Seen { host: &member, peers: &peers, api: &there, etcd })
        };
        let lost = plan(&Sight::Seen(voters(&["cp2", "cp3"]))).unwrap();
        assert_eq!(of(&lost, &order), order, "{purpose:?}");
        for etcd in [Sight::Seen(voters(&["cp1", "cp2"])), Sight::Silent("refused".to_owned())] {
            assert!(!plan(&etcd).unwrap().contains(&Step::Reset), "{purpose:?} {etcd:?}");
        }
        let reports = cluster(node("m1", true, Readiness::Ready));
        let claim = Claim::new("other", Role::ControlPlane, Entry::Init);
        let foreign = HostState { claim: Some(claim), ..member_state() };
        let doubtful =
            [(&reports, peers(member_state())), (&there, peers(foreign)), (&there, peers(CLEAN))];
        for (api, peers) in doubtful {
            let etcd = &Sight::Seen(voters(&["cp2", "cp3"]));
            let kept = member_plan_to(purpose, Seen { host: &member, peers: &peers, api, etcd });
            assert!(!kept.unwrap().contains(&Step::Reset), "{purpose:?} {api:?} {peers:?}");
        }
    }
}

/// It would be reset, and then find nobody at the endpoint.
#[test]
fn the_host_that_is_the_endpoint_joins_nobody() {
    let etcd = Sight::Seen(voters(&["cp2", "cp3"]));
    let (peers, api) = (peers(member_state()), cluster(node("m1", true, Readiness::Unknown)));
    let lost = HostState { files: JOINED, machine_id: Some("m1".to_owned()), ..member_state() };
    for host in [&lost, &CLEAN, &host(Entry::Join, JOINED)] {
        let seen = Seen { host, peers: &peers, api: &api, etcd: &etcd };
        let endpoint = MemberSituation { is_endpoint: true, ..situation(Purpose::Create, seen) };
        refused(plan(endpoint), "PF-OWN-ENDPOINT");
    }
    let serves = Sight::Seen(voters(&["cp1", "cp2"]));
    let seen = Seen { host: &lost, peers: &peers, api: &api, etcd: &serves };
    let kept = plan(MemberSituation { is_endpoint: true, ..situation(Purpose::Update, seen) });
    assert!(!kept.unwrap().contains(&Step::Join));
}

/// kubeadm goes by the endpoint: whoever begins serves it before, whoever joins only afterwards.
#[test]
fn the_endpoint_leads_to_a_host_when_it_can_serve() {
    let etcd = Sight::Seen(voters(&["cp2", "cp3"]));
    let (others, api, begun) = (peers(member_state()), cluster(None), silent());
    let serves = |purpose, seen| {
        let situation = MemberSituation { serves_endpoint: true, ..situation(purpose, seen) };
        plan(situation).unwrap()
    };
    let at = |steps: &[Step], wanted: Step| steps.iter().position(|step| *step == wanted);
    let attach = Step::AttachEndpoint(Serving::Cluster);
    let joins =
        serves(Purpose::Create, Seen { host: &CLEAN, peers: &others, api: &api, etcd: &etcd });
    assert!(at(&joins, attach) > at(&joins, Step::AwaitVoter), "{joins:?}");
    assert!(!joins.contains(&Step::AttachEndpoint(Serving::BeforeCluster)), "{joins:?}");
    let alone = serves(Purpose::Create, Seen::beside(&CLEAN, &[], &begun));
    let before = at(&alone, Step::AttachEndpoint(Serving::BeforeCluster)).unwrap();
    let init = at(&alone, Step::Initialize(InitPhases::All)).unwrap();
    assert!(before < init && init < at(&alone, attach).unwrap(), "{alone:?}");
    let member = HostState { machine_id: Some("m1".to_owned()), ..member_state() };
    let there = cluster(node("m1", true, Readiness::Ready));
    let own = Sight::Seen(voters(&["cp1", "cp2"]));
    let seen = Seen { host: &member, peers: &others, api: &there, etcd: &own };
    let kept = serves(Purpose::Update, seen);
    assert!(at(&kept, attach) > at(&kept, Step::RenewControlPlane), "{kept:?}");
    assert!(!serves(Purpose::Adopt, seen).contains(&attach), "who is taken over is not changed");
}

#[test]
fn a_join_that_came_to_its_end_is_not_repeated() {
    let there = cluster(node("m1", true, Readiness::Ready));
    let whole = steps(&host(Entry::Join, JOINED), &there, &voters(&["cp2", "cp1"]));
    assert!(whole.contains(&Step::StartKubelet) && !whole.contains(&Step::Join), "{whole:?}");
    let unlabelled = cluster(node("m1", false, Readiness::Ready));
    let cases = [
        (there.clone(), voters(&["cp2"])),
        (unlabelled, voters(&["cp2", "cp1"])),
        (cluster(None), voters(&["cp2", "cp1"])),
    ];
    for (api, etcd) in cases {
        let plan = steps(&host(Entry::Join, JOINED), &api, &etcd);
        assert!(plan.contains(&Step::Reset) && plan.contains(&Step::Join), "{api:?} {etcd:?}");
    }
}

#[test]
fn a_rebuilt_host_joins_in_place_of_its_former_machine() {
    let rebuilt = HostState { machine_id: Some("m2".to_owned()), ..CLEAN };
    let living = cluster(node("m1", true, Readiness::Ready));
    let refusal = member_plan(Seen::beside(&rebuilt, &peers(member_state()), &living)).unwrap_err();
    assert_eq!((refusal.code, refusal.lasting), ("PF-NODE-EXISTS", Lasting::ForNow));
    let former = cluster(node("m1", true, Readiness::Unknown));
    let mut etcd = voters(&["cp2", "cp3"]);
    etcd.members.push(member("cp1", Vote::Voter, false));
    let order = [Step::AdmitMember, Step::DeleteGhost, Step::Join];
    assert_eq!(of(&steps(&rebuilt, &former, &etcd), &order), order);
}

#[test]
fn a_cluster_that_is_beginning_is_waited_for() {
    let unfinished = Api::Answering(ApiState::default());
    for api in [silent(), unfinished] {
        let peers = peers(half_initialized());
        let refusal = member_plan(Seen::beside(&CLEAN, &peers, &api)).unwrap_err();
        assert_eq!((refusal.code, refusal.lasting), ("PF-CLUSTER-NOT-READY", Lasting::ForNow));
        let half = host(Entry::Join, ClusterFiles { manifests: true, ..NO_FILES });
        let refusal = member_plan(Seen::beside(&half, &peers, &api)).unwrap_err();
        assert_eq!((refusal.code, refusal.lasting), ("PF-CLUSTER-NOT-READY", Lasting::ForNow));
    }
}

#[test]
fn a_join_needs_an_etcd_that_can_take_it() {
    let (peers, api) = (peers(member_state()), cluster(None));
    let plan = |etcd: &Sight| member_plan(Seen { host: &CLEAN, peers: &peers, api: &api, etcd });
    refused(plan(&Sight::Silent("refused".to_owned())), "PF-ETCD-SILENT");
    let mut learner = voters(&["cp2"]);
    learner.members.push(member("cp3", Vote::Learner, true));
    refused(plan(&Sight::Seen(learner)), "PF-ETCD-HALF-MADE");
    let mut down = voters(&["cp2"]);
    down.members.push(member("cp3", Vote::Voter, false));
    refused(plan(&Sight::Seen(down)), "PF-ETCD-LOST");
    assert!(!plan(&Sight::External).unwrap().contains(&Step::AdmitMember));
}

#[test]
fn a_worker_is_no_member() {
    let worker = HostState {
        claim: Some(Claim::new("ours", Role::Worker, Entry::Join)),
        files: ClusterFiles { kubelet: true, ..NO_FILES },
        ..CLEAN
    };
    refused(
        member_plan(Seen::beside(&worker, &peers(member_state()), &cluster(None))),
        "PF-IS-WORKER",
    );
}
