//! The kubelet's configuration file: brought to what kubeadm renders for this host.

use super::render::text_of;
use super::subject::Subject;
use crate::error::{ErrorKind, OperateError};
use cluster::intent::Patches;
use cluster::leaves::leaves;
use cluster::membership::kubelet_unit::CONFIGURATION;
use cluster::yaml;
use host::FileWrite;

/// From the configuration that all kubelets share in the API, and what is this host's own. Before 1.35
/// kubeadm makes a directory of its own for the file, below the one given or below its own, and leaves
/// it there. `$3` is the directory of patches, where there are any.
const RENDER: &str = r#"
for file in instance-config.yaml kubeadm-flags.env; do
    [ ! -e "/var/lib/kubelet/$file" ] || cp -- "/var/lib/kubelet/$file" "$1/" || exit 1
done
touch "$1/begun"
export KUBEADM_UPGRADE_DRYRUN_DIR="$1"
kubeadm upgrade node phase kubelet-config --dry-run ${3:+--patches "$3"} >/dev/null
status=$?
for directory in "$1" /etc/kubernetes/tmp; do
    [ -d "$directory" ] || continue
    find "$directory" -mindepth 2 -name config.yaml -newer "$1/begun" -exec mv -- {} "$1" \;
done
[ ! -d /etc/kubernetes/tmp ] ||
    find /etc/kubernetes/tmp -mindepth 1 -maxdepth 1 -name 'kubeadm-*' -newer "$1/begun" -exec rm -rf -- {} +
exit "$status""#;

const WHAT: &str = "the kubelet's configuration";

impl Subject<'_> {
    /// Brings the file to what is wanted, and requires that the kubelet is healthy with it.
    pub(crate) async fn configure_kubelet(&self) -> Result<(), OperateError> {
        if self.rewrite_configuration().await? {
            self.systemctl("restart").await?;
        }
        self.await_healthy().await
    }

    /// Whether the file was changed. kubeadm writes its settings in another order or with other
    /// spaces now and then; that is no change.
    pub(super) async fn rewrite_configuration(&self) -> Result<bool, OperateError> {
        let bare = self.cluster().patches.is_empty();
        let directory: &[&str] = if bare { &[] } else { &[Patches::DIRECTORY] };
        let [file] = self.render(WHAT, (RENDER, directory), None, ["config.yaml"]).await?;
        let text = text_of(WHAT, file)?;
        let intent = format!("write {WHAT}");
        let present = self.read(&intent, CONFIGURATION).await?;
        let present = present.map(|file| String::from_utf8_lossy(&file).into_owned());
        let wanted = yaml::read_map(&text).map_err(|error| {
            OperateError::new(format!("read {WHAT}"), ErrorKind::Goal).caused_by(error)
        })?;
        let is_same = |text: &String| {
            yaml::read_map(text).is_ok_and(|present| leaves(&present) == leaves(&wanted))
        };
        if present.as_ref().is_some_and(is_same) {
            return Ok(false);
        }
        self.write(&intent, &FileWrite::new(CONFIGURATION, text)).await?;
        self.operator.forget(self.node());
        Ok(true)
    }
}
