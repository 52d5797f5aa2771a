//! The images of a control plane, fetched before their pods wait for them.

use super::kubeadm::Verb;
use super::subject::Subject;
use crate::error::OperateError;
use cluster::documents::{CONTAINERD_SOCKET, images_document};

impl Subject<'_> {
    /// Fetches what is missing. kubeadm asks the runtime for each image by its name, and fails when
    /// one is not there at the end; its own preflight asks once more.
    pub(crate) async fn pull_images(&self) -> Result<(), OperateError> {
        self.kubeadm(Verb::PullImages, images_document(self.cluster(), CONTAINERD_SOCKET)).await
    }
}
