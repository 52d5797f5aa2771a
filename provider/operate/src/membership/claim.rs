//! Our mark on a host: whose it is and what of it is ours.

use super::certificates::shared_files;
use super::subject::Subject;
use crate::error::{ErrorKind, OperateError};
use crate::kubernetes::Kubernetes;
use crate::record_file::{read_record, write_record};
use crate::site::Site;
use cluster::intent::{CertificateTransfer, ExtraArguments, MembershipIntent};
use cluster::membership::bootstrap::TokenPurpose;
use cluster::membership::{Claim, Entry, HostState, Role};
use cluster::node::Record;
use cluster::static_pod::Component;
use std::collections::BTreeSet;

impl Subject<'_> {
    /// Marks the host, before anything of the cluster is made on it.
    pub(crate) async fn claim(&self, entry: Entry) -> Result<(), OperateError> {
        let state = self.state().await?;
        let mut claim = state.renewed_claim(&self.cluster().id, self.intent.role(), entry);
        claim.certificates_dir.clone_from(&self.cluster().certificates_dir);
        claim.kubelet_arguments.extend(self.kubelet_arguments().await?.names().map(str::to_owned));
        self.note_what_comes(&mut claim).await?;
        self.write_claim(Some(&claim)).await
    }

    /// What a member will have from the others, and the host has not of its own.
    async fn note_what_comes(&self, claim: &mut Claim) -> Result<(), OperateError> {
        if (claim.role, claim.entry) == (Role::ControlPlane, Entry::Join) {
            claim.shared_files.extend(self.missing(&shared_files(self.cluster())).await?);
        }
        Ok(())
    }

    /// Notes the cluster's CA and what the kubelet was given, once both are facts. No token is
    /// needed any more then, so those of interrupted applies go.
    pub(crate) async fn record_authority(&self) -> Result<(), OperateError> {
        let kubernetes = self.kubernetes().await?;
        let former = self.state().await?.claim;
        let entry = former.as_ref().map_or_else(|| self.usual_entry(), |claim| claim.entry);
        if let Err(error) = self.revoke_leftovers(&kubernetes, entry).await {
            tracing::warn!(host = self.name(), %error, "credentials of earlier applies were not looked for");
        }
        let claim = Claim {
            ca_hash: Some(kubernetes.ca_hash()),
            certificates_dir: self.cluster().certificates_dir.clone(),
            kubelet_arguments: self.kubelet_arguments().await?.names().map(str::to_owned).collect(),
            shared_files: former.as_ref().map(|it| it.shared_files.clone()).unwrap_or_default(),
            restarts: former.map(|claim| claim.restarts).unwrap_or_default(),
            ..Claim::new(&self.cluster().id, self.intent.role(), entry)
        };
        self.write_claim(Some(&claim)).await
    }

    /// Notes what the kubelet has of us, once its arguments are written: those that it had before are
    /// nobody's any more.
    pub(super) async fn note_arguments(&self, wanted: &ExtraArguments) -> Result<(), OperateError> {
        let names: BTreeSet<String> = wanted.names().map(str::to_owned).collect();
        match self.state().await?.claim {
            Some(claim) if claim.kubelet_arguments != names => {
                let claim = Claim { kubelet_arguments: names, ..claim };
                self.write_claim(Some(&claim)).await
            }
            _ => Ok(()),
        }
    }

    /// Notes which components have to start anew.
    pub(super) async fn note_restarts(
        &self,
        restarts: &BTreeSet<Component>,
    ) -> Result<(), OperateError> {
        match self.state().await?.claim {
            Some(claim) if claim.restarts != *restarts => {
                let claim = Claim { restarts: restarts.clone(), ..claim };
                self.write_claim(Some(&claim)).await
            }
            _ => Ok(()),
        }
    }

    /// Takes what a reset has ended out of the mark: else a join that is interrupted after it would
    /// count as a finished membership.
    pub(crate) async fn renew_claim(&self) -> Result<(), OperateError> {
        let state = self.state().await?;
        let Some(former) = &state.claim else { return Ok(()) };
        let mut claim = Claim {
            certificates_dir: former.certificates_dir.clone(),
            ..state.renewed_claim(&former.cluster_id, former.role, former.entry)
        };
        // A host that began the cluster made its own, which the reset has removed.
        self.note_what_comes(&mut claim).await?;
        self.write_claim(Some(&claim)).await
    }

    /// How a host came into the cluster whose mark was lost.
    fn usual_entry(&self) -> Entry {
        match self.intent.role() {
            Role::ControlPlane => Entry::Init,
            Role::Worker => Entry::Join,
        }
    }

    async fn revoke_leftovers(
        &self,
        kubernetes: &Kubernetes,
        entry: Entry,
    ) -> Result<(), kube::Error> {
        match entry {
            Entry::Init => kubernetes.revoke_stale(TokenPurpose::Init).await,
            Entry::Join => {
                kubernetes.revoke_stale(TokenPurpose::Join(self.name())).await?;
                match self.intent {
                    MembershipIntent::Member(member)
                        if member.certificate_transfer == CertificateTransfer::UploadCerts =>
                    {
                        kubernetes.withdraw_certificates().await
                    }
                    _ => Ok(()),
                }
            }
        }
    }
}

impl Site<'_> {
    /// Takes the mark off the host.
    pub(crate) async fn disclaim(&self) -> Result<(), OperateError> {
        self.write_claim(None).await
    }

    async fn write_claim(&self, claim: Option<&Claim>) -> Result<(), OperateError> {
        let mut record = read_record(self).await?;
        let mark = claim.map(Claim::mark);
        if record.membership == mark {
            return Ok(());
        }
        record.membership = mark;
        write_record(self, &record).await?;
        self.operator.forget(self.node);
        self.claimed_as(claim, &self.state().await?)
    }

    fn claimed_as(&self, claim: Option<&Claim>, state: &HostState) -> Result<(), OperateError> {
        if state.claim.as_ref() == claim {
            return Ok(());
        }
        let error = OperateError::new("write the provider's record", ErrorKind::Goal);
        Err(error.note(format!(
            "{} of {} does not hold what was written",
            Record::PATH,
            self.node.name
        )))
    }
}
