use super::{ACCOUNT, NAMESPACE};
use k8s_openapi::api::core::v1::{Namespace, ServiceAccount};
use k8s_openapi::api::rbac::v1::{ClusterRole, ClusterRoleBinding, PolicyRule, RoleRef, Subject};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use std::collections::BTreeMap;

/// Labels of every object of flannel's.
pub(super) fn labels<const N: usize>(more: [(&str, &str); N]) -> BTreeMap<String, String> {
    let common = [("k8s-app", "flannel")];
    let all = common.into_iter().chain(more);
    all.map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

/// Pods of flannel's use the host's network, which only privileged namespaces allow.
pub(super) fn namespace() -> Namespace {
    let privileged = ("pod-security.kubernetes.io/enforce", "privileged");
    Namespace {
        metadata: ObjectMeta {
            name: Some(NAMESPACE.to_owned()),
            labels: Some(labels([privileged])),
            ..ObjectMeta::default()
        },
        ..Namespace::default()
    }
}

pub(super) fn service_account() -> ServiceAccount {
    ServiceAccount {
        metadata: ObjectMeta {
            name: Some(ACCOUNT.to_owned()),
            namespace: Some(NAMESPACE.to_owned()),
            labels: Some(labels([])),
            ..ObjectMeta::default()
        },
        ..ServiceAccount::default()
    }
}

/// flannel finds its node through its pod, watches the nodes' subnets, and writes its own
/// addresses and condition into its node's status.
pub(super) fn cluster_role() -> ClusterRole {
    ClusterRole {
        metadata: cluster_wide(),
        rules: Some(vec![
            rule("pods", &["get"]),
            rule("nodes", &["get", "list", "watch"]),
            rule("nodes/status", &["patch"]),
        ]),
        ..ClusterRole::default()
    }
}

pub(super) fn cluster_role_binding() -> ClusterRoleBinding {
    ClusterRoleBinding {
        metadata: cluster_wide(),
        role_ref: RoleRef {
            api_group: "rbac.authorization.k8s.io".to_owned(),
            kind: "ClusterRole".to_owned(),
            name: ACCOUNT.to_owned(),
        },
        subjects: Some(vec![Subject {
            kind: "ServiceAccount".to_owned(),
            name: ACCOUNT.to_owned(),
            namespace: Some(NAMESPACE.to_owned()),
            ..Subject::default()
        }]),
    }
}

fn cluster_wide() -> ObjectMeta {
    ObjectMeta { name: Some(ACCOUNT.to_owned()), labels: Some(labels([])), ..ObjectMeta::default() }
}

fn rule(resource: &str, verbs: &[&str]) -> PolicyRule {
    PolicyRule {
        api_groups: Some(vec![String::new()]),
        resources: Some(vec![resource.to_owned()]),
        verbs: verbs.iter().map(|verb| (*verb).to_owned()).collect(),
        ..PolicyRule::default()
    }
}
