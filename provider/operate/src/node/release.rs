//! Puts a host back as it was.

use super::act::act;
use crate::error::{ErrorKind, OperateError};
use crate::membership::Departed;
use crate::observe::Interests;
use crate::operator::Operator;
use crate::record_file::{read_record_at, write_record_at};
use crate::site::Site;
use cluster::intent::NodeReference;
use cluster::node::{Record, Releases, Scope, release, unreleased};
use cluster::observed::Observed;
use tokio_util::sync::CancellationToken;

impl Operator {
    /// Puts back everything the provider changed on a host, and nothing else; also what an
    /// interrupted apply began of a membership and never finished. Another machine that has the
    /// address by now is left alone: what was changed went with its predecessor.
    ///
    /// # Errors
    /// When the host does not answer or carries a cluster that was finished or is not ours, or when
    /// something could not be put back; the record then stays.
    pub async fn release_node(
        &self,
        node: &NodeReference,
        cancel: &CancellationToken,
    ) -> Result<Departed, OperateError> {
        let what = format!("release host {}", node.name);
        let result = async {
            let observed = self.observe_fresh(node, &Interests::default(), cancel).await?;
            if is_other_machine(node, &observed) {
                tracing::warn!(host = %node.name, "another machine has the address; it is left alone");
                return Ok(Departed::default());
            }
            let site = Site::new(self, node, cancel)?;
            let departed = site.abandon().await?;
            release_changes(&site, Releases::Everything).await.map(|()| departed)
        };
        result.await.map_err(|error: OperateError| error.while_doing(what).on(self.label(node)))
    }
}

/// Whether another machine answers than the one that was prepared.
pub(crate) fn is_other_machine(node: &NodeReference, observed: &Observed) -> bool {
    let expected = node.machine_id.as_ref();
    expected
        .zip(observed.system.machine_id.known())
        .is_some_and(|(expected, found)| expected != found)
}

/// Puts back what the host's record tells of.
pub(crate) async fn release_changes(
    site: &Site<'_>,
    releases: Releases,
) -> Result<(), OperateError> {
    put_back(site, Record::PATH, Interests::in_record, releases).await
}

/// Puts back what a record tells of, last change first, and shortens the record.
pub(crate) async fn put_back(
    site: &Site<'_>,
    path: &str,
    interests: impl FnOnce(&Record) -> Interests,
    releases: Releases,
) -> Result<(), OperateError> {
    let record = read_record_at(site, path).await?;
    let (operator, node) = (site.operator, site.node);
    let interests = interests(&record);
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
    write_record_at(site, path, &shortened(record, releases)).await?;
    operator.forget(node);
    Ok(())
}

fn shortened(mut record: Record, releases: Releases) -> Record {
    match releases {
        Releases::Everything => Record::default(),
        Releases::Membership => {
            record.entries.retain(|entry| !releases.includes(entry.scope));
            record.membership = None;
            record
        }
        Releases::Endpoint => {
            record.entries.retain(|entry| !releases.includes(entry.scope));
            record
        }
    }
}
