//! Members of etcd, their health, and the arithmetic of quorum.

use std::collections::BTreeSet;
use std::fmt;

/// Id of a member: etcd shows it in hexadecimal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MemberId(pub u64);

/// Whether a member has a vote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Vote {
    /// It counts for the quorum.
    Voter,
    /// It follows until it is promoted.
    Learner,
}

/// Whether a member serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    /// It answered, and knows a leader.
    Healthy,
    /// It did not, and why.
    Unhealthy(String),
}

/// What a member says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MemberStatus {
    /// Version of etcd.
    pub version: String,
    /// Size of its database in bytes.
    pub database_bytes: u64,
    /// Id of the leader it follows; none while there is no leader.
    pub leader: Option<MemberId>,
    /// Index of the last entry of the log that it has.
    pub raft_index: u64,
    /// What it complains of.
    pub errors: Vec<String>,
}

/// One member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EtcdMember {
    /// Its id.
    pub id: MemberId,
    /// Its name; none while it was added and has never started.
    pub name: Option<String>,
    /// Where other members reach it, as URLs.
    pub peer_urls: Vec<String>,
    /// Where clients reach it, as URLs; empty while it has never started.
    pub client_urls: Vec<String>,
    /// Whether it has a vote.
    pub vote: Vote,
    /// Whether it serves.
    pub health: Health,
    /// What it says of itself; none when it does not answer.
    pub status: Option<MemberStatus>,
}

/// Something that stands in the way of etcd as a whole.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Alarm {
    /// The member that raised it.
    pub member: MemberId,
    /// `NOSPACE` or `CORRUPT`.
    pub kind: String,
}

/// etcd as a whole, seen through one of its members.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EtcdState {
    /// Its members, by id.
    pub members: Vec<EtcdMember>,
    /// Alarms that were raised.
    pub alarms: Vec<Alarm>,
}

impl EtcdState {
    /// Members with a vote.
    pub fn voters(&self) -> impl Iterator<Item = &EtcdMember> {
        self.members.iter().filter(|member| member.vote == Vote::Voter)
    }

    /// How many voters serve.
    #[must_use]
    pub fn healthy_voters(&self) -> usize {
        self.voters().filter(|member| member.is_healthy()).count()
    }

    /// How many voters must serve so that etcd does.
    #[must_use]
    pub fn quorum(&self) -> usize {
        quorum(self.voters().count())
    }

    /// How many more voters may fail before etcd stops serving; none when it already has.
    #[must_use]
    pub fn failure_tolerance(&self) -> Option<usize> {
        self.healthy_voters().checked_sub(self.quorum())
    }

    /// The leader, when the members that answer agree on one.
    #[must_use]
    pub fn leader(&self) -> Option<&EtcdMember> {
        let named = |member: &EtcdMember| member.status.as_ref().and_then(|status| status.leader);
        let leaders: BTreeSet<MemberId> = self.members.iter().filter_map(named).collect();
        match leaders.into_iter().collect::<Vec<_>>()[..] {
            [leader] => self.members.iter().find(|member| member.id == leader),
            _ => None,
        }
    }

    /// Whether the host `name` that listens at `addresses` has a voter that serves.
    #[must_use]
    pub fn serves_on(&self, name: &str, addresses: &[String]) -> bool {
        self.of_host(name, addresses).any(|member| {
            member.name.is_some() && member.vote == Vote::Voter && member.is_healthy()
        })
    }

    /// Members of the host `name` that listens at `addresses`: by their name, or, when they have
    /// none yet, by the address of their peer URLs.
    pub fn of_host<'a>(
        &'a self,
        name: &'a str,
        addresses: &'a [String],
    ) -> impl Iterator<Item = &'a EtcdMember> {
        self.members.iter().filter(move |member| match &member.name {
            Some(own) => own == name,
            None => member.is_at(addresses),
        })
    }
}

/// How many of `voters` must serve.
#[must_use]
pub(super) fn quorum(voters: usize) -> usize {
    voters / 2 + 1
}

/// The host in `https://HOST:PORT`, without the brackets of an IPv6 address.
fn host_of(url: &str) -> Option<&str> {
    let rest = url.split_once("://")?.1;
    let authority = rest.split('/').next()?;
    let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
    Some(host.trim_start_matches('[').trim_end_matches(']'))
}

impl EtcdMember {
    /// Whether its peers reach it at one of `addresses`.
    #[must_use]
    pub fn is_at(&self, addresses: &[String]) -> bool {
        let own = |host: &str| addresses.iter().any(|address| address == host);
        self.peer_urls.iter().any(|url| host_of(url).is_some_and(own))
    }

    /// Whether it serves.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        self.health == Health::Healthy
    }

    /// How it is called in messages: its name, or where it should be.
    #[must_use]
    pub fn title(&self) -> String {
        match &self.name {
            Some(name) => format!("{name} ({})", self.id),
            None => format!("{} ({}, never started)", self.peer_urls.join(", "), self.id),
        }
    }
}

impl fmt::Display for MemberId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:x}", self.0)
    }
}
