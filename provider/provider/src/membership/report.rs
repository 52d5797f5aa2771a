//! From what was found to the state.

use std::collections::BTreeMap;

use cluster::intent::ExtraArguments;
use operate::membership::{KubeletFound, MembershipFound, NodeFound, PackagesFound};
use tfplugin::{Set, Tf};

use crate::model::{
    Kubelet, KubernetesPackages, ServedEndpoint, StaticPods, Taint, list_map, lists, map,
    taints_found, text_map,
};

/// The parts of a membership's state that are found.
pub(crate) struct Parts<'a> {
    pub(crate) id: &'a mut Tf<String>,
    pub(crate) marked: &'a mut Tf<bool>,
    pub(crate) labels: &'a mut Tf<BTreeMap<String, Tf<String>>>,
    pub(crate) annotations: &'a mut Tf<BTreeMap<String, Tf<String>>>,
    pub(crate) taints: &'a mut Tf<Vec<Taint>>,
    pub(crate) kubelet_extra_args: &'a mut Tf<BTreeMap<String, Tf<Vec<Tf<String>>>>>,
    pub(crate) node_uid: &'a mut Tf<String>,
    pub(crate) kubelet_version: &'a mut Tf<String>,
    pub(crate) packages: &'a mut Tf<KubernetesPackages>,
    pub(crate) kubelet: &'a mut Tf<Kubelet>,
}

/// The parts of a control plane member's state that are found beside those of any membership.
pub(crate) struct ControlPlaneParts<'a> {
    pub(crate) static_pods: &'a mut StaticPods,
    pub(crate) certificate_names: &'a mut Tf<Set<Tf<String>>>,
    pub(crate) certificates_due: &'a mut Tf<Set<Tf<String>>>,
    pub(crate) restarts_due: &'a mut Tf<Set<Tf<String>>>,
    pub(crate) endpoint: &'a mut Tf<ServedEndpoint>,
}

/// The accessors of the attributes that every membership has, by their names: serde cannot flatten
/// a shared struct into a model, so that each model declares them.
macro_rules! host_attributes {
    () => {
        fn node(&self) -> &Tf<NodeObject> {
            &self.node
        }

        fn registration(&self) -> RegistrationParts<'_> {
            RegistrationParts {
                labels: &self.labels,
                annotations: &self.annotations,
                taints: &self.taints,
                kubelet_extra_args: &self.kubelet_extra_args,
                ignore_preflight_errors: &self.ignore_preflight_errors,
            }
        }

        fn timeouts(&self) -> &Tf<Timeouts> {
            &self.timeouts
        }

        fn parts(&mut self) -> Parts<'_> {
            Parts {
                id: &mut self.id,
                marked: &mut self.marked,
                labels: &mut self.labels,
                annotations: &mut self.annotations,
                taints: &mut self.taints,
                kubelet_extra_args: &mut self.kubelet_extra_args,
                node_uid: &mut self.node_uid,
                kubelet_version: &mut self.kubelet_version,
                packages: &mut self.packages,
                kubelet: &mut self.kubelet,
            }
        }
    };
}
pub(crate) use host_attributes;

impl Parts<'_> {
    /// Plans a new node object where the one there was is gone: its host registers again.
    pub(crate) fn plan_registration(self, prior_uid: &Tf<String>) {
        if prior_uid.is_null() {
            (*self.node_uid, *self.kubelet_version) = (Tf::Unknown, Tf::Unknown);
        }
    }

    /// Fills in what a look found; arguments too, so that their drift shows. Of the node object
    /// nothing is said while no API server answers. That of a host that has to join anew is as
    /// good as gone: its host registers again.
    pub(crate) fn found(self, found: &MembershipFound) {
        *self.marked = Tf::Known(found.marked);
        *self.kubelet_extra_args =
            arguments_found(&found.kubelet_extra_args, self.kubelet_extra_args);
        *self.packages = Tf::Known((&found.packages).into());
        *self.kubelet = kubelet(found, self.kubelet);
        if let Some(node) = &found.node {
            *self.labels = texts(&node.labels, self.labels);
            *self.annotations = texts(&node.annotations, self.annotations);
            *self.taints = taints(node, self.taints);
            let uid = node.uid.clone().filter(|_| found.rejoins.is_none());
            *self.node_uid = uid.into();
            *self.kubelet_version = node.kubelet_version.clone().into();
        }
    }

    /// Fills in what a change came to: arguments and what no change alters are as planned.
    pub(crate) fn applied(self, found: &MembershipFound) {
        *self.packages = Tf::Known((&found.packages).into());
        *self.kubelet = kubelet(found, self.kubelet);
        let node = found.node.clone().unwrap_or_default();
        if self.node_uid.is_unknown() {
            *self.node_uid = node.uid.into();
        }
        if self.kubelet_version.is_unknown() {
            *self.kubelet_version = node.kubelet_version.into();
        }
    }
}

fn taints(node: &NodeFound, before: &Tf<Vec<Taint>>) -> Tf<Vec<Taint>> {
    match node.taints.as_deref() {
        None => Tf::Null,
        Some([]) if before.is_null() => Tf::Null,
        Some(found) => Tf::Known(taints_found(found, before)),
    }
}

/// Null and an empty map mean the same: what was written is kept while nothing is found.
fn texts(
    found: &BTreeMap<String, String>,
    before: &Tf<BTreeMap<String, Tf<String>>>,
) -> Tf<BTreeMap<String, Tf<String>>> {
    if *found == map(before) { before.clone() } else { Tf::Known(text_map(found)) }
}

type Arguments = Tf<BTreeMap<String, Tf<Vec<Tf<String>>>>>;

fn arguments_found(found: &ExtraArguments, before: &Arguments) -> Arguments {
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in found.pairs() {
        all.entry(name.to_owned()).or_default().push(value.to_owned());
    }
    let mut written = lists(before);
    written.retain(|_, values| !values.is_empty());
    if all == written { before.clone() } else { Tf::Known(list_map(&all)) }
}

impl From<&PackagesFound> for KubernetesPackages {
    fn from(report: &PackagesFound) -> Self {
        Self {
            kubeadm: report.kubeadm.clone().into(),
            kubelet: report.kubelet.clone().into(),
            kubectl: report.kubectl.clone().into(),
            held: Tf::Known(report.held),
        }
    }
}

/// The kubelet as it was found; a configuration that could not be read stays as it was.
fn kubelet(found: &MembershipFound, before: &Tf<Kubelet>) -> Tf<Kubelet> {
    let KubeletFound { enabled, active, current } = found.kubelet;
    let before = before.known().map(|kubelet| &kubelet.configuration);
    let kept = before.filter(|it| !it.is_unknown()).cloned().unwrap_or_default();
    let configuration = found.kubelet_configuration.as_ref().map(text_map).map(Tf::Known);
    Tf::Known(Kubelet {
        enabled: Tf::Known(enabled),
        active: Tf::Known(active),
        current: Tf::Known(current),
        configuration: configuration.unwrap_or(kept),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_found_is_what_was_written() {
        let none = BTreeMap::new();
        assert_eq!(texts(&none, &Tf::Null), Tf::Null);
        assert_eq!(texts(&none, &Tf::Known(BTreeMap::new())), Tf::Known(BTreeMap::new()));
        let written = Tf::Known(BTreeMap::from([("a".to_owned(), Tf::from("1"))]));
        assert_eq!(texts(&none, &written), Tf::Known(BTreeMap::new()));
        assert_eq!(arguments_found(&ExtraArguments::default(), &Tf::Null), Tf::Null);
        let empty = Tf::Known(BTreeMap::from([("v".to_owned(), Tf::Known(Vec::new()))]));
        assert_eq!(arguments_found(&ExtraArguments::default(), &empty), empty);
    }
}
