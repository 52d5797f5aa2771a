//! The changes of a control plane, and the steps of each.

use cluster::membership::{Entry, InitPhases, Step};

/// A change of the control plane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// The first member begins the cluster.
    Init,
    /// The second member joins.
    Join,
    /// The second member leaves, while it leads etcd.
    Leave,
}

const INIT: [Step; 9] = [
    Step::Claim(Entry::Init),
    Step::InstallPackages,
    Step::PullImages,
    Step::Initialize(InitPhases::All),
    Step::AwaitApiServer,
    Step::RecordAuthority,
    Step::AwaitRegistration,
    Step::ApplyMetadata,
    Step::AwaitReady,
];

const JOIN: [Step; 11] = [
    Step::Claim(Entry::Join),
    Step::InstallPackages,
    Step::PullImages,
    Step::AdmitMember,
    Step::Join,
    Step::AwaitVoter,
    Step::AwaitApiServer,
    Step::RecordAuthority,
    Step::AwaitRegistration,
    Step::ApplyMetadata,
    Step::AwaitReady,
];

const LEAVE: [Step; 8] = [
    Step::MoveLeader,
    Step::Drain,
    Step::RemoveMember,
    Step::Reset,
    Step::DeleteNode,
    Step::CleanUp,
    Step::RemovePackages,
    Step::Disclaim,
];

impl Change {
    /// Every change, in the order of the table.
    pub(crate) const ALL: [Self; 3] = [Self::Init, Self::Join, Self::Leave];

    /// Its name in the table.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Init => "init",
            Self::Join => "join",
            Self::Leave => "leave",
        }
    }

    /// Its steps, in the order in which they are made.
    pub(crate) fn steps(self) -> &'static [Step] {
        match self {
            Self::Init => &INIT,
            Self::Join => &JOIN,
            Self::Leave => &LEAVE,
        }
    }
}

/// The planners are asked what the steps are, so that the table has no row too few.
#[cfg(test)]
mod tests {
    use cluster::etcd::{EtcdMember, EtcdState, Health, MemberId, MemberStatus, Sight, Vote};
    use cluster::intent::DrainMode;
    use cluster::membership::api::{Api, ApiState, Bootstrap, NodeState, Readiness};
    use cluster::membership::leave::{self, LeaveSituation};
    use cluster::membership::member::{self, MemberSituation, Purpose};
    use cluster::membership::{Claim, ClusterFiles, HostState, Role};

    use super::*;

    const MACHINE: &str = "m2";

    #[test]
    fn the_steps_of_init_are_those_of_the_planner() {
        let silent = "nobody is there".to_owned();
        let steps = enter(&Api::Silent(silent.clone()), &Sight::Silent(silent));
        assert_eq!(steps, Change::Init.steps());
    }

    #[test]
    fn the_steps_of_a_join_are_those_of_the_planner() {
        let steps = enter(&api(None), &etcd(&["cp1"]));
        assert_eq!(steps, Change::Join.steps());
    }

    #[test]
    fn the_steps_of_a_leave_are_those_of_the_planner() {
        let node = NodeState {
            machine_id: MACHINE.to_owned(),
            readiness: Readiness::Ready,
            control_plane: true,
        };
        let host = HostState {
            claim: Some(Claim::new("ours", Role::ControlPlane, Entry::Join)),
            files: ClusterFiles { kubelet: true, manifests: true, ..ClusterFiles::default() },
            ..clean()
        };
        let plan = leave::plan(LeaveSituation {
            cluster_id: "ours",
            host_name: "cp2",
            role: Role::ControlPlane,
            machine_id: Some(MACHINE),
            host: Ok(&host),
            addresses: &[],
            peers: &[],
            api: &api(Some(node)),
            etcd: &etcd(&["cp1", "cp2"]),
            drain: DrainMode::Evict,
            serves_endpoint: false,
        });
        assert_eq!(plan.unwrap().steps, Change::Leave.steps());
    }

    fn enter(api: &Api, etcd: &Sight) -> Vec<Step> {
        let plan = member::plan(MemberSituation {
            purpose: Purpose::Create,
            cluster_id: "ours",
            version: "1.35.4",
            host_name: "cp2",
            is_endpoint: false,
            serves_endpoint: false,
            addresses: &[],
            host: &clean(),
            peers: &[],
            api,
            etcd,
        });
        plan.unwrap()
    }

    fn clean() -> HostState {
        HostState { machine_id: Some(MACHINE.to_owned()), ..HostState::default() }
    }

    fn api(node: Option<NodeState>) -> Api {
        Api::Answering(ApiState {
            ca_hash: "ca1".to_owned(),
            bootstrap: Bootstrap::Finished,
            node,
            other_nodes: vec!["cp1".to_owned()],
            other_members: vec!["cp1".to_owned()],
            serving_members: vec!["cp1".to_owned()],
        })
    }

    /// Voters that serve; the last of them leads.
    fn etcd(names: &[&str]) -> Sight {
        let id = |name: &str| MemberId(name.bytes().map(u64::from).sum());
        let leader = names.last().map(|name| id(name));
        let member = |name: &&str| EtcdMember {
            id: id(name),
            name: Some((*name).to_owned()),
            peer_urls: vec![format!("https://{name}.example.org:2380")],
            client_urls: vec![format!("https://{name}.example.org:2379")],
            vote: Vote::Voter,
            health: Health::Healthy,
            status: Some(MemberStatus { leader, ..MemberStatus::default() }),
        };
        let members = names.iter().map(member).collect();
        Sight::Seen(EtcdState { members, alarms: Vec::new() })
    }
}
