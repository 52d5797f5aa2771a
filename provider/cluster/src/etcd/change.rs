//! What a change of members does to quorum: whether it may be made, and what comes first.

use super::model::{EtcdMember, EtcdState, MemberId, Vote, quorum};
use crate::membership::Refusal;

/// A member may be added.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Admission {
    /// Members that an earlier run of this very host has left: to be removed first, in this order.
    pub leftovers: Vec<MemberId>,
}

/// A member may go.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Dismissal {
    /// Members of the host, to be removed: none when they are gone already.
    pub members: Vec<MemberId>,
    /// Where leadership goes first, when the host has it.
    pub successor: Option<MemberId>,
}

/// Decides whether the host `name`, which listens at `addresses` and carries no etcd data, may add
/// a member.
///
/// etcd itself adds none, not even a learner, while a voter is not connected to the others
/// (`--strict-reconfig-check`, on by default: `etcdserver: unhealthy cluster`).
///
/// # Errors
/// A refusal while an alarm stands, while another host's member is half-made, when too few voters
/// serve for a leftover less, or while a voter that stays does not serve.
pub fn admit(etcd: &EtcdState, name: &str, addresses: &[String]) -> Result<Admission, Refusal> {
    serves(etcd)?;
    let leftovers: Vec<&EtcdMember> = etcd.of_host(name, addresses).collect();
    nobody_half_made(etcd, &leftovers)?;
    let after = without(etcd, &leftovers);
    keeps_quorum(etcd, &after, &format!("the former member of {name} is removed"))?;
    if after.healthy_voters() < after.voters().count() {
        return Err(unhealthy(&after, name));
    }
    Ok(Admission { leftovers: leftovers.iter().map(|member| member.id).collect() })
}

/// Decides whether the members of the host `name`, which listens at `addresses`, may go.
///
/// # Errors
/// A refusal while an alarm stands, while another host's member is half-made, or when the voters
/// that stay would have no quorum. The last voter is never dismissed: its host is reset.
pub fn dismiss(etcd: &EtcdState, name: &str, addresses: &[String]) -> Result<Dismissal, Refusal> {
    let leaving: Vec<&EtcdMember> = etcd.of_host(name, addresses).collect();
    if leaving.is_empty() {
        return Ok(Dismissal::default());
    }
    serves(etcd)?;
    nobody_half_made(etcd, &leaving)?;
    let after = without(etcd, &leaving);
    keeps_quorum(etcd, &after, &format!("{name} leaves"))?;
    let leads =
        etcd.leader().is_some_and(|leader| leaving.iter().any(|member| member.id == leader.id));
    let successor = after.voters().find(|member| member.is_healthy());
    Ok(Dismissal {
        members: leaving.iter().map(|member| member.id).collect(),
        successor: successor.filter(|_| leads).map(|member| member.id),
    })
}

/// Decides whether the member of the host `name`, which listens at `addresses`, may be restarted.
///
/// One that does not serve takes nothing with it. While all others serve, it is away for seconds: of
/// three or more the others keep the quorum, and of one or two no order of restarts would.
///
/// # Errors
/// A refusal when another voter does not serve, and without this one there is no quorum.
pub fn restart(etcd: &EtcdState, name: &str, addresses: &[String]) -> Result<(), Refusal> {
    let own: Vec<&EtcdMember> = etcd.of_host(name, addresses).collect();
    let others = without(etcd, &own);
    let (healthy, all) = (others.healthy_voters(), others.voters().count());
    let serves = own.iter().any(|member| member.is_healthy());
    if serves && healthy < all && healthy < etcd.quorum() {
        let event = format!("etcd on {name} restarts");
        return Err(quorum_refusal(etcd, &event, healthy, etcd.voters().count()));
    }
    Ok(())
}

fn without(etcd: &EtcdState, gone: &[&EtcdMember]) -> EtcdState {
    let stays = |member: &&EtcdMember| gone.iter().all(|other| other.id != member.id);
    EtcdState { members: etcd.members.iter().filter(stays).cloned().collect(), alarms: Vec::new() }
}

/// No member can be added or removed but by a quorum of those there are, and an alarm stops writes.
fn serves(etcd: &EtcdState) -> Result<(), Refusal> {
    if etcd.failure_tolerance().is_none() {
        return Err(lost(etcd));
    }
    let Some(alarm) = etcd.alarms.first() else { return Ok(()) };
    Err(Refusal::new(
        "PF-ETCD-ALARM",
        format!("etcd has raised the alarm {} at member {}", alarm.kind, alarm.member),
        "etcd was left as it is; free space (compact and defragment) or replace the corrupt member, disarm the alarm with `etcdctl alarm disarm`, then apply again",
    ))
}

/// Another host's learner, or a member that was added and never started, blocks every change: etcd
/// allows one at a time, and counts the unstarted voter as failed.
fn nobody_half_made(etcd: &EtcdState, own: &[&EtcdMember]) -> Result<(), Refusal> {
    let half = |member: &&EtcdMember| member.vote == Vote::Learner || member.name.is_none();
    let others = |member: &&EtcdMember| own.iter().all(|mine| mine.id != member.id);
    let Some(member) = etcd.members.iter().filter(half).find(others) else { return Ok(()) };
    let what = match member.vote {
        Vote::Learner => "is still a learner",
        Vote::Voter => "was added and has never started",
    };
    Err(Refusal::new(
        "PF-ETCD-HALF-MADE",
        format!("etcd's member {} {what}", member.title()),
        format!(
            "etcd was left as it is; apply the kubeadm_control_plane_member of its host again, which goes on or clears it, or remove it with `etcdctl member remove {}`",
            member.id
        ),
    )
    .for_now())
}

fn keeps_quorum(before: &EtcdState, after: &EtcdState, event: &str) -> Result<(), Refusal> {
    if after.members == before.members {
        return Ok(());
    }
    let (healthy, voters) = (after.healthy_voters(), after.voters().count());
    if healthy < quorum(voters) {
        return Err(quorum_refusal(before, event, healthy, voters));
    }
    Ok(())
}

fn lost(etcd: &EtcdState) -> Refusal {
    Refusal::new(
        "PF-ETCD-LOST",
        format!(
            "etcd has lost its quorum: {} of {} voters serve, and {} must; not serving: {}",
            etcd.healthy_voters(),
            etcd.voters().count(),
            etcd.quorum(),
            silent(etcd)
        ),
        "etcd was left as it is, and nothing can be changed while it is so; bring back one of the hosts that do not serve, or restore a snapshot with `etcdctl snapshot restore`, then apply again",
    )
    .for_now()
}

fn unhealthy(etcd: &EtcdState, name: &str) -> Refusal {
    Refusal::new(
        "PF-ETCD-UNHEALTHY",
        format!("etcd takes no new member while a voter does not serve: {}", silent(etcd)),
        format!(
            "{name} was not joined, and etcd was left as it is; bring that host back, or remove its kubeadm_control_plane_member first when its machine is gone, then apply again"
        ),
    )
    .for_now()
}

/// The voters that do not serve.
fn silent(etcd: &EtcdState) -> String {
    let down = etcd.voters().filter(|member| !member.is_healthy()).map(EtcdMember::title);
    let down: Vec<String> = down.collect();
    if down.is_empty() { "none".to_owned() } else { down.join(", ") }
}

fn quorum_refusal(etcd: &EtcdState, event: &str, healthy: usize, voters: usize) -> Refusal {
    Refusal::new(
        "PF-ETCD-QUORUM",
        format!(
            "etcd would lose its quorum when {event}: {healthy} of {voters} voters would serve, and {} must; not serving now: {}",
            quorum(voters),
            silent(etcd)
        ),
        "etcd was left as it is; bring the members back that do not serve, or remove those first whose hosts are gone, one at a time, then apply again",
    )
    .for_now()
}
