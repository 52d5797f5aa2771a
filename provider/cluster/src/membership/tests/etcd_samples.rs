//! etcds of all kinds.

use crate::etcd::{Alarm, EtcdMember, EtcdState, Health, MemberId, MemberStatus, Sight, Vote};
use proptest::prelude::*;

/// The host that every plan of these tests is about.
pub(super) const OWN: &str = "cp1";

/// Other hosts of the control plane.
const OTHERS: [&str; 4] = ["cp2", "cp3", "cp4", "cp5"];

pub(super) fn member(name: &str, vote: Vote, healthy: bool) -> EtcdMember {
    let id = name.bytes().map(u64::from).sum();
    EtcdMember {
        id: MemberId(id),
        name: Some(name.to_owned()),
        peer_urls: vec![format!("https://{name}.example.org:2380")],
        client_urls: vec![format!("https://{name}.example.org:2379")],
        vote,
        health: if healthy { Health::Healthy } else { Health::Unhealthy("refused".to_owned()) },
        status: None,
    }
}

/// Voters that serve.
pub(super) fn voters(names: &[&str]) -> EtcdState {
    let members = names.iter().map(|name| member(name, Vote::Voter, true)).collect();
    EtcdState { members, alarms: Vec::new() }
}

/// The same, led by one of them.
pub(super) fn led_by(leader: &str, mut etcd: EtcdState) -> EtcdState {
    let leader = etcd.members.iter().find(|member| member.name.as_deref() == Some(leader));
    let leader = leader.map(|member| member.id);
    for member in &mut etcd.members {
        member.status = Some(MemberStatus { leader, ..MemberStatus::default() });
    }
    etcd
}

fn members() -> impl Strategy<Value = Vec<EtcdMember>> {
    let names: Vec<&str> = std::iter::once(OWN).chain(OTHERS).collect();
    let vote = prop_oneof![4 => Just(Vote::Voter), 1 => Just(Vote::Learner)];
    let members = names.into_iter().map(|name| {
        let made = (any::<bool>(), vote.clone(), any::<bool>());
        made.prop_map(move |(there, vote, healthy)| there.then(|| member(name, vote, healthy)))
    });
    members.collect::<Vec<_>>().prop_map(|members| members.into_iter().flatten().collect())
}

/// What may be seen of an etcd.
pub(super) fn sights() -> impl Strategy<Value = Sight> {
    let alarm = Alarm { member: MemberId(1), kind: "NOSPACE".to_owned() };
    let alarms = prop_oneof![9 => Just(Vec::new()), 1 => Just(vec![alarm])];
    let state = (members(), alarms).prop_map(|(members, alarms)| EtcdState { members, alarms });
    prop_oneof![
        1 => Just(Sight::External),
        1 => Just(Sight::Silent("refused".to_owned())),
        8 => state.prop_map(Sight::Seen),
    ]
}
