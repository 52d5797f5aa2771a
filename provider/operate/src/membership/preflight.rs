//! What is looked at before a host becomes a member: everything is told at once, and nothing has
//! been changed then.

use super::subject::Subject;
use crate::error::OperateError;
use cluster::Finding;
use cluster::documents::kubelet_configuration;
use cluster::intent::ExternalEtcd;
use cluster::membership::{InitPhases, Step};
use cluster::node::{MemberRequirements, member_preflight};

impl Subject<'_> {
    /// Refuses a host that cannot become a member, unless it is one, wholly or in part.
    pub(crate) async fn preflight(&self, steps: &[Step]) -> Result<(), OperateError> {
        let begins = |step: &Step| matches!(step, Step::Initialize(InitPhases::All) | Step::Join);
        if !steps.iter().any(begins) || steps.contains(&Step::Reset) {
            return Ok(());
        }
        let mut findings = member_preflight(&self.requirements(), &*self.observe().await?);
        if initializes(steps) {
            findings.extend(self.missing_etcd_files().await?);
        }
        let (errors, others): (Vec<_>, Vec<_>) = findings.into_iter().partition(Finding::is_error);
        for finding in others {
            tracing::warn!(
                host = self.name(),
                code = finding.code,
                "{}: {}",
                finding.summary,
                finding.detail
            );
        }
        if errors.is_empty() {
            return Ok(());
        }
        let intent = format!("prepare host {} for its membership", self.name());
        Err(OperateError::refused(intent, errors).on(self.operator.label(self.node())))
    }

    /// The files of an external etcd come with a join; on the host that begins the cluster they have
    /// to be there.
    async fn missing_etcd_files(&self) -> Result<Vec<Finding>, OperateError> {
        let mut missing = Vec::new();
        for path in self.cluster().etcd.external().into_iter().flat_map(ExternalEtcd::files) {
            if self.read("look for the files of etcd", path).await?.is_none() {
                missing.push(no_etcd_file(self.name(), path));
            }
        }
        Ok(missing)
    }

    fn requirements(&self) -> MemberRequirements {
        let ignored = self.intent.ignored_preflight_errors();
        let networking = &self.cluster().networking;
        let pods = networking.pod_subnet.map(|subnet| ("pods", subnet));
        MemberRequirements {
            role: self.intent.role(),
            networks: pods.into_iter().chain([("services", networking.service_subnet)]).collect(),
            kubelet: kubelet_configuration(self.cluster()),
            advertise_address: self.advertised(),
            ignored: ignored.into_iter().map(str::to_owned).collect(),
        }
    }
}

fn initializes(steps: &[Step]) -> bool {
    steps.iter().any(|step| matches!(step, Step::Initialize(_)))
}

fn no_etcd_file(host: &str, path: &str) -> Finding {
    let summary = format!("{path} is missing on {host}");
    Finding::error("PF-ETCD-FILES", summary)
        .because("etcd is external, and kubeadm init reaches it with the files of etcd.external")
        .advise("Put the file there (kubeadm_node or your image can do it), then apply again")
}
