//! kubeadm, kubelet and kubectl, installed along with a host's other packages.

use super::debian::{KUBERNETES_KEY_FILE, KUBERNETES_SOURCE_FILE, kubernetes_source};
use super::intent::{KubernetesPackages, NodeIntent};
use super::parts::Parts;
use super::record::Change;
use super::step::{Action, Difference, PackageRequest};
use crate::observed::Observed;
use crate::version::KubernetesVersion;

/// Installed at one version; what they depend on comes with them.
pub const KUBERNETES_PACKAGES: [&str; 3] = ["kubeadm", "kubelet", "kubectl"];

/// Requests for the packages of a version. Packages count their own revisions: `1.35.4-1.1`.
#[must_use]
pub fn kubernetes_requests(version: &KubernetesVersion) -> Vec<PackageRequest> {
    let request =
        |name: &str| PackageRequest { name: name.to_owned(), version: Some(format!("{version}-")) };
    KUBERNETES_PACKAGES.into_iter().map(request).collect()
}

/// What is to be installed: all of them on a host that has none. One that has some is a
/// membership's or its owner's affair.
pub(super) fn requests(
    parts: &mut Parts,
    intent: &NodeIntent,
    observed: &Observed,
) -> Vec<PackageRequest> {
    let Some(wanted) = &intent.packages.kubernetes else { return Vec::new() };
    if !KUBERNETES_PACKAGES.into_iter().all(|name| observed.packages.package(name).is_absent()) {
        return Vec::new();
    }
    parts.differences.extend(KUBERNETES_PACKAGES.map(|name| difference(name, wanted)));
    let source = kubernetes_source(&wanted.source, &wanted.version).sha256();
    parts.changes.push(file(KUBERNETES_KEY_FILE, None, observed));
    parts.changes.push(file(KUBERNETES_SOURCE_FILE, Some(source), observed));
    let installed = |name: &str| Change::Package { name: name.to_owned() };
    parts.changes.extend(KUBERNETES_PACKAGES.map(installed));
    parts.actions.push(Action::AddKubernetesRepository(Box::new(wanted.clone())));
    kubernetes_requests(&wanted.version)
}

fn difference(name: &str, wanted: &KubernetesPackages) -> Difference {
    let because = "it is to be there before a membership asks for it";
    Difference::new(format!("package {name}"), wanted.version.to_string(), "not installed", because)
}

/// The key may still have to be fetched, so that what it will be is not known.
fn file(path: &str, after: Option<String>, observed: &Observed) -> Change {
    let before = observed.files.file(path).known().cloned();
    Change::File { path: path.to_owned(), before, after, made_from: None }
}

/// Whether a file belongs to the packages: it stays as long as they do, whoever asks for them.
pub(super) fn owns(path: &str) -> bool {
    [KUBERNETES_KEY_FILE, KUBERNETES_SOURCE_FILE].contains(&path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_asked_for_with_their_own_revision_open() {
        let versions = kubernetes_requests(&KubernetesVersion::new(1, 35, 4));
        assert!(versions.iter().all(|request| request.version.as_deref() == Some("1.35.4-")));
    }
}
