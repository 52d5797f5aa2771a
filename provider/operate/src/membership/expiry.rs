//! When certificates of a cluster's hosts end.

use super::subject::summary;
use crate::Operator;
use crate::error::OperateError;
use crate::site::Site;
use cluster::intent::NodeReference;
use cluster::observed::Fact;
use futures::future::try_join_all;
use jiff::Timestamp;
use std::collections::BTreeMap;
use tokio_util::sync::CancellationToken;

/// The certificates of one host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostCertificates {
    /// Name of the host.
    pub host: String,
    /// When each ends, by the path of the file that holds it; or why that is not known.
    pub ends: Result<BTreeMap<String, Fact<Timestamp>>, String>,
}

impl Operator {
    /// When the certificates of hosts end, in the order of the hosts. Changes nothing.
    ///
    /// # Errors
    /// When the caller gives up, or a host's login is not configured. A silent host is no error.
    pub async fn certificates(
        &self,
        hosts: &[NodeReference],
        cancel: &CancellationToken,
    ) -> Result<Vec<HostCertificates>, OperateError> {
        try_join_all(hosts.iter().map(|host| self.certificates_on(host, cancel))).await
    }

    async fn certificates_on(
        &self,
        node: &NodeReference,
        cancel: &CancellationToken,
    ) -> Result<HostCertificates, OperateError> {
        let site = Site::new(self, node, cancel)?;
        let ends = match site.observe().await {
            Err(error) if error.is_cancelled() => return Err(error),
            Err(error) => Err(summary(&error)),
            Ok(observed) => match site.other_machine(&observed) {
                Some(id) => Err(format!("another machine answers (machine id {id})")),
                None => Ok(observed.kubernetes.certificate_ends()),
            },
        };
        Ok(HostCertificates { host: node.name.clone(), ends })
    }
}
