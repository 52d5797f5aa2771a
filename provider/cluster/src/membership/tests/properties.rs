//! Every plan passes the linter, and the plan after the plan has nothing left to do.

use super::super::api::{Api, ApiState, Bootstrap, NodeState, Readiness};
use super::super::check::{Facts, check};
use super::super::leave::{self, LeaveSituation};
use super::super::member::{self, MemberSituation, Peer, Purpose};
use super::super::{Claim, ClusterFiles, Entry, HostState, Ownership, Role, Serving, Step};
use super::etcd_samples::{self, OWN};
use super::simulated::{simulate, simulate_etcd};
use super::{Seen, member_plan, situation, worker_plan};
use crate::etcd::Sight;
use crate::intent::DrainMode;
use proptest::prelude::*;

fn maybe(values: &'static [&'static str]) -> impl Strategy<Value = Option<String>> {
    proptest::option::of(proptest::sample::select(values).prop_map(str::to_owned))
}

fn claims() -> impl Strategy<Value = Option<Claim>> {
    let role = prop_oneof![Just(Role::ControlPlane), Just(Role::Worker)];
    let entry = prop_oneof![Just(Entry::Init), Just(Entry::Join)];
    let id = proptest::sample::select(&["ours", "other"][..]);
    let claim = (id, role, entry, maybe(&["ca1", "ca2"]));
    proptest::option::of(
        claim.prop_map(|(id, role, entry, ca_hash)| Claim {
            ca_hash,
            ..Claim::new(id, role, entry)
        }),
    )
}

fn files() -> impl Strategy<Value = ClusterFiles> {
    any::<[bool; 5]>().prop_map(|[kubelet, bootstrap_kubelet, admin, manifests, etcd_data]| {
        ClusterFiles { kubelet, bootstrap_kubelet, admin, manifests, etcd_data }
    })
}

fn hosts() -> impl Strategy<Value = HostState> {
    let files = prop_oneof![Just(ClusterFiles::default()), files()];
    let cas = || maybe(&["ca1", "ca2"]);
    (maybe(&["m1", "m2"]), claims(), cas(), cas(), files).prop_map(
        |(machine_id, claim, ca_hash, vouched_ca, files)| HostState {
            machine_id,
            claim,
            ca_hash,
            files,
            kubelet_version: None,
            vouched_ca,
            serves_endpoint: false,
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
    let machine_id = proptest::sample::select(&["m1", "m2", ""][..]);
    let node = (machine_id, readiness(), any::<bool>()).prop_map(
        |(machine_id, readiness, control_plane)| NodeState {
            machine_id: machine_id.to_owned(),
            readiness,
            control_plane,
        },
    );
    let bootstrap = prop_oneof![Just(Bootstrap::Unfinished), Just(Bootstrap::Finished)];
    let list = |name: &'static str| prop_oneof![Just(Vec::new()), Just(vec![name.to_owned()])];
    let parts = (bootstrap, proptest::option::of(node), list("w9"), list("cp2"), any::<bool>());
    let state = parts.prop_map(|(bootstrap, node, workers, other_members, serve)| {
        let serving_members = other_members.iter().filter(|_| serve).cloned().collect();
        let other_nodes = workers.into_iter().chain(other_members.clone()).collect();
        let ca_hash = "ca1".to_owned();
        Api::Answering(ApiState {
            ca_hash,
            bootstrap,
            node,
            other_nodes,
            other_members,
            serving_members,
        })
    });
    prop_oneof![Just(Api::Silent("refused".to_owned())), state]
}

fn facts<'a>(
    host: Option<&'a HostState>,
    peers: &'a [Peer],
    api: &'a Api,
    etcd: &'a Sight,
) -> Facts<'a> {
    Facts {
        cluster_id: "ours",
        host_name: OWN,
        addresses: &[],
        host,
        machine_id: None,
        peers,
        ca_hash: api.ca_hash(),
        api,
        etcd,
    }
}

/// Whether a majority of the voters serves: counted here anew.
fn serves(etcd: &Sight) -> bool {
    let Sight::Seen(state) = etcd else { return true };
    let voters: Vec<bool> = state.voters().map(crate::etcd::EtcdMember::is_healthy).collect();
    voters.iter().filter(|healthy| **healthy).count() * 2 > voters.len()
}

proptest! {
    #[test]
    fn a_members_plan_is_sound_and_converges(
        host in hosts(), peers in peers(), api in apis(), etcd in etcd_samples::sights(),
        serves_endpoint in any::<bool>(),
    ) {
        let (mut host, mut api, mut etcd) = (host, api, etcd);
        let seen = Seen { host: &host, peers: &peers, api: &api, etcd: &etcd };
        let situation = MemberSituation { serves_endpoint, ..situation(Purpose::Create, seen) };
        if let Ok(steps) = member::plan(situation) {
            let attaches = |step: &Step| *step == Step::AttachEndpoint(Serving::Cluster);
            prop_assert_eq!(steps.iter().any(attaches), serves_endpoint);
            let broken = check(&steps, facts(Some(&host), &peers, &api, &etcd));
            prop_assert!(broken.is_empty(), "{steps:?} breaks {broken:?}");
            host.machine_id.get_or_insert_with(|| "m3".to_owned());
            for step in steps {
                simulate(step, Role::ControlPlane, &mut host, &mut api);
                simulate_etcd(step, &mut etcd);
            }
            let seen = Seen { host: &host, peers: &peers, api: &api, etcd: &etcd };
            let again = member_plan(seen).unwrap();
            let begins = |step: &Step| matches!(step, Step::Initialize(_) | Step::Join | Step::Reset);
            prop_assert!(!again.iter().any(begins), "{again:?}");
        }
    }

    #[test]
    fn etcd_keeps_its_quorum_whatever_is_asked(
        host in hosts(), peers in peers(), api in apis(), etcd in etcd_samples::sights(),
        leaves in any::<bool>(),
    ) {
        let steps = if leaves {
            leave::plan(leaving(Some(&host), &peers, &api, &etcd)).map(|departure| departure.steps)
        } else {
            member_plan(Seen { host: &host, peers: &peers, api: &api, etcd: &etcd })
        };
        let mut after = etcd.clone();
        for step in steps.unwrap_or_default() {
            let touches = matches!(step, Step::AdmitMember | Step::RemoveMember | Step::Join);
            simulate_etcd(step, &mut after);
            prop_assert!(!touches || serves(&after), "{step}: {etcd:?} becomes {after:?}");
        }
    }

    #[test]
    fn a_workers_plan_is_sound_and_converges(host in hosts(), api in apis()) {
        let (mut host, mut api) = (host, api);
        if let Ok(steps) = worker_plan(&host, &api) {
            let broken = check(&steps, facts(Some(&host), &[], &api, &Sight::External));
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
        peers in peers(),
        api in apis(),
        etcd in etcd_samples::sights(),
        machine_id in maybe(&["m1", "m2"]),
        control_plane in any::<bool>(),
    ) {
        let role = if control_plane { Role::ControlPlane } else { Role::Worker };
        let etcd = if control_plane { etcd } else { Sight::External };
        let machine_id = machine_id.as_deref();
        let situation =
            LeaveSituation { role, machine_id, ..leaving(host.as_ref(), &peers, &api, &etcd) };
        if let Ok(departure) = leave::plan(situation) {
            let facts = Facts { machine_id, ..facts(host.as_ref(), &peers, &api, &etcd) };
            let broken = check(&departure.steps, facts);
            prop_assert!(broken.is_empty(), "{departure:?} breaks {broken:?}");
            let mut after = etcd.clone();
            departure.steps.iter().for_each(|step| simulate_etcd(*step, &mut after));
            let stays = |state: &crate::etcd::EtcdState| state.of_host(OWN, &[]).next().is_some();
            let others = etcd.seen().is_some_and(|state| state.members.len() > 1);
            let left = departure.warnings.iter().any(|it| it.code == "PW-OTHER-NODE");
            prop_assert!(!others || left || !after.seen().is_some_and(stays), "{departure:?}");
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

fn leaving<'a>(
    host: Option<&'a HostState>,
    peers: &'a [Peer],
    api: &'a Api,
    etcd: &'a Sight,
) -> LeaveSituation<'a> {
    LeaveSituation {
        cluster_id: "ours",
        host_name: OWN,
        role: Role::ControlPlane,
        machine_id: None,
        host: host.ok_or("timed out"),
        addresses: &[],
        peers,
        api,
        etcd,
        drain: DrainMode::Evict,
        serves_endpoint: true,
    }
}
