//! What is found on a host of a membership, whatever its cluster says.

use super::found::{KubeletFound, PackagesFound};
use cluster::leaves::leaves;
use cluster::membership::kubelet_unit;
use cluster::observed::{Fact, Observed, Package};
use cluster::static_pod::{Component, StaticPod};
use cluster::yaml;
use std::collections::BTreeMap;

pub(super) fn static_pods(observed: &Observed) -> Option<BTreeMap<Component, StaticPod>> {
    let known = |(component, fact): (&Component, &Fact<StaticPod>)| match fact {
        Fact::Known(pod) => Some(Some((*component, pod.clone()))),
        Fact::Absent => None,
        Fact::Unreadable(_) => Some(None),
    };
    observed.kubernetes.static_pods.iter().filter_map(known).collect()
}

pub(super) fn kubelet_configuration(observed: &Observed) -> Option<BTreeMap<String, String>> {
    match &observed.kubernetes.kubelet_configuration {
        Fact::Known(text) => yaml::read_map(text).ok().map(|map| leaves(&map)),
        Fact::Absent => Some(BTreeMap::new()),
        Fact::Unreadable(_) => None,
    }
}

pub(super) fn packages(observed: &Observed) -> PackagesFound {
    let package = |name: &str| observed.packages.package(name).known().cloned();
    let all = [package("kubeadm"), package("kubelet"), package("kubectl")];
    let held = all.iter().all(|package| package.as_ref().is_some_and(|package| package.held));
    let [kubeadm, kubelet, kubectl] =
        all.map(|package| package.map(|Package { version, .. }| version));
    PackagesFound { kubeadm, kubelet, kubectl, held }
}

pub(super) fn kubelet(observed: &Observed) -> KubeletFound {
    let unit = observed.units.unit(kubelet_unit::UNIT);
    unit.known().map_or_else(KubeletFound::default, |unit| KubeletFound {
        enabled: unit.is_enabled(),
        active: unit.is_active(),
        current: kubelet_unit::is_current(observed),
    })
}
