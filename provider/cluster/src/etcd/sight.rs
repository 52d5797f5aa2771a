//! What is seen of a cluster's etcd before its members change.

use super::model::{EtcdMember, EtcdState};

/// What is seen of a cluster's etcd.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sight {
    /// It is none of ours: it runs on servers of its own, and no member of the control plane is one
    /// of etcd's.
    External,
    /// None of its members answers through the control plane hosts, and why.
    Silent(String),
    /// It answers.
    Seen(EtcdState),
}

impl Sight {
    /// How many more of `ready` control plane members may fail before the cluster's API ends with
    /// its etcd or its last API server; none when that cannot be told, or it already has.
    #[must_use]
    pub fn failure_tolerance(&self, ready: usize) -> Option<usize> {
        let api_servers = ready.checked_sub(1)?;
        match self {
            Self::External => Some(api_servers),
            Self::Silent(_) => None,
            Self::Seen(state) => state.failure_tolerance().map(|etcd| etcd.min(api_servers)),
        }
    }

    /// Whether etcd is seen to go on without any member of the host `name` that listens at
    /// `addresses`. One of another name at its address may be its own: hosts are reset for this.
    #[must_use]
    pub fn is_without(&self, name: &str, addresses: &[String]) -> bool {
        let own =
            |member: &EtcdMember| member.name.as_deref() == Some(name) || member.is_at(addresses);
        self.seen().is_some_and(|etcd| !etcd.members.is_empty() && !etcd.members.iter().any(own))
    }

    /// Its state, where members of the control plane are members of it and one answers.
    #[must_use]
    pub fn seen(&self) -> Option<&EtcdState> {
        match self {
            Self::Seen(state) => Some(state),
            Self::External | Self::Silent(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::etcd::{EtcdMember, Health, MemberId, Vote};

    fn voters(healthy: usize, all: usize) -> Sight {
        let member = |index: usize| EtcdMember {
            id: MemberId(0),
            name: None,
            peer_urls: Vec::new(),
            client_urls: Vec::new(),
            vote: Vote::Voter,
            health: if index < healthy {
                Health::Healthy
            } else {
                Health::Unhealthy(String::new())
            },
            status: None,
        };
        Sight::Seen(EtcdState { members: (0..all).map(member).collect(), alarms: Vec::new() })
    }

    #[test]
    fn the_weaker_of_etcd_and_api_servers_counts() {
        assert_eq!(voters(3, 3).failure_tolerance(3), Some(1));
        assert_eq!(voters(2, 3).failure_tolerance(3), Some(0));
        assert_eq!(voters(1, 3).failure_tolerance(1), None);
        assert_eq!(voters(5, 5).failure_tolerance(2), Some(1));
        assert_eq!(Sight::External.failure_tolerance(2), Some(1));
        assert_eq!(Sight::External.failure_tolerance(0), None);
        assert_eq!(Sight::Silent("refused".to_owned()).failure_tolerance(3), None);
    }

    #[test]
    fn only_an_etcd_that_is_seen_can_lack_a_member() {
        let Sight::Seen(mut etcd) = voters(1, 1) else { unreachable!() };
        etcd.members[0].name = Some("cp1".to_owned());
        etcd.members[0].peer_urls = vec!["https://10.0.0.1:2380".to_owned()];
        let seen = Sight::Seen(etcd);
        assert!(seen.is_without("cp2", &[]) && !seen.is_without("cp1", &[]));
        assert!(
            !seen.is_without("cp2", &["10.0.0.1".to_owned()]),
            "its address under another name"
        );
        assert!(
            !Sight::Seen(EtcdState::default()).is_without("cp1", &[]),
            "a list without members"
        );
        assert!(!Sight::External.is_without("cp1", &[]));
        assert!(!Sight::Silent("refused".to_owned()).is_without("cp1", &[]));
    }
}
