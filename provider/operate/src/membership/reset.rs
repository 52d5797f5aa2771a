//! `kubeadm reset`, and the removal of what it leaves.

use super::kubeadm::Verb;
use super::subject::Subject;
use crate::error::{ErrorKind, OperateError};
use crate::site::Site;
use cluster::documents::{CONTAINERD_SOCKET, ResetContext, reset_document};
use cluster::membership::{HostState, Role, packet_filter};
use host::Command;
use std::time::Duration;

/// Files, links and directories of the cluster that `kubeadm reset` leaves, and nothing else:
/// directories only when they are empty, docker0 and the chains of others never.
const LEFTOVERS: &str = include_str!("leftovers.sh");

/// Both kinds of packet filter, for both families: kube-proxy takes the one it finds in use.
const PACKET_FILTERS: [&str; 4] =
    ["iptables-nft", "ip6tables-nft", "iptables-legacy", "ip6tables-legacy"];

/// Prints nothing when the tool is not there.
const SAVE: &str = r#"command -v "$1-save" >/dev/null || exit 0; exec "$1-save""#;

/// Removes files, and directories that are empty then.
const REMOVE: &str = r#"
rm -f -- "$@"
for file; do
    rmdir --ignore-fail-on-non-empty -- "${file%/*}" 2>/dev/null
    [ ! -e "$file" ] || exit 1
done"#;

const LIMIT: Duration = Duration::from_mins(1);

impl Subject<'_> {
    /// Runs `kubeadm reset`, and requires that nothing of the cluster is left running or
    /// configured.
    pub(crate) async fn reset(&self) -> Result<(), OperateError> {
        if self.observe().await?.packages.package("kubeadm").is_absent() {
            self.install_packages().await?;
        }
        let ignored = self.intent.ignored_preflight_errors();
        self.site
            .reset_as(&ResetContext {
                cri_socket: CONTAINERD_SOCKET.to_owned(),
                certificates_dir: self.cluster().certificates_dir.clone(),
                ignore_preflight_errors: ignored.into_iter().map(str::to_owned).collect(),
            })
            .await?;
        self.renew_claim().await?;
        match self.intent.role() {
            Role::ControlPlane => self.has_left_etcd().await,
            Role::Worker => Ok(()),
        }
    }
}

impl Site<'_> {
    /// As [`Subject::reset`], on a host that has kubeadm.
    pub(crate) async fn reset_as(&self, context: &ResetContext) -> Result<(), OperateError> {
        self.kubeadm(Verb::Reset, reset_document(context)).await?;
        self.operator.membership().connections.forget(self.node);
        self.systemctl("stop").await?;
        self.clean_up().await?;
        self.nothing_left(&self.state().await?)
    }

    fn nothing_left(&self, state: &HostState) -> Result<(), OperateError> {
        if !state.files.any() && state.ca_hash.is_none() {
            return Ok(());
        }
        let error = OperateError::new("reset the host", ErrorKind::Goal);
        Err(error
            .note(format!("kubeadm ended well, and {} still: {}", self.node.name, state.files)))
    }

    /// Removes what `kubeadm reset` leaves.
    pub(crate) async fn clean_up(&self) -> Result<(), OperateError> {
        self.clean_packet_filters().await?;
        self.run_checked("remove the cluster's leftovers", Command::script(LEFTOVERS)).await?;
        self.remove_shared_files().await?;
        self.operator.forget(self.node);
        Ok(())
    }

    /// Keys of the CAs and an external etcd's credentials that came with the join; the user's own
    /// stay. `kubeadm reset` removes those of its directory of certificates, and is run only where a
    /// join got as far as to leave more than them.
    async fn remove_shared_files(&self) -> Result<(), OperateError> {
        let claim = self.state().await?.claim;
        let files = claim.map(|claim| claim.shared_files).unwrap_or_default();
        if files.is_empty() {
            return Ok(());
        }
        let remove = Command::script(REMOVE).args(files);
        self.run_checked("remove what members share", remove).await.map(drop)
    }

    async fn clean_packet_filters(&self) -> Result<(), OperateError> {
        for tool in PACKET_FILTERS {
            let saved =
                self.run_checked("read the packet filter", Command::script(SAVE).arg(tool)).await?;
            if let Some(removal) = packet_filter::removal(&saved) {
                let restore = Command::new(format!("{tool}-restore"))
                    .args(["--noflush", "--wait=10"])
                    .stdin(removal);
                self.run_checked("remove the cluster's packet filter chains", restore).await?;
            }
        }
        Ok(())
    }

    /// Runs a short command that must succeed; its standard output.
    async fn run_checked(&self, intent: &str, command: Command) -> Result<String, OperateError> {
        let command = command.timeout(LIMIT);
        let output = self.on_host(intent, self.host.run(&command)).await?;
        if output.success() {
            return Ok(output.stdout_text().into_owned());
        }
        Err(OperateError::command(intent, &command, &output))
    }
}
