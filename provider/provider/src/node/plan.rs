//! What a plan of a node says before anybody looked at the host again.

use cluster::node::{self, NodeIntent};
use tfplugin::Tf;

use super::model::NodeModel;
use super::settings::{RuntimeSettings, Settings};
use crate::model::Whole;

/// The settings a plan promises.
///
/// `kept` is what was found after the last apply. What the host decides, such as the digest of a
/// configuration that changes, is unknown; all else is what the intent wants, so that a difference
/// to what was found is drift.
pub(super) fn settings(
    planned: &NodeModel,
    prior: Option<&NodeModel>,
    kept: Option<&node::Settings>,
) -> Tf<Settings> {
    let intent = planned.planned_intent();
    let prior_intent = prior.map(NodeModel::planned_intent);
    let found = prior.and_then(|prior| prior.settings.known()).map(Settings::found);
    let base = found.clone().unwrap_or_default();
    let wanted = node::Settings::wanted(&intent, kept.unwrap_or(&base), &base);
    let mut settings = Settings::from(&wanted);
    forget_unknown_arguments(&mut settings, planned);
    match (prior_intent, found) {
        (Some(prior_intent), Some(_)) => {
            forget_changed(&mut settings, &intent, &prior_intent, planned);
        }
        _ => forget_what_the_host_decides(&mut settings),
    }
    Tf::Known(settings)
}

/// Whether the machine is given as another one than before. One that was not told apart before is the
/// same.
pub(super) fn is_other_instance(prior: Option<&NodeModel>, planned: &NodeModel) -> bool {
    prior.is_some_and(|prior| {
        let told = prior.instance_id.is_known() && !planned.instance_id.is_null();
        told && prior.instance_id != planned.instance_id
    })
}

/// Where an argument is not known, neither is what becomes of it.
fn forget_unknown_arguments(settings: &mut Settings, planned: &NodeModel) {
    if planned.swap.is_unknown() {
        settings.swap = Tf::Unknown;
    }
    if !planned.kernel_modules.is_whole() {
        settings.kernel_modules = Tf::Unknown;
    }
    if !planned.sysctls.is_whole() {
        settings.sysctls = Tf::Unknown;
    }
    if !planned.hosts_entries.is_whole() {
        settings.hosts_entries = Tf::Unknown;
    }
}

/// A host that was never prepared.
fn forget_what_the_host_decides(settings: &mut Settings) {
    settings.packages = Tf::Unknown;
    settings.files = Tf::Unknown;
    if let Tf::Known(runtime) = &mut settings.container_runtime {
        forget_runtime(runtime);
        forget_package(runtime);
    }
}

/// What a change of the arguments alters in a way that only the host knows.
fn forget_changed(
    settings: &mut Settings,
    intent: &NodeIntent,
    prior: &NodeIntent,
    planned: &NodeModel,
) {
    let runtime_is_whole = planned.container_runtime.is_whole();
    if let Tf::Known(runtime) = &mut settings.container_runtime {
        if !runtime_is_whole || intent.container_runtime != prior.container_runtime {
            forget_runtime(runtime);
        }
        let holds = (&intent.container_runtime.version, intent.packages.hold);
        let held = (&prior.container_runtime.version, prior.packages.hold);
        if !runtime_is_whole || !planned.packages.is_whole() || holds != held {
            forget_package(runtime);
        }
    }
    if !(runtime_is_whole && arguments_of_files_are_whole(planned)) || files_change(intent, prior) {
        settings.files = Tf::Unknown;
    }
}

fn forget_runtime(runtime: &mut RuntimeSettings) {
    runtime.sandbox_image = Tf::Unknown;
    runtime.configuration_sha256 = Tf::Unknown;
    runtime.cgroup_driver = Tf::Unknown;
    runtime.cri_enabled = Tf::Unknown;
}

fn forget_package(runtime: &mut RuntimeSettings) {
    runtime.package = Tf::Unknown;
    runtime.version = Tf::Unknown;
    runtime.held = Tf::Unknown;
}

fn arguments_of_files_are_whole(planned: &NodeModel) -> bool {
    planned.kernel_modules.is_whole()
        && planned.sysctls.is_whole()
        && planned.proxy.is_whole()
        && planned.packages.is_whole()
}

fn files_change(intent: &NodeIntent, prior: &NodeIntent) -> bool {
    let of = |intent: &NodeIntent| {
        let mirrors = intent.container_runtime.registry_mirrors.clone();
        let lists = (intent.kernel_modules.clone(), intent.sysctls.clone());
        let packages = (intent.packages.proxy.clone(), intent.packages.mirror.clone());
        (lists, intent.proxy.clone(), packages, mirrors)
    };
    of(intent) != of(prior)
}
