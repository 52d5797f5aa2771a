//! What is left of a membership that no resource will remove, when the host is to be given back.
//!
//! Core knows nothing of one that was begun by an apply that was killed, nor of one whose host was
//! reset by hand.

use super::claim::Claim;
use super::refusal::Refusal;
use super::state::{HostState, Ownership};
use crate::observed::KubernetesFiles;

/// The mark of what is left on the host; `None` when it bears no mark and carries no cluster.
///
/// A host that was reset may have leftovers. One that carries a cluster has to be marked as one
/// that was begun and never finished: a mark without a CA was made before the first step of a change
/// that did not come to its end. Nobody can have joined a cluster that was never there, and nobody
/// depends on a worker that was never in one.
///
/// # Errors
/// A refusal when the host is in a cluster that was finished, or that this provider did not make:
/// a runtime and a kubelet are not taken away under pods.
pub fn abandoned<'a>(name: &str, host: &'a HostState) -> Result<Option<&'a Claim>, Refusal> {
    if !host.carries_cluster() {
        return Ok(host.claim.as_ref());
    }
    let Some(claim) = &host.claim else { return Err(somebody_elses(name, host)) };
    let ours = host.ownership(&claim.cluster_id, None) == Ownership::Ours;
    if ours && !host.is_recorded() { Ok(Some(claim)) } else { Err(still_member(name, host)) }
}

fn still_member(name: &str, host: &HostState) -> Refusal {
    Refusal::new(
        "PF-STILL-MEMBER",
        format!("host {name} is still a member of a cluster: {}", taken(host)),
        "destroy its membership first; where that is not in the state because an apply was interrupted, apply again before, or run `kubeadm reset` on the host",
    )
}

fn somebody_elses(name: &str, host: &HostState) -> Refusal {
    Refusal::new(
        "PF-STILL-MEMBER",
        format!(
            "host {name} belongs to a cluster that this provider did not make: {}",
            taken(host)
        ),
        "take it out of its cluster and run `kubeadm reset` on it first; or, to leave it as it is, take the node out of the state alone with `state rm`",
    )
}

fn taken(host: &HostState) -> String {
    let found = if host.files.any() {
        host.files.to_string()
    } else {
        format!("it has {}", KubernetesFiles::CA)
    };
    format!("{found}. Its pods would lose their runtime, and the cluster a member")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::membership::{ClusterFiles, Entry, Role};

    fn host(role: Role, recorded: Option<&str>, found: Option<&str>) -> HostState {
        let ca_hash = recorded.map(str::to_owned);
        HostState {
            claim: Some(Claim { ca_hash, ..Claim::new("ours", role, Entry::Init) }),
            ca_hash: found.map(str::to_owned),
            files: ClusterFiles { kubelet: true, etcd_data: true, ..ClusterFiles::default() },
            ..HostState::default()
        }
    }

    #[test]
    fn only_what_was_never_finished_is_abandoned() {
        for role in [Role::ControlPlane, Role::Worker] {
            for found in [None, Some("ca1")] {
                let unfinished = host(role, None, found);
                assert_eq!(abandoned("s1", &unfinished), Ok(unfinished.claim.as_ref()));
            }
            for found in [None, Some("ca1"), Some("ca2")] {
                let refusal = abandoned("s1", &host(role, Some("ca1"), found)).unwrap_err();
                assert_eq!(refusal.code, "PF-STILL-MEMBER");
                assert!(refusal.advice.contains("destroy its membership first"), "{refusal:?}");
            }
        }
    }

    #[test]
    fn a_stranger_is_refused_and_a_host_without_marks_is_free() {
        let member = host(Role::ControlPlane, None, Some("ca1"));
        let stranger = HostState { claim: None, ..member.clone() };
        let refusal = abandoned("s1", &stranger).unwrap_err();
        assert!(refusal.advice.contains("take it out of its cluster"), "{refusal:?}");
        let authority_alone = HostState { files: ClusterFiles::default(), ..stranger };
        let text = abandoned("s1", &authority_alone).unwrap_err().text;
        assert!(text.contains(KubernetesFiles::CA), "{text}");
        assert_eq!(abandoned("s1", &HostState::default()), Ok(None));
    }

    #[test]
    fn a_host_that_was_reset_may_have_leftovers() {
        for recorded in [None, Some("ca1")] {
            let claim = host(Role::Worker, recorded, None).claim;
            let reset = HostState { claim, ..HostState::default() };
            assert_eq!(abandoned("s1", &reset), Ok(reset.claim.as_ref()));
        }
    }
}
