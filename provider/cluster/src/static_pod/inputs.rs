use super::Component;
use crate::intent::{
    Addon, ApiServer, ClusterIntent, Component as Settings, Dns, EndpointKind, EtcdIntent,
    LocalEtcd, PackageSource,
};
use serde_json::Map;
use std::collections::{BTreeMap, BTreeSet};

/// The components whose manifests may change when the cluster's intent does.
#[must_use]
pub fn affected(prior: &ClusterIntent, next: &ClusterIntent) -> BTreeSet<Component> {
    let changes = |component: &Component| inputs(*component, prior) != inputs(*component, next);
    Component::ALL.into_iter().filter(changes).collect()
}

/// The intent without what a component's manifest does not tell.
fn inputs(component: Component, cluster: &ClusterIntent) -> ClusterIntent {
    let mut inputs = ClusterIntent {
        control_plane_nodes: Vec::new(),
        ignore_preflight_errors: BTreeSet::new(),
        packages: PackageSource::default(),
        patches: cluster.patches.of(component.name()),
        kubelet_configuration: Map::new(),
        kube_proxy_configuration: Map::new(),
        feature_gates: BTreeMap::new(),
        dns: Dns::default(),
        proxy: Addon::default(),
        encryption_algorithm: None,
        certificate_validity_period: None,
        ca_certificate_validity_period: None,
        renew_before: None,
        ..cluster.clone()
    };
    // Written out or not, a default is the same.
    inputs.certificates_dir = Some(cluster.certificates_directory().to_owned());
    inputs.endpoint.kind = EndpointKind::default();
    // Kept apart from the arguments: they are in the certificate alone.
    inputs.api_server.cert_sans = BTreeSet::new();
    if component != Component::KubeApiserver {
        inputs.api_server = ApiServer::default();
    }
    if component != Component::KubeControllerManager {
        inputs.controller_manager = Settings::default();
    }
    if component != Component::KubeScheduler {
        inputs.scheduler = Settings::default();
    }
    let is_own = component == Component::Etcd;
    if let EtcdIntent::Local(etcd) = &mut inputs.etcd {
        if !is_own {
            *etcd = LocalEtcd::default();
        }
        etcd.data_dir = Some(etcd.data_dir().to_owned());
        etcd.server_cert_sans = BTreeSet::new();
        etcd.peer_cert_sans = BTreeSet::new();
    } else if component != Component::KubeApiserver {
        inputs.etcd = EtcdIntent::default();
    }
    inputs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intent::samples::full_cluster;
    use crate::intent::{ExtraArguments, Patches};

    #[track_caller]
    fn check(change: impl FnOnce(&mut ClusterIntent), expected: &[Component]) {
        let prior = full_cluster();
        let mut next = prior.clone();
        change(&mut next);
        assert_ne!(prior, next);
        assert_eq!(Vec::from_iter(affected(&prior, &next)), expected);
    }

    #[test]
    fn only_what_reads_a_setting_is_affected() {
        let arguments = || ExtraArguments::default().with("v", "9");
        check(|it| it.api_server.component.extra_args = arguments(), &[Component::KubeApiserver]);
        check(|it| it.scheduler.extra_args = arguments(), &[Component::KubeScheduler]);
        check(
            |it| it.controller_manager.extra_args = arguments(),
            &[Component::KubeControllerManager],
        );
        check(
            |it| {
                let EtcdIntent::Local(etcd) = &mut it.etcd else { panic!("it has one") };
                etcd.extra_args = arguments();
            },
            &[Component::Etcd],
        );
        let patch = |name: &str| Patches::from(BTreeMap::from([(name.to_owned(), String::new())]));
        check(|it| it.patches = patch("etcd0.yaml"), &[Component::Etcd]);
        check(|it| it.patches = patch("kubeletconfiguration.yaml"), &[]);
        check(|it| it.image_repository = Some("other".to_owned()), &Component::ALL);
        check(|it| it.api_server.cert_sans = BTreeSet::new(), &[]);
        check(|it| it.kubelet_configuration = Map::new(), &[]);
        check(|it| it.control_plane_nodes.clear(), &[]);
        check(|it| it.endpoint.kind = EndpointKind::OwnAddress, &[]);
    }
}
