//! What the provider last made of a host: a plan puts it back.

use std::collections::{BTreeMap, BTreeSet};

use cluster::endpoint::Served;
use cluster::intent::{ClusterIntent, Patches};
use cluster::static_pod::{Component, StaticPod, affected};
use operate::membership::MembershipFound;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tfplugin::{Set, Tf};

use crate::model::{ClusterObject, ServedEndpoint, StaticPods, static_pods, text_map};
use crate::seen::Seen;

/// What the provider last made of a host; kept beside the state. What was never recorded is taken
/// from the first look that sees it.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
pub(crate) struct Recorded {
    /// Whether it was but looked at: then an apply may make something else of it.
    #[serde(default)]
    pub(super) only_seen: bool,
    /// When it was last looked at.
    #[serde(default)]
    pub(super) seen: Seen,
    /// Static pods of the control plane.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) static_pods: Option<BTreeMap<Component, StaticPod>>,
    /// Names in the API server's certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) certificate_names: Option<BTreeSet<String>>,
    /// The kubelet's configuration file, by the paths of its settings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) kubelet_configuration: Option<BTreeMap<String, String>>,
    /// The host's part of the cluster's endpoint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) endpoint: Option<Served>,
}

impl Recorded {
    /// What an apply came to.
    pub(super) fn of(found: &MembershipFound) -> Self {
        Self {
            only_seen: false,
            seen: Seen::default().again(),
            static_pods: found.static_pods.clone(),
            certificate_names: found.certificate_names.clone(),
            kubelet_configuration: found.kubelet_configuration.clone(),
            endpoint: found.endpoint.clone(),
        }
    }

    /// The same, with what a look found of what was never recorded.
    pub(super) fn or_found(self, found: &MembershipFound) -> Self {
        let looked = Self::of(found);
        Self {
            only_seen: self.only_seen || self.kubelet_configuration.is_none(),
            seen: self.seen.again(),
            static_pods: self.static_pods.or(looked.static_pods),
            certificate_names: self.certificate_names.or(looked.certificate_names),
            kubelet_configuration: self.kubelet_configuration.or(looked.kubelet_configuration),
            endpoint: self.endpoint.or(looked.endpoint),
        }
    }

    /// The static pods that a plan promises; `prior` where none were recorded.
    pub(super) fn planned_pods(&self, changes: &Changes, prior: &StaticPods) -> StaticPods {
        match &self.static_pods {
            Some(pods) => static_pods(pods, |component| changes.components.contains(&component)),
            None if changes.components.is_empty() => prior.clone(),
            None => Tf::Unknown,
        }
    }

    /// The names in the API server's certificate that a plan promises; `prior` where none were
    /// recorded.
    pub(super) fn planned_names(
        &self,
        changes: &Changes,
        prior: &Tf<Set<Tf<String>>>,
    ) -> Tf<Set<Tf<String>>> {
        match &self.certificate_names {
            _ if changes.names => Tf::Unknown,
            Some(names) => Tf::Known(names.iter().cloned().map(Tf::Known).collect()),
            None => prior.clone(),
        }
    }

    /// The kubelet's configuration that a plan promises; `prior` where none was recorded.
    pub(super) fn planned_configuration(
        &self,
        changes: &Changes,
        prior: &Tf<BTreeMap<String, Tf<String>>>,
    ) -> Tf<BTreeMap<String, Tf<String>>> {
        match &self.kubelet_configuration {
            _ if changes.kubelet => Tf::Unknown,
            Some(settings) => Tf::Known(text_map(settings)),
            None => prior.clone(),
        }
    }
}

/// The part of the endpoint that a plan promises of a host of `cluster`: what of it was `recorded`,
/// and `prior` where nothing was.
pub(super) fn planned_endpoint(
    (recorded, prior): (Option<&Served>, &Tf<ServedEndpoint>),
    changes: &Changes,
    cluster: Tf<&ClusterObject>,
) -> Tf<ServedEndpoint> {
    match cluster {
        Tf::Known(cluster) if !cluster.serves_endpoint() && cluster.endpoint.is_known() => Tf::Null,
        _ if changes.endpoint || recorded.is_some_and(|served| !served.is_current()) => Tf::Unknown,
        _ => recorded.map_or_else(|| prior.clone(), |served| Tf::Known(served.into())),
    }
}

/// What a kubelet's configuration is made from.
fn kubelet(cluster: &ClusterIntent) -> (&Map<String, Value>, Patches) {
    (&cluster.kubelet_configuration, cluster.patches.of(Patches::KUBELET))
}

/// What a change of the cluster's settings changes on its hosts.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Changes {
    /// Components whose manifests are rendered anew.
    components: BTreeSet<Component>,
    /// Whether the API server's certificate is made anew.
    names: bool,
    /// Whether the kubelet's configuration is written anew.
    kubelet: bool,
    /// Whether the host's part of the endpoint is another.
    endpoint: bool,
}

impl Changes {
    /// Between two clusters; where parts of the next are not known, everything may change.
    pub(super) fn between(prior: Tf<&ClusterObject>, next: Tf<&ClusterObject>) -> Self {
        let endpoint = served(prior) != served(next);
        let prior = prior.known().and_then(|cluster| cluster.settings());
        let next = next.known().and_then(|cluster| cluster.settings());
        match (prior, next) {
            (Some(prior), Some(next)) => Self {
                components: affected(&prior, &next),
                names: prior.api_server.cert_sans != next.api_server.cert_sans,
                kubelet: kubelet(&prior) != kubelet(&next),
                endpoint,
            },
            _ => Self::all(),
        }
    }

    /// Everything may change.
    pub(super) fn all() -> Self {
        Self { components: Component::ALL.into(), names: true, kubelet: true, endpoint: true }
    }
}

/// What a host's part of the endpoint is made from.
fn served(cluster: Tf<&ClusterObject>) -> impl PartialEq + use<> {
    let known = cluster.known();
    known.map(|cluster| (cluster.endpoint.clone(), cluster.endpoint_hosts()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Endpoint, Keepalived};

    /// An apply would write the files anew, and what they are then only it can tell.
    #[test]
    fn what_an_older_provider_made_of_an_endpoint_is_not_promised() {
        let endpoint =
            Endpoint { keepalived: Tf::Known(Keepalived::default()), ..Endpoint::default() };
        let cluster = ClusterObject { endpoint: Tf::Known(endpoint), ..ClusterObject::default() };
        let planned = |revision| {
            let served = Served { revision, ..Served::default() };
            let before = (Some(&served), &Tf::Null);
            planned_endpoint(before, &Changes::default(), Tf::Known(&cluster))
        };
        assert!(planned(Served::REVISION).is_known());
        assert!(planned(Served::REVISION - 1).is_unknown());
    }
}
