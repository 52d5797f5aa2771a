//! Puts a host back as it was.

use super::act::act;
use crate::error::{ErrorKind, OperateError};
use crate::observe::Interests;
use crate::operator::Operator;
use crate::record_file::{read_record, write_record};
use crate::site::Site;
use cluster::Finding;
use cluster::intent::NodeReference;
use cluster::membership::HostState;
use cluster::node::{Record, Releases, Scope, release, unreleased};
use cluster::observed::{KubernetesFiles, Observed};
use tokio_util::sync::CancellationToken;

impl Operator {
    /// Puts back everything the provider changed on a host, and nothing else. Another machine that
    /// has the address by now is left alone: what was changed went with its predecessor.
    ///
    /// # Errors
    /// When the host does not answer or carries a cluster, ours or not, finished or not, or when
    /// something could not be put back; the record then stays.
    pub async fn release_node(
        &self,
        node: &NodeReference,
        cancel: &CancellationToken,
    ) -> Result<(), OperateError> {
        let what = format!("release host {}", node.name);
        let result = async {
            let observed = self.observe_fresh(node, &Interests::default(), cancel).await?;
            if is_other_machine(node, &observed) {
                tracing::warn!(host = %node.name, "another machine has the address; it is left alone");
                return Ok(());
            }
            refuse_member(&node.name, &observed)?;
            let site = Site::new(self, node, cancel)?;
            release_changes(&site, Releases::Everything).await
        };
        result.await.map_err(|error: OperateError| error.while_doing(what).on(self.label(node)))
    }
}

/// A runtime and a kubelet are not taken away under pods, whoever made the host a member; nor is
/// the mark of an unfinished membership, which alone tells the next apply that it is ours.
fn refuse_member(name: &str, observed: &Observed) -> Result<(), OperateError> {
    let refused = |finding| OperateError::refused("begin", vec![finding]);
    let state = HostState::of(name, observed).map_err(|refusal| refused(Finding::from(refusal)))?;
    if state.ca_hash.is_none() && !state.files.any() {
        return Ok(());
    }
    let found = if state.files.any() {
        state.files.to_string()
    } else {
        format!("it has {}", KubernetesFiles::CA)
    };
    let (summary, advice) = if state.claim.is_some() {
        (
            "the host is still a member of a cluster",
            "destroy its membership first; where that is not in the state because an apply was \
             interrupted, apply again before, or run `kubeadm reset` on the host",
        )
    } else {
        (
            "the host belongs to a cluster that this provider did not make",
            "take it out of its cluster and run `kubeadm reset` on it first; or, to leave it as \
             it is, take the node out of the state alone with `state rm`",
        )
    };
    Err(refused(
        Finding::error("PF-STILL-MEMBER", summary)
            .because(format!(
                "{found}. Its pods would lose their runtime, and the cluster a member."
            ))
            .advise(advice),
    ))
}

fn is_other_machine(node: &NodeReference, observed: &Observed) -> bool {
    let expected = node.machine_id.as_ref();
    expected
        .zip(observed.system.machine_id.known())
        .is_some_and(|(expected, found)| expected != found)
}

/// Puts back what the record tells of, last change first, and shortens the record.
pub(crate) async fn release_changes(
    site: &Site<'_>,
    releases: Releases,
) -> Result<(), OperateError> {
    let record = read_record(site).await?;
    let (operator, node) = (site.operator, site.node);
    let interests = Interests::in_record(&record);
    let observed = operator.observe_fresh(node, &interests, site.cancel).await?;
    operator.forget(node);
    let mut progress = record.clone();
    for action in release(&record, &observed, releases).iter().flat_map(|step| &step.actions) {
        act(site, &mut progress, Scope::Node, action).await?;
    }
    let observed = operator.observe_fresh(node, &interests, site.cancel).await?;
    let left = unreleased(&record, &observed, releases);
    if !left.is_empty() {
        let error = OperateError::new("put everything back", ErrorKind::Goal)
            .advise("put these back by hand, or apply again");
        return Err(left.into_iter().fold(error, OperateError::note));
    }
    write_record(site, &shortened(record, releases)).await?;
    operator.forget(node);
    Ok(())
}

fn shortened(mut record: Record, releases: Releases) -> Record {
    match releases {
        Releases::Everything => Record::default(),
        Releases::Membership => {
            record.entries.retain(|entry| entry.scope != Scope::Membership);
            record.membership = None;
            record
        }
    }
}
