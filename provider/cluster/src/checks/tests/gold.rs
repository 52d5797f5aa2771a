//! Texts are product: every finding of a thoroughly wrong configuration, as users read it.

use super::*;
use crate::intent::ExtraArguments;

pub(super) fn as_text(findings: &[Finding]) -> String {
    let one = |finding: &Finding| {
        format!(
            "{}\n  {}\n  why  {}\n  do   {}\n",
            brief(finding),
            finding.summary,
            finding.detail,
            finding.advice
        )
    };
    findings.iter().map(one).collect::<Vec<_>>().join("\n")
}

#[test]
fn texts_of_a_wrong_cluster() {
    let mut draft = fine_cluster();
    draft.kubernetes_version = "v1.35.4".into();
    draft.endpoint.host = "10.96.0.7".into();
    draft.endpoint.kind = EndpointKindDraft::OwnAddress;
    draft.networking.pod_subnet = "10.96.0.0/24".into();
    draft.control_plane_nodes = Planned::Known(nodes(4));
    let etcd = draft.etcd.local.get_or_insert_default();
    etcd.extra_args = ExtraArguments::default().with("initial-cluster", "cp1=http://a");
    draft.kubelet_configuration = Some("cgroupDriver: cgroupfs".to_owned());
    insta::assert_snapshot!(as_text(&check_cluster(&draft)));
}

#[test]
fn texts_of_a_wrong_worker() {
    let mut draft = fine_worker();
    draft.node.name = "W_1".into();
    draft.registration.labels.insert("kubernetes.io/hostname".to_owned(), "w1".to_owned());
    let arguments = ExtraArguments::default().with("node-ip", "10.0.0.1");
    draft.registration.kubelet_extra_args = arguments.with("cloud-provider", "external");
    insta::assert_snapshot!(as_text(&check_worker(&draft)));
}

#[test]
fn every_text_is_whole() {
    let mut draft = fine_cluster();
    draft.control_plane_nodes = Planned::Known(nodes(4));
    draft.networking.pod_subnet = "10.96.0.0/24".into();
    draft.name = "A B".into();
    for finding in check_cluster(&draft) {
        assert!(!finding.summary.ends_with('.'), "{}", finding.summary);
        assert!(finding.detail.ends_with('.'), "{}", finding.detail);
        assert!(finding.advice.ends_with('.'), "{}", finding.advice);
    }
}
