//! The images of a control plane, fetched before their pods wait for them.

use super::kubeadm::Verb;
use super::subject::Subject;
use crate::error::{ErrorKind, OperateError};
use cluster::documents::{CONTAINERD_SOCKET, images_document};

impl Subject<'_> {
    /// Fetches what is missing. kubeadm asks the runtime for each image by its name, and fails when
    /// one is not there at the end; its own preflight asks once more.
    pub(crate) async fn pull_images(&self) -> Result<(), OperateError> {
        let document = images_document(self.cluster(), CONTAINERD_SOCKET).map_err(|error| {
            OperateError::new("write kubeadm's configuration", ErrorKind::Configuration)
                .caused_by(error)
        })?;
        self.kubeadm(Verb::PullImages, &document).await
    }
}
