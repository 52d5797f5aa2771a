//! What members share in the cluster's API, as the state keeps it.

use std::collections::{BTreeMap, BTreeSet};

use cluster::shared::{self, Settings, SharedObject};
use operate::membership::SharedFound;
use tfplugin::{Set, Tf};

use super::ClusterModel;
use super::model::{Documents, SharedObjects};
use crate::model::{map, text_map};

/// Fills in what a look found; null while the cluster has no member.
pub(super) fn fill(state: &mut ClusterModel, found: Option<&SharedFound>) {
    state.shared_objects = found.map(objects).into();
    state.kube_proxy_outdated = found.map(|found| texts(&found.outdated_proxies)).into();
    state.bootstrap_leftovers = found.map(|found| texts(&found.bootstrap_leftovers)).into();
}

/// Promises that what was found will be as the configuration wants it, and nothing where nothing was.
pub(super) fn promise(found: &ClusterModel, planned: &mut ClusterModel) {
    planned.shared_objects = promised(&found.shared_objects, planned);
    planned.kube_proxy_outdated = found.kube_proxy_outdated.as_ref().map(|_| Set::default());
    planned.bootstrap_leftovers = found.bootstrap_leftovers.as_ref().map(|_| Set::default());
}

/// The documents that were found, in the form of the state.
pub(super) fn objects(found: &SharedFound) -> Documents {
    documents(&found.objects)
}

fn documents(found: &BTreeMap<SharedObject, Settings>) -> Documents {
    let object = |(object, settings): (&SharedObject, &Settings)| {
        (object.name().to_owned(), Tf::Known(text_map(settings)))
    };
    found.iter().map(object).collect()
}

fn texts(found: &BTreeSet<String>) -> Set<Tf<String>> {
    found.iter().cloned().map(Tf::Known).collect()
}

fn promised(found: &SharedObjects, planned: &ClusterModel) -> SharedObjects {
    let Tf::Known(found) = found else { return found.clone() };
    let Some(cluster) = planned.object().settings() else { return Tf::Unknown };
    let mut all = BTreeMap::new();
    for object in SharedObject::ALL {
        let Ok(wanted) = object.wanted(&cluster) else { return Tf::Unknown };
        let found = found.get(object.name()).map(map).unwrap_or_default();
        if !wanted.is_empty() {
            all.insert(object, shared::promised(&wanted, &found));
        }
    }
    Tf::Known(documents(&all))
}

/// Whether an update may change what members share. Where that was never seen, be it that there is no
/// member or that the API was silent, other settings have to be brought there all the same.
pub(super) fn may_change(prior: &ClusterModel, planned: &ClusterModel) -> bool {
    let settings = |model: &ClusterModel| model.object().settings();
    planned.shared_objects != prior.shared_objects
        || planned.kube_proxy_outdated != prior.kube_proxy_outdated
        || planned.bootstrap_leftovers != prior.bootstrap_leftovers
        || prior.shared_objects.is_null() && settings(planned) != settings(prior)
}
