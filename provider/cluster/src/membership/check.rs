//! An independent linter over any plan of membership: the oracle of the property tests, and the
//! last look before a plan is carried out.

use super::api::{Api, Readiness};
use super::member::Peer;
use super::state::{HostState, Ownership};
use super::step::{InitPhases, Step};
use crate::etcd::{EtcdMember, Sight, Vote};

/// The facts a plan is held against.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// Id of the cluster.
    pub cluster_id: &'a str,
    /// Name of the host and its node.
    pub host_name: &'a str,
    /// Addresses of the host.
    pub addresses: &'a [String],
    /// What the host carries; `None` when it was not reached.
    pub host: Option<&'a HostState>,
    /// Machine id that the host is expected to have; `None` when any will do.
    pub machine_id: Option<&'a str>,
    /// The other control plane hosts.
    pub peers: &'a [Peer],
    /// Hash of the cluster's CA where it is known.
    pub ca_hash: Option<&'a str>,
    /// The cluster, as seen through its API.
    pub api: &'a Api,
    /// The cluster's etcd; [`Sight::External`] where it is none of this host's, as for a worker.
    pub etcd: &'a Sight,
}

/// Everything in the plan that must never be; empty for a sound plan.
#[must_use]
pub fn check(steps: &[Step], facts: Facts<'_>) -> Vec<&'static str> {
    RULES.iter().filter(|(broken, _)| broken(steps, facts)).map(|(_, text)| *text).collect()
}

type Rule = fn(&[Step], Facts<'_>) -> bool;

const RULES: &[(Rule, &str)] = &[
    (unclaimed, "the host must be claimed before anything of the cluster is made on it"),
    (unpacked, "kubeadm runs before its packages are installed"),
    (second_cluster, "init may start only when no other control plane host carries a cluster"),
    (init_over_traces, "a whole init needs a host without traces of a cluster"),
    (join_over_traces, "a join needs a host without traces of a cluster, or a reset before it"),
    (
        takes_over,
        "a cluster without our mark is neither taken over nor reset unless the user vouches for it",
    ),
    (touches_foreign, "a host that carries another cluster must be left alone"),
    (touches_stranger, "a machine with another id must be left alone"),
    (touches_silent, "a host that was not reached cannot be changed"),
    (deletes_living, "the node object of another living machine must not be deleted"),
    (removes_living, "the etcd member of another living machine must not be removed"),
    (two_ways_in, "a host either initializes a cluster or joins one, and once"),
    (drain_after_delete, "a node is drained before it is deleted"),
    (disclaim_early, "the mark is taken off last"),
    (takes_quorum, "etcd must keep a majority of voters that serve"),
    (drains_too_late, "a node is drained before its etcd ends, and its API server with it"),
    (resets_member, "a member leaves etcd through a peer before its host is reset"),
    (renders_for_others, "manifests are rendered only where a member is wholly one"),
    (attaches_early, "the endpoint leads to a host only once it has joined"),
    (withdraws_late, "the endpoint is left to others before anything of a member ends"),
    (joins_unadmitted, "a member joins only an etcd that can take it, and is waited for"),
];

fn position(steps: &[Step], wanted: impl Fn(Step) -> bool) -> Option<usize> {
    steps.iter().position(|step| wanted(*step))
}

fn claims(step: Step) -> bool {
    matches!(step, Step::Claim(_))
}

fn starts(step: Step) -> bool {
    matches!(step, Step::Initialize(_) | Step::Join)
}

fn unclaimed(steps: &[Step], _: Facts<'_>) -> bool {
    let made = position(steps, |step| starts(step) || step == Step::InstallPackages);
    made.is_some_and(|made| position(steps, claims).is_none_or(|claim| claim > made))
}

fn unpacked(steps: &[Step], _: Facts<'_>) -> bool {
    let install = position(steps, |step| step == Step::InstallPackages);
    position(steps, starts).is_some_and(|start| install.is_none_or(|install| install > start))
}

fn second_cluster(steps: &[Step], facts: Facts<'_>) -> bool {
    let empty = |peer: &Peer| {
        peer.state.as_ref().is_ok_and(|state| state.ca_hash.is_none() && !state.files.any())
    };
    position(steps, |step| matches!(step, Step::Initialize(_))).is_some()
        && !facts.peers.iter().all(empty)
}

fn traces(facts: Facts<'_>) -> bool {
    facts.host.is_none_or(|host| host.ca_hash.is_some() || host.files.any())
}

fn init_over_traces(steps: &[Step], facts: Facts<'_>) -> bool {
    steps.contains(&Step::Initialize(InitPhases::All)) && traces(facts)
}

fn join_over_traces(steps: &[Step], facts: Facts<'_>) -> bool {
    let reset = position(steps, |step| step == Step::Reset);
    let join = position(steps, |step| step == Step::Join);
    join.is_some_and(|join| traces(facts) && reset.is_none_or(|reset| reset > join))
}

fn on_host(step: Step) -> bool {
    !matches!(
        step,
        Step::Drain | Step::DeleteNode | Step::DeleteGhost | Step::MoveLeader | Step::RemoveMember
    )
}

/// Told from nothing but the mark and the traces: whatever an API on the host says of itself.
fn takes_over(steps: &[Step], facts: Facts<'_>) -> bool {
    let unmarked = facts.host.is_some_and(|host| host.claim.is_none() && !host.is_adopted());
    let control_plane = facts.host.is_some_and(|host| host.files.control_plane());
    unmarked && control_plane && position(steps, on_host).is_some()
}

fn touches_foreign(steps: &[Step], facts: Facts<'_>) -> bool {
    let ownership = facts.host.map(|host| host.ownership(facts.cluster_id, facts.ca_hash));
    matches!(ownership, Some(Ownership::Foreign(_))) && position(steps, on_host).is_some()
}

fn touches_stranger(steps: &[Step], facts: Facts<'_>) -> bool {
    let Some((host, expected)) = facts.host.zip(facts.machine_id) else { return false };
    host.machine_id.as_deref() != Some(expected) && position(steps, on_host).is_some()
}

fn touches_silent(steps: &[Step], facts: Facts<'_>) -> bool {
    facts.host.is_none() && position(steps, on_host).is_some()
}

fn deletes_living(steps: &[Step], facts: Facts<'_>) -> bool {
    let deletes = position(steps, |step| matches!(step, Step::DeleteNode | Step::DeleteGhost));
    deletes.is_some() && lives_elsewhere(facts)
}

/// A host of ours that is reset takes its own member with it, whoever's the node object is.
fn removes_living(steps: &[Step], facts: Facts<'_>) -> bool {
    let removes = position(steps, |step| matches!(step, Step::RemoveMember | Step::MoveLeader));
    removes.is_some() && !steps.contains(&Step::Reset) && lives_elsewhere(facts)
}

/// Whether the node object of the host's name is another machine's, and its kubelet reports.
fn lives_elsewhere(facts: Facts<'_>) -> bool {
    let machine_id = facts.machine_id.or(facts.host.and_then(|host| host.machine_id.as_deref()));
    let Some((node, _)) = facts.api.node().zip(machine_id) else { return false };
    node.readiness != Readiness::Unknown && !node.is_machine(machine_id)
}

fn two_ways_in(steps: &[Step], _: Facts<'_>) -> bool {
    steps.iter().filter(|step| starts(**step)).count() > 1
}

fn drain_after_delete(steps: &[Step], _: Facts<'_>) -> bool {
    let delete = position(steps, |step| step == Step::DeleteNode);
    position(steps, |step| step == Step::Drain)
        .is_some_and(|drain| delete.is_none_or(|delete| drain > delete))
}

fn disclaim_early(steps: &[Step], _: Facts<'_>) -> bool {
    position(steps, |step| step == Step::Disclaim)
        .is_some_and(|disclaim| disclaim + 1 != steps.len())
}

fn is_own(member: &EtcdMember, facts: Facts<'_>) -> bool {
    let by_address = |url: &String| facts.addresses.iter().any(|it| is_at(url, it));
    match &member.name {
        Some(name) => name == facts.host_name,
        None => member.peer_urls.iter().any(by_address),
    }
}

/// Whether a URL leads to just this address, be it IPv4 or IPv6.
fn is_at(url: &str, address: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let after = rest.strip_prefix('[').unwrap_or(rest).strip_prefix(address);
    after.is_some_and(|after| after.is_empty() || after.starts_with([':', ']', '/']))
}

/// Counted anew, from nothing but who votes and who serves.
fn has_majority<'m>(members: impl Iterator<Item = &'m EtcdMember>) -> bool {
    let voters = members.filter(|member| member.vote == Vote::Voter);
    let (serving, all) = voters.fold((0, 0), |(serving, all), member| {
        (serving + usize::from(member.is_healthy()), all + 1)
    });
    serving * 2 > all
}

fn takes_quorum(steps: &[Step], facts: Facts<'_>) -> bool {
    let Sight::Seen(etcd) = facts.etcd else { return false };
    let removes = position(steps, |step| step == Step::RemoveMember).is_some();
    let admits = position(steps, |step| step == Step::AdmitMember).is_some();
    let mut others = etcd.members.iter().filter(|member| !is_own(member, facts));
    (removes || admits) && (!has_majority(etcd.members.iter()) || !has_majority(others.by_ref()))
}

fn drains_too_late(steps: &[Step], _: Facts<'_>) -> bool {
    let remove = position(steps, |step| step == Step::RemoveMember);
    position(steps, |step| step == Step::Drain)
        .is_some_and(|drain| remove.is_some_and(|remove| remove < drain))
}

fn resets_member(steps: &[Step], facts: Facts<'_>) -> bool {
    let Sight::Seen(etcd) = facts.etcd else { return false };
    let (own, others): (Vec<_>, Vec<_>) =
        etcd.members.iter().partition(|member| is_own(member, facts));
    let leaves = |step| matches!(step, Step::RemoveMember | Step::AdmitMember);
    let left = position(steps, leaves);
    let reset = position(steps, |step| step == Step::Reset);
    !own.is_empty()
        && !others.is_empty()
        && reset.is_some_and(|reset| left.is_none_or(|left| left > reset))
}

fn joins_unadmitted(steps: &[Step], facts: Facts<'_>) -> bool {
    let Some(join) = position(steps, |step| step == Step::Join) else { return false };
    let admit = position(steps, |step| step == Step::AdmitMember);
    let voter = position(steps, |step| step == Step::AwaitVoter);
    match facts.etcd {
        Sight::External => admit.is_some() || voter.is_some(),
        Sight::Silent(_) => true,
        Sight::Seen(_) => {
            admit.is_none_or(|admit| admit > join) || voter.is_none_or(|voter| voter < join)
        }
    }
}

fn attaches_early(steps: &[Step], _: Facts<'_>) -> bool {
    let attach = position(steps, |step| matches!(step, Step::AttachEndpoint(_)));
    let join = position(steps, |step| step == Step::Join);
    attach.is_some_and(|attach| join.is_some_and(|join| attach < join))
}

fn withdraws_late(steps: &[Step], _: Facts<'_>) -> bool {
    let ends = |step| matches!(step, Step::Drain | Step::RemoveMember | Step::Reset);
    let withdraw = position(steps, |step| step == Step::WithdrawEndpoint);
    withdraw.is_some_and(|withdraw| position(steps, ends).is_some_and(|end| end < withdraw))
}

fn renders_for_others(steps: &[Step], facts: Facts<'_>) -> bool {
    let renders = |step| matches!(step, Step::RenewControlPlane | Step::CertifyNames);
    let is_member = facts.host.is_some_and(|host| {
        host.files.control_plane() && (host.claim.is_some() || host.is_adopted())
    });
    position(steps, renders).is_some() && !is_member
}
