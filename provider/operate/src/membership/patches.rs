//! The patches that kubeadm lays over what it renders, on the host where it runs.

use super::render::BEGIN;
use super::subject::Subject;
use crate::error::OperateError;
use cluster::intent::Patches;
use host::{Command, FileWrite};

const INTENT: &str = "write kubeadm's patches";

impl Subject<'_> {
    /// Puts them where kubeadm's configuration says that they are; before each of its runs, since they
    /// are gone after a boot, and others may be wanted than the time before.
    pub(super) async fn write_patches(&self) -> Result<(), OperateError> {
        let patches = &self.cluster().patches;
        if patches.is_empty() {
            return Ok(());
        }
        self.require(INTENT, &Command::script(BEGIN).arg(Patches::DIRECTORY)).await?;
        for (name, text) in patches.files() {
            let path = format!("{}/{name}", Patches::DIRECTORY);
            self.write(INTENT, &FileWrite::new(path, text).mode(0o600)).await?;
        }
        Ok(())
    }
}
