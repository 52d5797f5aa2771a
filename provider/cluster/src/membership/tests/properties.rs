//! Every plan passes the linter, and the plan after the plan has nothing left to do.

use super::super::api::{Api, ApiState, Bootstrap, NodeState, Readiness};
use super::super::check::{Facts, check};
use super::super::leave::{self, LeaveSituation};
use super::super::member::Peer;
use super::super::{Claim, ClusterFiles, HostState, Ownership, Role, Step};
use super::{member_plan, worker_plan};
use crate::intent::DrainMode;
use proptest::prelude::*;

fn maybe(values: &'static [&'static str]) -> impl Strategy<Value = Option<String>> {
    proptest::option::of(proptest::sample::select(values).prop_map(str::to_owned))
}

fn claims() -> impl Strategy<Value = Option<Claim>> {
    let role = prop_oneof![Just(Role::ControlPlane), Just(Role::Worker)];
    let claim = (proptest::sample::select(&["ours", "other"][..]), role, maybe(&["ca1", "ca2"]));
    proptest::option::of(
        claim.prop_map(|(id, role, ca_hash)| Claim { ca_hash, ..Claim::new(id, role) }),
    )
}

fn files() -> impl Strategy<Value = ClusterFiles> {
    any::<[bool; 5]>().prop_map(|[kubelet, bootstrap_kubelet, admin, manifests, etcd_data]| {
        ClusterFiles { kubelet, bootstrap_kubelet, admin, manifests, etcd_data }
    })
}

fn hosts() -> impl Strategy<Value = HostState> {
    let files = prop_oneof![Just(ClusterFiles::default()), files()];
    (maybe(&["m1", "m2"]), claims(), maybe(&["ca1", "ca2"]), files).prop_map(
        |(machine_id, claim, ca_hash, files)| HostState {
            machine_id,
            claim,
            ca_hash,
            files,
            kubelet_version: None,
        },
    )
}

fn peers() -> impl Strategy<Value = Vec<Peer>> {
    let state = prop_oneof![
        Just(Err("timed out".to_owned())),
        hosts().prop_map(Ok),
        Just(Ok(HostState::default()))
    ];
    proptest::collection::vec(state.prop_map(|state| Peer { name: "peer".to_owned(), state }), 0..3)
}

fn readiness() -> impl Strategy<Value = Readiness> {
    prop_oneof![
        Just(Readiness::Ready),
        Just(Readiness::AwaitsNetwork),
        Just(Readiness::NotReady("KubeletNotReady".to_owned())),
        Just(Readiness::Unknown),
    ]
}

fn apis() -> impl Strategy<Value = Api> {
    let node = (proptest::sample::select(&["m1", "m2", ""][..]), readiness()).prop_map(
        |(machine_id, readiness)| NodeState { machine_id: machine_id.to_owned(), readiness },
    );
    let bootstrap = prop_oneof![Just(Bootstrap::Unfinished), Just(Bootstrap::Finished)];
    let others = prop_oneof![Just(Vec::new()), Just(vec!["w9".to_owned()])];
    let state = (bootstrap, proptest::option::of(node), others).prop_map(
        |(bootstrap, node, other_nodes)| {
            Api::Answering(ApiState { ca_hash: "ca1".to_owned(), bootstrap, node, other_nodes })
        },
    );
    prop_oneof![Just(Api::Silent("refused".to_owned())), state]
}

fn facts<'a>(host: Option<&'a HostState>, peers: &'a [Peer], api: &'a Api) -> Facts<'a> {
    Facts { cluster_id: "ours", host, machine_id: None, peers, ca_hash: api.ca_hash(), api }
}

/// What a step makes of the world, if kubeadm does what it promises.
fn simulate(step: Step, role: Role, host: &mut HostState, api: &mut Api) {
    let machine_id = host.machine_id.clone().unwrap_or_default();
    match step {
        Step::Claim => {
            host.claim = Some(host.renewed_claim("ours", role));
        }
        Step::Initialize(_) => {
            host.ca_hash.get_or_insert_with(|| "ca1".to_owned());
            host.files = ClusterFiles {
                bootstrap_kubelet: false,
                kubelet: true,
                admin: true,
                manifests: true,
                etcd_data: true,
            };
            *api = started(host);
        }
        Step::AwaitApiServer if api.answering().is_none() => *api = started(host),
        Step::RecordAuthority => {
            let hash = api.ca_hash().map(str::to_owned);
            host.claim.iter_mut().for_each(|claim| claim.ca_hash.clone_from(&hash));
        }
        Step::Join => {
            host.files.kubelet = true;
            host.ca_hash = api.ca_hash().map(str::to_owned);
            set_node(api, Some(NodeState { machine_id, readiness: Readiness::Ready }));
        }
        Step::Reset => {
            host.files = ClusterFiles::default();
            host.ca_hash = None;
        }
        Step::DeleteGhost | Step::DeleteNode => set_node(api, None),
        Step::Disclaim => host.claim = None,
        _ => {}
    }
}

/// The API that a host's control plane serves once it runs.
fn started(host: &HostState) -> Api {
    let machine_id = host.machine_id.clone().unwrap_or_default();
    let recorded = host.claim.as_ref().and_then(|claim| claim.ca_hash.clone());
    Api::Answering(ApiState {
        ca_hash: host.ca_hash.clone().or(recorded).unwrap_or_default(),
        bootstrap: Bootstrap::Finished,
        node: Some(NodeState { machine_id, readiness: Readiness::AwaitsNetwork }),
        other_nodes: Vec::new(),
    })
}

fn set_node(api: &mut Api, node: Option<NodeState>) {
    if let Api::Answering(state) = api {
        state.node = node;
    }
}

proptest! {
    #[test]
    fn a_members_plan_is_sound_and_converges(host in hosts(), peers in peers(), api in apis()) {
        let (mut host, mut api) = (host, api);
        if let Ok(steps) = member_plan(&host, &peers, &api) {
            let broken = check(&steps, facts(Some(&host), &peers, &api));
            // A finished member needs no peers, and only then are they not looked at.
            prop_assert!(broken.is_empty(), "{steps:?} breaks {broken:?}");
            for step in steps {
                simulate(step, Role::ControlPlane, &mut host, &mut api);
            }
            let again = member_plan(&host, &peers, &api).unwrap();
            prop_assert!(!again.iter().any(|step| matches!(step, Step::Initialize(_))), "{again:?}");
        }
    }

    #[test]
    fn a_workers_plan_is_sound_and_converges(host in hosts(), api in apis()) {
        let (mut host, mut api) = (host, api);
        if let Ok(steps) = worker_plan(&host, &api) {
            let broken = check(&steps, facts(Some(&host), &[], &api));
            prop_assert!(broken.is_empty(), "{steps:?} breaks {broken:?}");
            host.machine_id.get_or_insert_with(|| "m3".to_owned());
            for step in steps {
                simulate(step, Role::Worker, &mut host, &mut api);
            }
            let again = worker_plan(&host, &api).unwrap();
            prop_assert!(!again.contains(&Step::Join) && !again.contains(&Step::Reset), "{again:?}");
        }
    }

    #[test]
    fn a_departure_is_sound_and_leaves_nothing(
        host in proptest::option::of(hosts()),
        api in apis(),
        machine_id in maybe(&["m1", "m2"]),
        control_plane in any::<bool>(),
    ) {
        let role = if control_plane { Role::ControlPlane } else { Role::Worker };
        let situation = LeaveSituation {
            cluster_id: "ours",
            host_name: "w1",
            role,
            machine_id: machine_id.as_deref(),
            host: host.as_ref().ok_or("timed out"),
            api: &api,
            drain: DrainMode::Evict,
        };
        if let Ok(departure) = leave::plan(situation) {
            let facts = Facts { machine_id: machine_id.as_deref(), ..facts(host.as_ref(), &[], &api) };
            let broken = check(&departure.steps, facts);
            prop_assert!(broken.is_empty(), "{departure:?} breaks {broken:?}");
            if let Some(mut host) = host.clone() {
                let mut api = api.clone();
                for step in &departure.steps {
                    simulate(*step, role, &mut host, &mut api);
                }
                let rest = host.ownership("ours", Some("ca1"));
                prop_assert!(rest != Ownership::Ours || !departure.warnings.is_empty(), "{host:?}");
            }
        }
    }
}
