//! Package managers of distributions, and the packages of Kubernetes: one file a package manager.

mod apt;
mod apt_output;
mod kubernetes;

pub(crate) use apt::Apt;
pub(crate) use kubernetes::{add_repository, ensure_kubernetes, remove_kubernetes};

use crate::error::OperateError;
use crate::site::Site;
use cluster::node::{PackageRequest, Record, Scope};

/// A package manager on a host.
pub(crate) trait PackageManager {
    /// Fetches the lists of packages.
    async fn refresh(&self, site: &Site<'_>) -> Result<(), OperateError>;

    /// Installs packages and what they need. All that is new on the host is recorded before;
    /// nothing is removed for it.
    async fn install(
        &self,
        site: &Site<'_>,
        record: &mut Record,
        scope: Scope,
        requests: &[PackageRequest],
    ) -> Result<(), OperateError>;

    /// Removes packages with their configuration; those that others need by now stay.
    async fn purge(&self, site: &Site<'_>, names: &[String]) -> Result<(), OperateError>;

    /// Keeps packages at their version.
    async fn hold(&self, site: &Site<'_>, names: &[String]) -> Result<(), OperateError>;

    /// Lets them be upgraded again.
    async fn unhold(&self, site: &Site<'_>, names: &[String]) -> Result<(), OperateError>;
}
