//! What a host should be so that kubeadm can run on it, and how it gets there and back.
//!
//! [`plan`] compares a [`NodeIntent`] with what was [`Observed`](crate::observed::Observed) and
//! gives typed steps; [`remaining`] says whether a step reached its goal; [`release`] puts back
//! what the [`Record`] tells of. [`check_plan`] knows what any plan must hold, independently of
//! the planners.

mod check;
mod containerd;
mod credentials;
mod debian;
mod family;
mod hosts;
mod intent;
mod kubernetes;
mod mirrors;
mod modules;
mod packages;
mod parts;
mod plan;
mod preflight;
mod proxy;
mod record;
mod release;
mod retired;
mod runtime;
mod settings;
mod step;
mod swap;
mod sysctls;
mod undo;
mod validate;

#[cfg(test)]
pub(crate) mod simulated;
#[cfg(test)]
mod table_tests;
#[cfg(test)]
mod tests;

pub use check::check_plan;
pub use containerd::{ConfigurationError, ConfigurationFacts, configuration, configuration_facts};
pub(crate) use credentials::{PACKAGES, credentials_in_address, has_credentials};
pub use debian::{APT_MIRROR_FILE, KUBERNETES_KEY_FILE, KUBERNETES_SOURCE_FILE, kubernetes_source};
pub use family::{Family, family, watched_packages};
pub use hosts::{HOSTS_FILE, with_block};
pub use intent::{
    ContainerRuntime, Hold, KubernetesPackages, MirrorPath, NodeIntent, NodePackages, Proxy,
    RegistryMirror, SwapPolicy, Verification,
};
pub use kubernetes::{KUBERNETES_PACKAGES, kubernetes_requests};
pub use packages::runtime_package;
pub(crate) use parts::{Parts, is_in_force};
pub use plan::{Refusal, differences, plan, remaining};
pub use preflight::{
    MemberRequirements, duplicates, member_preflight, preflight, shadowed_settings,
};
pub use record::{Change, Entry, MembershipMark, Record, RecordError, Scope};
pub use release::{Releases, release, unreleased};
pub use runtime::{
    CONFIGURATION_FILE, RuntimeConfiguration, UNIT as RUNTIME_UNIT, configuration_key,
};
pub use settings::{RuntimeSettings, Settings};
pub use step::{Action, Area, Difference, PackageRequest, Step};
pub use swap::{FSTAB_MARK, is_swap_line, with_swap, without_swap};
pub use sysctls::wanted_sysctls;
pub(crate) use undo::is_undone;
pub use undo::undo;
pub use validate::validate;

/// First line of every file we write.
pub(crate) const HEADER: &str =
    "# Written by terraform-provider-kubeadm: changes by hand are undone by the next apply.\n";
/// The same for apt's configuration.
const HEADER_APT: &str =
    "// Written by terraform-provider-kubeadm: changes by hand are undone by the next apply.\n";

/// Files whose content is looked at, besides those of registry mirrors.
#[must_use]
pub fn watched_files() -> Vec<&'static str> {
    [
        debian::APT_MIRROR_FILE,
        debian::APT_PROXY_FILE,
        hosts::HOSTS_FILE,
        debian::KUBERNETES_KEY_FILE,
        debian::KUBERNETES_SOURCE_FILE,
        modules::MODULES_FILE,
        proxy::KUBELET_PROXY_FILE,
        proxy::RUNTIME_PROXY_FILE,
        runtime::CONFIGURATION_FILE,
        sysctls::SYSCTL_FILE,
        crate::membership::remarks::FLANNEL_SUBNET_FILE,
        "/etc/resolv.conf",
    ]
    .into_iter()
    .chain(crate::endpoint::watched_files())
    .chain(crate::route::FILES)
    .collect()
}
