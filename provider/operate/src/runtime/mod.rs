//! Container runtimes: one file a runtime.

mod containerd;

pub(crate) use containerd::Containerd;

use crate::error::OperateError;
use crate::site::Site;
use cluster::node::{Record, RuntimeConfiguration};

/// A container runtime on a host.
pub(crate) trait ContainerEngine {
    /// Makes its configuration from its own defaults, restarts it, and waits until it answers.
    async fn configure(
        &self,
        site: &Site<'_>,
        record: &mut Record,
        configuration: &RuntimeConfiguration,
    ) -> Result<(), OperateError>;

    /// Waits until it answers the kubelet's interface.
    async fn await_ready(&self, site: &Site<'_>) -> Result<(), OperateError>;
}
