//! The linter objects to what it says: one broken plan for each of its rules.

use super::super::api::{Api, ApiState, NodeState, Readiness};
use super::super::check::{Facts, check};
use super::super::member::Peer;
use super::super::{Claim, Entry, HostState, InitPhases, Role, Serving, Step};
use super::etcd_samples::{OWN, member, voters};
use super::tables::{recorded, silent};
use crate::etcd::{Sight, Vote};

const CLAIM: Step = Step::Claim(Entry::Join);
const INIT: Step = Step::Initialize(InitPhases::All);

/// Steps of a member that joins, as they should be.
const JOIN: [Step; 5] =
    [CLAIM, Step::InstallPackages, Step::AdmitMember, Step::Join, Step::AwaitVoter];

fn clean() -> HostState {
    HostState { machine_id: Some("m1".to_owned()), ..HostState::default() }
}

fn api_with(machine_id: &str) -> Api {
    let machine_id = machine_id.to_owned();
    let node = NodeState { machine_id, readiness: Readiness::Ready, control_plane: true };
    Api::Answering(ApiState { node: Some(node), ca_hash: "ca1".to_owned(), ..ApiState::default() })
}

/// A sound situation, of which a case breaks a part.
struct Case {
    host: Option<HostState>,
    peers: Vec<Peer>,
    api: Api,
    etcd: Sight,
    machine_id: Option<&'static str>,
}

impl Case {
    fn new(host: HostState) -> Self {
        let etcd = Sight::Seen(voters(&["cp2"]));
        Self { host: Some(host), peers: Vec::new(), api: silent(), etcd, machine_id: None }
    }

    fn at(mut self, etcd: Sight) -> Self {
        self.etcd = etcd;
        self
    }

    #[track_caller]
    fn breaks(self, rule: &str, steps: &[Step]) {
        let facts = Facts {
            cluster_id: "ours",
            host_name: OWN,
            addresses: &[],
            host: self.host.as_ref(),
            machine_id: self.machine_id,
            peers: &self.peers,
            ca_hash: self.api.ca_hash(),
            api: &self.api,
            etcd: &self.etcd,
        };
        let broken = check(steps, facts);
        let found = broken.iter().any(|text| text.contains(rule));
        assert!(found || (rule.is_empty() && broken.is_empty()), "{rule:?}: {broken:?}");
    }
}

#[test]
fn entries_have_an_order_and_clean_ground() {
    Case::new(clean()).breaks("", &JOIN);
    Case::new(clean()).breaks("must be claimed before", &[Step::InstallPackages, CLAIM]);
    Case::new(clean()).breaks("before its packages", &[CLAIM, Step::Join, Step::InstallPackages]);
    let traces = HostState { ca_hash: Some("ca1".to_owned()), ..recorded() };
    let init = [CLAIM, Step::InstallPackages, INIT];
    Case::new(clean()).at(Sight::External).breaks("", &init);
    Case::new(traces.clone()).breaks("a whole init needs", &init);
    Case::new(traces).breaks("a join needs", &JOIN);
    let attach = Step::AttachEndpoint(Serving::Cluster);
    let early = [JOIN[0], JOIN[1], attach, JOIN[2], JOIN[3], JOIN[4]];
    Case::new(clean()).breaks("only once it has joined", &early);
    Case::new(clean()).breaks("and once", &[INIT, Step::Join]);
    let peers = vec![Peer { name: "cp2".to_owned(), state: Err("timed out".to_owned()) }];
    Case { peers, ..Case::new(clean()) }.breaks("no other control plane host", &init);
}

#[test]
fn what_is_not_ours_is_left_alone() {
    let unmarked = HostState { claim: None, ..recorded() };
    Case::new(unmarked).breaks("without our mark", &[Step::Reset]);
    let claim = Some(Claim::new("other", Role::ControlPlane, Entry::Init));
    Case::new(HostState { claim, ..recorded() }).breaks("another cluster", &[Step::CleanUp]);
    let stranger = Case { machine_id: Some("m9"), ..Case::new(clean()) };
    stranger.breaks("a machine with another id", &[CLAIM]);
    Case { host: None, ..Case::new(clean()) }.breaks("not reached", &[Step::Disclaim]);
    Case::new(clean()).breaks("rendered only where", &[Step::RenewControlPlane]);
    let elsewhere = || Case { api: api_with("m2"), ..Case::new(clean()) };
    elsewhere().breaks("the node object of another", &[Step::DeleteNode]);
    elsewhere().breaks("the etcd member of another", &[Step::RemoveMember]);
}

#[test]
fn departures_have_an_order() {
    let steps = [Step::DeleteNode, Step::Drain];
    Case::new(clean()).breaks("drained before it is deleted", &steps);
    Case::new(clean()).breaks("taken off last", &[Step::Disclaim, Step::CleanUp]);
    let pair = || Sight::Seen(voters(&[OWN, "cp2"]));
    let too_late = [Step::RemoveMember, Step::Drain, Step::DeleteNode];
    Case::new(recorded()).at(pair()).breaks("before its etcd ends", &too_late);
    Case::new(recorded()).at(pair()).breaks("through a peer before", &[Step::Reset]);
    let withdrawn_late = [Step::RemoveMember, Step::WithdrawEndpoint, Step::Reset];
    Case::new(recorded()).at(pair()).breaks("left to others before", &withdrawn_late);
}

#[test]
fn etcd_keeps_its_majority() {
    let mut one_down = voters(&[OWN, "cp2"]);
    one_down.members.push(member("cp3", Vote::Voter, false));
    let case = Case::new(recorded()).at(Sight::Seen(one_down));
    case.breaks("majority", &[Step::RemoveMember, Step::Reset]);
    let unadmitted = [CLAIM, Step::InstallPackages, Step::Join, Step::AwaitVoter];
    Case::new(clean()).breaks("only an etcd that can take it", &unadmitted);
    Case::new(clean()).breaks("only an etcd that can take it", &JOIN[..4]);
    let unseen = Case::new(clean()).at(Sight::Silent("refused".to_owned()));
    unseen.breaks("only an etcd that can take it", &JOIN);
}
