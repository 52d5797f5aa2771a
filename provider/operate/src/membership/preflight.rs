//! What is looked at before a host becomes a member: everything is told at once, and nothing has
//! been changed then.

use super::subject::Subject;
use crate::error::OperateError;
use cluster::documents::kubelet_configuration;
use cluster::intent::{MemberIntent, MembershipIntent};
use cluster::membership::{InitPhases, Step};
use cluster::node::{MemberRequirements, member_preflight};

impl Subject<'_> {
    /// Refuses a host that cannot become a member, unless it is one, wholly or in part.
    pub(crate) async fn preflight(&self, steps: &[Step]) -> Result<(), OperateError> {
        let begins = |step: &Step| matches!(step, Step::Initialize(InitPhases::All) | Step::Join);
        if !steps.iter().any(begins) || steps.contains(&Step::Reset) {
            return Ok(());
        }
        let findings = member_preflight(&self.requirements(), &*self.observe().await?);
        let (errors, others): (Vec<_>, Vec<_>) =
            findings.into_iter().partition(cluster::Finding::is_error);
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

    fn advertised(&self) -> Option<std::net::IpAddr> {
        match self.intent {
            MembershipIntent::Member(MemberIntent { advertise_address, node, .. }) => {
                advertise_address.or(node.node_ip)
            }
            MembershipIntent::Worker(_) => None,
        }
    }
}
