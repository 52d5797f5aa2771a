//! The manifests of a control plane's static pods, as kubeadm renders them for what is wanted.

use super::kubeadm::unwritten;
use super::render::text_of;
use super::subject::Subject;
use crate::error::{ErrorKind, OperateError};
use cluster::static_pod::{Component, StaticPod};

/// Renders the phases that are `$3` and on, a word each with `/` between its parts, and touches
/// nothing else. kubeadm 1.31 makes a directory of its own below for each.
const RENDER: &str = r#"
directory=$1 configuration=$2
shift 2
export KUBEADM_INIT_DRYRUN_DIR="$directory"
for phase; do
    kubeadm init phase "${phase%/*}" "${phase#*/}" --dry-run --config "$configuration" >/dev/null || exit 1
done
find "$directory" -mindepth 2 -name '*.yaml' -exec mv -- {} "$directory" \;"#;

/// A manifest as it is wanted.
pub(super) struct Rendered {
    pub(super) component: Component,
    pub(super) text: String,
    pub(super) pod: StaticPod,
}

impl Subject<'_> {
    /// The manifests of all components that run on the host, in the order of [`Component::ALL`].
    pub(super) async fn rendered_manifests(&self) -> Result<Vec<Rendered>, OperateError> {
        const WHAT: &str = "the control plane's manifests";
        let document = self.phase_documents().await?.map_err(unwritten)?;
        let is_stacked = self.cluster().etcd.local().is_some();
        let phases: &[&str] =
            if is_stacked { &["control-plane/all", "etcd/local"] } else { &["control-plane/all"] };
        let files = Component::ALL.map(|component| format!("{component}.yaml"));
        let paths = files.each_ref().map(String::as_str);
        let all = self.render(WHAT, (RENDER, phases), Some(document), paths).await?;
        let mut rendered = Vec::new();
        for (component, file) in Component::ALL.into_iter().zip(all) {
            if !is_stacked && component == Component::Etcd {
                continue;
            }
            let what = format!("the manifest of {component}");
            let text = text_of(&what, file)?;
            let pod = StaticPod::parse(&text).map_err(|error| {
                OperateError::new(format!("read {what}"), ErrorKind::Goal).note(error.to_string())
            })?;
            rendered.push(Rendered { component, text, pod });
        }
        Ok(rendered)
    }
}
