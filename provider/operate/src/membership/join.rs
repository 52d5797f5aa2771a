//! `kubeadm join` of a member or a worker.

use super::kubeadm::Verb;
use super::subject::Subject;
use crate::error::{ErrorKind, OperateError};
use crate::kubernetes::Kubernetes;
use cluster::documents::{
    ControlPlaneJoin, JoinContext, join_member_document, join_worker_document,
};
use cluster::intent::{CertificateTransfer, MemberIntent, MembershipIntent};
use cluster::membership::{ClusterFiles, Role};
use cluster::token::BootstrapToken;

impl Subject<'_> {
    /// Joins with a token of its own, which is revoked whatever comes of it.
    pub(crate) async fn join(&self) -> Result<(), OperateError> {
        let kubernetes = self.kubernetes().await?;
        if self.intent.role() == Role::ControlPlane {
            self.reach_endpoint_by_tailnet().await?;
        }
        self.require_endpoint(&kubernetes).await?;
        let token = kubernetes.new_token(self.name(), self.cancel).await?;
        let run = self.join_with(&kubernetes, &token).await;
        kubernetes.revoke(&token).await;
        self.operator.membership().connections.forget(self.node());
        run?;
        self.has_joined().await
    }

    async fn join_with(
        &self,
        kubernetes: &Kubernetes,
        token: &BootstrapToken,
    ) -> Result<(), OperateError> {
        let context = JoinContext {
            host: self.context().await?,
            token: token.clone(),
            api_server: self.cluster().endpoint.to_string(),
            ca_hashes: kubernetes.ca_hashes.clone(),
        };
        self.write_patches().await?;
        match self.intent {
            MembershipIntent::Worker(intent) => {
                self.kubeadm(Verb::Join, join_worker_document(intent, &context)).await
            }
            MembershipIntent::Member(intent) => {
                Box::pin(self.join_control_plane(intent, kubernetes, &context)).await
            }
        }
    }

    /// What was uploaded for it is withdrawn whatever comes of the join, and nothing else is.
    async fn join_control_plane(
        &self,
        intent: &MemberIntent,
        kubernetes: &Kubernetes,
        context: &JoinContext,
    ) -> Result<(), OperateError> {
        let run = async {
            let certificate_key = self.transfer_certificates(intent, kubernetes).await?;
            let control_plane = ControlPlaneJoin { certificate_key };
            let document = join_member_document(intent, context, &control_plane);
            self.kubeadm(Verb::Join, document).await
        };
        let run = run.await;
        if intent.certificate_transfer == CertificateTransfer::UploadCerts
            && let Err(error) = kubernetes.withdraw_certificates().await
        {
            tracing::warn!(host = self.name(), %error, "uploaded certificates were not withdrawn: they end within two hours");
        }
        run
    }

    async fn has_joined(&self) -> Result<(), OperateError> {
        let ClusterFiles { kubelet, admin, manifests, .. } = self.state().await?.files;
        let is_member = self.intent.role() == Role::ControlPlane;
        let lacks = match (kubelet, admin && manifests) {
            (false, _) => "the kubelet has no credentials of its own",
            (true, false) if is_member => "the host has no control plane",
            (true, _) => return Ok(()),
        };
        let error = OperateError::new("run kubeadm join", ErrorKind::Goal);
        Err(error.note(format!("kubeadm ended well, and {lacks}")))
    }
}
