//! What is kept on a host: what was found, and what a plan puts back.

use std::collections::BTreeMap;

use cluster::node;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tfplugin::{Set, Tf};

use crate::model::{self, list_map, text_map};

/// What is kept on the host, as it was found last.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq, Default)]
pub(crate) struct Settings {
    /// `off`; `on` while a swap device is in use; `on at boot` when one comes back with the next
    /// boot; `ignored` when it is left alone.
    pub(crate) swap: Tf<String>,
    /// Those of the wanted kernel modules that are loaded.
    pub(crate) kernel_modules: Tf<Set<Tf<String>>>,
    /// The wanted kernel settings with the values that they have.
    pub(crate) sysctls: Tf<BTreeMap<String, Tf<String>>>,
    /// Our names in `/etc/hosts`, by address.
    pub(crate) hosts_entries: Tf<BTreeMap<String, Tf<Vec<Tf<String>>>>>,
    /// Those of the packages that kubeadm needs that are installed.
    pub(crate) packages: Tf<Set<Tf<String>>>,
    /// The container runtime.
    pub(crate) container_runtime: Tf<RuntimeSettings>,
    /// SHA-256 of each file that the provider writes, by path; files that are missing, or whose service
    /// was not restarted since, are left out.
    pub(crate) files: Tf<BTreeMap<String, Tf<String>>>,
}

/// The container runtime on the host.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq, Default)]
pub(crate) struct RuntimeSettings {
    /// Package that it comes from.
    pub(crate) package: Tf<String>,
    /// The package's version.
    pub(crate) version: Tf<String>,
    /// Whether the host's own upgrades leave the package alone.
    pub(crate) held: Tf<bool>,
    /// Whether its unit runs.
    pub(crate) active: Tf<bool>,
    /// Whether its unit starts at boot.
    pub(crate) enabled: Tf<bool>,
    /// Who manages the control groups of containers: `systemd` or `cgroupfs`.
    pub(crate) cgroup_driver: Tf<String>,
    /// Whether it serves the Container Runtime Interface.
    pub(crate) cri_enabled: Tf<bool>,
    /// Image of the container that holds a pod's namespaces.
    pub(crate) sandbox_image: Tf<String>,
    /// SHA-256 of its configuration file.
    pub configuration_sha256: Tf<String>,
}

impl From<&node::Settings> for Settings {
    fn from(settings: &node::Settings) -> Self {
        Self {
            swap: Tf::Known(settings.swap.clone()),
            kernel_modules: Tf::Known(texts(&settings.kernel_modules)),
            sysctls: Tf::Known(text_map(&settings.sysctls)),
            hosts_entries: Tf::Known(list_map(&settings.hosts_entries)),
            packages: Tf::Known(texts(&settings.packages)),
            container_runtime: Tf::Known((&settings.container_runtime).into()),
            files: Tf::Known(text_map(&settings.files)),
        }
    }
}

impl From<&node::RuntimeSettings> for RuntimeSettings {
    fn from(settings: &node::RuntimeSettings) -> Self {
        Self {
            package: settings.package.clone().into(),
            version: settings.version.clone().into(),
            held: Tf::Known(settings.held),
            active: Tf::Known(settings.active),
            enabled: Tf::Known(settings.enabled),
            cgroup_driver: settings.cgroup_driver.clone().into(),
            cri_enabled: Tf::Known(settings.cri_enabled),
            sandbox_image: settings.sandbox_image.clone().into(),
            configuration_sha256: settings.configuration_sha256.clone().into(),
        }
    }
}

impl Settings {
    /// What a look found, when that is all known.
    pub(crate) fn found(&self) -> node::Settings {
        let runtime = self.container_runtime.known();
        node::Settings {
            swap: self.swap.known().cloned().unwrap_or_default(),
            kernel_modules: model::set(&self.kernel_modules),
            sysctls: model::map(&self.sysctls),
            hosts_entries: model::lists(&self.hosts_entries),
            packages: model::set(&self.packages),
            container_runtime: runtime.map(RuntimeSettings::found).unwrap_or_default(),
            files: model::map(&self.files),
        }
    }
}

impl RuntimeSettings {
    fn found(&self) -> node::RuntimeSettings {
        let is = |flag: &Tf<bool>| flag == &Tf::Known(true);
        node::RuntimeSettings {
            package: self.package.known().cloned(),
            version: self.version.known().cloned(),
            held: is(&self.held),
            active: is(&self.active),
            enabled: is(&self.enabled),
            cgroup_driver: self.cgroup_driver.known().cloned(),
            cri_enabled: is(&self.cri_enabled),
            sandbox_image: self.sandbox_image.known().cloned(),
            configuration_sha256: self.configuration_sha256.known().cloned(),
        }
    }
}

fn texts<'a>(texts: impl IntoIterator<Item = &'a String>) -> Set<Tf<String>> {
    texts.into_iter().cloned().map(Tf::Known).collect()
}
