use crate::finding::Finding;
use crate::intent::ClusterIntent;

/// What changes of `next` over `prior` this release cannot make on a running cluster.
#[must_use]
pub fn reconfigurations(prior: &ClusterIntent, next: &ClusterIntent) -> Vec<Finding> {
    let upgrade =
        (prior.kubernetes_version != next.kubernetes_version).then(|| upgrade(prior, next));
    let fixed = FIXED.iter().filter(|fixed| (fixed.text)(prior) != (fixed.text)(next));
    upgrade.into_iter().chain(fixed.map(|fixed| fixed.finding(prior, next))).collect()
}

/// A setting that stays as it was when the cluster began.
struct Fixed {
    path: &'static [&'static str],
    text: fn(&ClusterIntent) -> String,
    reason: &'static str,
}

const FIXED: &[Fixed] = &[
    Fixed {
        path: &["endpoint", "port"],
        text: |cluster| cluster.endpoint.port.to_string(),
        reason: "The kubeconfig of every node, component and user names it. So keepalived, which cannot \
                 have 6443, and kube_vip, which has no other, cannot follow one another.",
    },
    Fixed {
        path: &["certificates_dir"],
        text: |cluster| cluster.certificates_directory().to_owned(),
        reason: "The certificates are there on every host, and nothing moves them.",
    },
    Fixed {
        path: &["etcd", "local", "data_dir"],
        text: |cluster| {
            cluster.etcd.local().map_or_else(String::new, |it| it.data_dir().to_owned())
        },
        reason: "etcd's data is there on every host, and nothing moves it.",
    },
    Fixed {
        path: &["proxy", "disabled"],
        text: |cluster| format!("{:?}", cluster.proxy),
        reason: "This release neither adds an addon to a running cluster nor removes one.",
    },
    Fixed {
        path: &["dns", "disabled"],
        text: |cluster| format!("{:?}", cluster.dns.addon),
        reason: "This release neither adds an addon to a running cluster nor removes one.",
    },
];

impl Fixed {
    fn finding(&self, prior: &ClusterIntent, next: &ClusterIntent) -> Finding {
        let shown = |cluster| match (self.text)(cluster) {
            text if text.is_empty() => "none".to_owned(),
            text => text,
        };
        let (from, to) = (shown(prior), shown(next));
        let attribute = self.path.join(".");
        let summary = format!("{attribute} of a running cluster cannot change from {from} to {to}");
        Finding::error("PLAN-RECONFIGURE", summary)
            .at(self.path.iter().copied())
            .because(self.reason)
            .advise("Put the old value back, or make a new cluster with the new one")
    }
}

fn upgrade(prior: &ClusterIntent, next: &ClusterIntent) -> Finding {
    let (from, to) = (&prior.kubernetes_version, &next.kubernetes_version);
    let summary =
        format!("this release cannot upgrade a running control plane from {from} to {to}");
    Finding::error("PLAN-RECONFIGURE", summary)
        .at(["kubernetes_version"])
        .because("Upgrades in place come with a later release, see CHANGELOG.md")
        .advise("Put the old version back, or make a new cluster with the new one")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intent::samples::{full_cluster, small_cluster};
    use crate::intent::{Addon, ExtraArguments};
    use crate::version::KubernetesVersion;

    #[track_caller]
    fn check(change: impl FnOnce(&mut ClusterIntent), expected: &[&str]) {
        let prior = small_cluster();
        let mut next = prior.clone();
        change(&mut next);
        let found = reconfigurations(&prior, &next);
        let paths: Vec<String> = found.iter().map(|finding| finding.path.join(".")).collect();
        assert_eq!(paths, expected);
    }

    #[test]
    fn what_a_running_cluster_cannot_follow_is_named() {
        check(
            |it| it.kubernetes_version = KubernetesVersion::new(1, 35, 5),
            &["kubernetes_version"],
        );
        check(|it| it.endpoint.port = 8443, &["endpoint.port"]);
        check(|it| it.proxy = Addon::Disabled, &["proxy.disabled"]);
        check(|it| it.certificates_dir = Some("/srv/pki".to_owned()), &["certificates_dir"]);
        check(|it| it.certificates_dir = Some("/etc/kubernetes/pki".to_owned()), &[]);
        check(|it| it.etcd = full_cluster().etcd, &["etcd.local.data_dir"]);
    }

    #[test]
    fn what_is_rendered_anew_may_change() {
        let arguments = || ExtraArguments::default().with("v", "9");
        check(|it| it.api_server.component.extra_args = arguments(), &[]);
        check(|it| it.kubelet_configuration = full_cluster().kubelet_configuration, &[]);
        check(|it| it.image_repository = Some("registry.example.org".to_owned()), &[]);
        check(|it| it.control_plane_nodes.clear(), &[]);
    }
}
