//! `kubeadm join` of a worker.

use super::kubeadm::Verb;
use super::subject::Subject;
use crate::error::{ErrorKind, OperateError};
use crate::kubernetes::Kubernetes;
use cluster::documents::{JoinContext, join_worker_document};
use cluster::intent::MembershipIntent;
use cluster::token::BootstrapToken;

impl Subject<'_> {
    /// Joins with a token of its own, which is revoked whatever comes of it.
    pub(crate) async fn join(&self) -> Result<(), OperateError> {
        let kubernetes = self.kubernetes().await?;
        let token = kubernetes.new_token(self.name(), self.cancel).await?;
        let run = self.join_with(&kubernetes, &token).await;
        kubernetes.revoke(&token).await;
        run?;
        self.has_joined().await
    }

    async fn join_with(
        &self,
        kubernetes: &Kubernetes,
        token: &BootstrapToken,
    ) -> Result<(), OperateError> {
        let MembershipIntent::Worker(intent) = self.intent else { return Err(self.not_a_worker()) };
        let context = JoinContext {
            host: self.context().await?,
            token: token.clone(),
            api_server: self.cluster().endpoint.to_string(),
            ca_hashes: kubernetes.ca_hashes.clone(),
            skip_phases: Vec::new(),
        };
        let document = join_worker_document(intent, &context).map_err(|error| {
            OperateError::new("write kubeadm's configuration", ErrorKind::Configuration)
                .caused_by(error)
        })?;
        self.kubeadm(Verb::Join, &document, &[]).await
    }

    async fn has_joined(&self) -> Result<(), OperateError> {
        let files = self.state().await?.files;
        if files.kubelet {
            return Ok(());
        }
        let error = OperateError::new("run kubeadm join", ErrorKind::Goal);
        Err(error.note("kubeadm ended well, and the kubelet has no credentials of its own"))
    }

    fn not_a_worker(&self) -> OperateError {
        let intent = format!("join {} to the control plane", self.name());
        OperateError::new(intent, ErrorKind::Configuration)
    }
}
