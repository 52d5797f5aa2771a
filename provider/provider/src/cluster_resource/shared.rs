//! What members share in the cluster's API, as the state keeps it.

use std::collections::BTreeMap;

use cluster::shared::{self, Settings, SharedObject};
use operate::membership::SharedFound;
use tfplugin::Tf;

use super::ClusterModel;
use super::model::SharedObjects;
use crate::model::{map, text_map};

/// What was found, in the form of the state.
pub(super) fn objects(found: &SharedFound) -> BTreeMap<String, Tf<BTreeMap<String, Tf<String>>>> {
    let object = |(object, settings): (&SharedObject, &Settings)| {
        (object.name().to_owned(), Tf::Known(text_map(settings)))
    };
    found.iter().map(object).collect()
}

/// What a plan promises where `found` is there; nothing while the cluster has no member.
pub(super) fn promised(found: &SharedObjects, planned: &ClusterModel) -> SharedObjects {
    let Tf::Known(found) = found else { return found.clone() };
    let Some(cluster) = planned.object().settings() else { return Tf::Unknown };
    let mut all = SharedFound::new();
    for object in SharedObject::ALL {
        let Ok(wanted) = object.wanted(&cluster) else { return Tf::Unknown };
        let found = found.get(object.name()).map(map).unwrap_or_default();
        if !wanted.is_empty() {
            all.insert(object, shared::promised(&wanted, &found));
        }
    }
    Tf::Known(objects(&all))
}

/// Whether an update may change what members share. Where that was never seen, be it that there is no
/// member or that the API was silent, other settings have to be brought there all the same.
pub(super) fn may_change(prior: &ClusterModel, planned: &ClusterModel) -> bool {
    let settings = |model: &ClusterModel| model.object().settings();
    planned.shared_objects != prior.shared_objects
        || prior.shared_objects.is_null() && settings(planned) != settings(prior)
}
