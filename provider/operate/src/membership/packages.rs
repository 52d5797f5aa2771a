//! kubeadm, kubelet and kubectl on a host.

use super::subject::Subject;
use crate::error::OperateError;
use crate::packages::{ensure_kubernetes, remove_kubernetes};
use crate::site::Site;
use cluster::membership::Role;
use host::Command;

/// Directories that kubeadm, the kubelet and the CNI plugins leave empty. Packages that are gone by
/// then would have removed them, had they been empty at the time.
const EMPTY: &[&str] = &[
    "/etc/kubernetes/manifests",
    "/etc/kubernetes",
    "/var/lib/kubelet",
    "/opt/cni/bin",
    "/opt/cni",
];

impl Subject<'_> {
    /// Installs and holds the packages at the cluster's version, and enables the kubelet; on control
    /// plane hosts also what will serve the endpoint.
    pub(crate) async fn install_packages(&self) -> Result<(), OperateError> {
        let cluster = self.cluster();
        ensure_kubernetes(&self.site, &cluster.packages, &cluster.kubernetes_version).await?;
        if self.intent.role() == Role::ControlPlane {
            self.install_endpoint().await?;
        }
        self.enable_kubelet().await
    }
}

impl Site<'_> {
    /// Removes and releases what was installed for the membership; packages that were there before
    /// stay, and so do their directories.
    pub(crate) async fn remove_packages(&self) -> Result<(), OperateError> {
        remove_kubernetes(self).await?;
        if !self.observe().await?.packages.package("kubelet").is_absent() {
            return Ok(());
        }
        let sweep = Command::new("rmdir")
            .args(["--ignore-fail-on-non-empty", "--"])
            .args(EMPTY.iter().copied());
        // One that is not there, or a mount point, is as good as gone.
        self.run("remove empty directories", &sweep).await.map(drop)
    }
}
