//! Whether a control plane member that leaves is the last one.

use super::LeaveSituation;
use super::refusals;
use crate::etcd::{Dismissal, EtcdState, Sight, dismiss};
use crate::intent::DrainMode;
use crate::membership::api::Api;
use crate::membership::refusal::Refusal;

/// What a member that leaves is to the others.
pub(super) enum Standing {
    /// There is none: the cluster ends with it.
    Last,
    /// Others stay, and this goes from their etcd.
    OneOfMany(Dismissal),
}

/// Whether others stay, that they keep their quorum, and that an API server is among them.
pub(super) fn standing(situation: LeaveSituation<'_>) -> Result<Standing, Refusal> {
    let standing = among_others(situation)?;
    match (&standing, situation.api.answering()) {
        (Standing::OneOfMany(_), Some(api)) if api.serving_members.is_empty() => {
            Err(refusals::nobody_serves(situation.host_name, &api.other_members))
        }
        _ => Ok(standing),
    }
}

fn among_others(situation: LeaveSituation<'_>) -> Result<Standing, Refusal> {
    match situation.etcd {
        Sight::Seen(etcd) if others(etcd, situation) > 0 => {
            dismiss(etcd, situation.host_name, situation.addresses).map(Standing::OneOfMany)
        }
        Sight::External if has_other_members(situation) => {
            Ok(Standing::OneOfMany(Dismissal::default()))
        }
        Sight::Silent(reason) if has_other_members(situation) => {
            Err(Refusal::etcd_silent(situation.host_name, reason))
        }
        _ => last(situation).map(|()| Standing::Last),
    }
}

fn others(etcd: &EtcdState, situation: LeaveSituation<'_>) -> usize {
    let own = etcd.of_host(situation.host_name, situation.addresses).count();
    etcd.members.len().saturating_sub(own)
}

fn has_other_members(situation: LeaveSituation<'_>) -> bool {
    situation.api.answering().is_some_and(|state| !state.other_members.is_empty())
}

/// The last member takes the whole cluster with it: other nodes would be left without one.
fn last(situation: LeaveSituation<'_>) -> Result<(), Refusal> {
    let name = situation.host_name;
    match situation.api {
        Api::Answering(state) if state.other_nodes.is_empty() => Ok(()),
        Api::Answering(state) => Err(refusals::not_alone(name, &state.other_nodes)),
        Api::Silent(reason) => match peer_with_cluster(situation) {
            Some(peer) => Err(refusals::stuck(name, peer, reason)),
            None if situation.hides_cluster() => Err(refusals::unseen(name, reason)),
            None => Ok(()),
        },
    }
}

/// Another host that still carries the cluster: it is not over, and etcd would keep a dead voter.
fn peer_with_cluster(situation: LeaveSituation<'_>) -> Option<&str> {
    let carries = |peer: &&crate::membership::member::Peer| peer.carries(situation.cluster_id);
    let asked = situation.drain != DrainMode::Skip;
    situation.peers.iter().filter(|_| asked).find(carries).map(|peer| peer.name.as_str())
}
