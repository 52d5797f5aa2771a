//! A world in which every step does what it promises.

use super::super::api::{Api, ApiState, Bootstrap, NodeState, Readiness};
use super::super::{ClusterFiles, HostState, Role, Step};
use super::etcd_samples::{self, OWN};
use crate::etcd::{Sight, Vote};

/// What a step makes of the world, if kubeadm does what it promises.
pub(super) fn simulate(step: Step, role: Role, host: &mut HostState, api: &mut Api) {
    let machine_id = host.machine_id.clone().unwrap_or_default();
    match step {
        Step::Claim(entry) => {
            host.claim = Some(host.renewed_claim("ours", role, entry));
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
            let control_plane = role == Role::ControlPlane;
            host.files.kubelet = true;
            (host.files.admin, host.files.manifests) = (control_plane, control_plane);
            host.ca_hash = api.ca_hash().map(str::to_owned);
            let readiness = Readiness::Ready;
            set_node(api, Some(NodeState { machine_id, readiness, control_plane }));
        }
        Step::Reset => {
            host.files = ClusterFiles::default();
            host.ca_hash = None;
            let former = host.claim.as_ref();
            host.claim = former.map(|it| host.renewed_claim(&it.cluster_id, it.role, it.entry));
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
        node: Some(NodeState {
            machine_id,
            readiness: Readiness::AwaitsNetwork,
            control_plane: true,
        }),
        ..ApiState::default()
    })
}

fn set_node(api: &mut Api, node: Option<NodeState>) {
    if let Api::Answering(state) = api {
        state.node = node;
    }
}

/// etcd after each step, as its members then are.
pub(super) fn simulate_etcd(step: Step, etcd: &mut Sight) {
    let Sight::Seen(state) = etcd else { return };
    match step {
        Step::RemoveMember | Step::AdmitMember => {
            state.members.retain(|member| member.name.as_deref() != Some(OWN));
        }
        Step::Initialize(_) => state.members = vec![etcd_samples::member(OWN, Vote::Voter, true)],
        Step::Join => {
            state.members.push(etcd_samples::member(OWN, Vote::Voter, true));
        }
        _ => {}
    }
}
