//! What this release does not do.

use tfplugin::Diagnostic;

/// A resource that cannot be imported yet.
pub(crate) fn not_importable(type_name: &str) -> Diagnostic {
    Diagnostic::error(format!("{type_name} cannot be imported by this release")).detail(
        "Clusters that exist already cannot be taken over yet, see CHANGELOG.md. A kubeadm_node can \
         be imported: NAME@ADDRESS[:PORT][?ssh_profile=PROFILE].",
    )
}
