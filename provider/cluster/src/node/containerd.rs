//! containerd's configuration file: its own defaults, what Kubernetes needs, and the user's word.

use super::HEADER;
use super::intent::ContainerRuntime;
use crate::observed::Directories;
use toml::{Table, Value};

/// Why no configuration can be made.
#[derive(Debug, thiserror::Error)]
pub enum ConfigurationError {
    /// The runtime's own defaults are no TOML.
    #[error("containerd's default configuration is not understood")]
    Defaults(#[source] toml::de::Error),
    /// The user's settings are no TOML.
    #[error("container_runtime.settings is not TOML")]
    Settings(#[source] toml::de::Error),
    /// A version of the file that is not known here.
    #[error("containerd's configuration has version {0}; versions 2 and 3 are supported")]
    Version(i64),
}

/// What a configuration says about the things Kubernetes needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConfigurationFacts {
    /// `systemd` or `cgroupfs`; none when it is not said.
    pub cgroup_driver: Option<String>,
    /// Whether the CRI plugin is on.
    pub cri_enabled: bool,
    /// Image of the container that holds a pod's namespaces.
    pub sandbox_image: Option<String>,
}

/// Names that moved between versions of the file.
struct Layout {
    /// The plugin that runs containers.
    runtime: &'static str,
    /// The plugin that has images and registries.
    images: &'static str,
    /// Path of the sandbox image below the images plugin.
    sandbox: &'static [&'static str],
}

const VERSION_2: Layout = Layout {
    runtime: "io.containerd.grpc.v1.cri",
    images: "io.containerd.grpc.v1.cri",
    sandbox: &["sandbox_image"],
};

const VERSION_3: Layout = Layout {
    runtime: "io.containerd.cri.v1.runtime",
    images: "io.containerd.cri.v1.images",
    sandbox: &["pinned_images", "sandbox"],
};

/// Plugins without which there is no CRI, under all their names.
const CRI_PLUGINS: [&str; 4] = [
    "cri",
    "io.containerd.grpc.v1.cri",
    "io.containerd.cri.v1.runtime",
    "io.containerd.cri.v1.images",
];

/// Where the kubelet's and every CNI's packages put their programs.
const CNI_PROGRAMS: &str = "/opt/cni/bin";
const CNI_CONFIGURATIONS: &str = "/etc/cni/net.d";

/// Makes the configuration from containerd's own defaults.
///
/// # Errors
/// When the defaults or the user's settings are no TOML, or of an unknown version.
pub fn configuration(
    defaults: &str,
    runtime: &ContainerRuntime,
) -> Result<String, ConfigurationError> {
    let mut table: Table = defaults.parse().map_err(ConfigurationError::Defaults)?;
    let layout = layout(&table)?;
    enable_cri(&mut table);
    needed(&mut table, layout, runtime);
    if let Some(settings) = &runtime.settings {
        merge(&mut table, settings.parse().map_err(ConfigurationError::Settings)?);
    }
    Ok(format!("{HEADER}{table}"))
}

fn layout(table: &Table) -> Result<&'static Layout, ConfigurationError> {
    match table.get("version").and_then(Value::as_integer) {
        Some(2) => Ok(&VERSION_2),
        Some(3) => Ok(&VERSION_3),
        other => Err(ConfigurationError::Version(other.unwrap_or(1))),
    }
}

fn enable_cri(table: &mut Table) {
    if let Some(Value::Array(disabled)) = table.get_mut("disabled_plugins") {
        disabled.retain(|name| name.as_str().is_none_or(|name| !CRI_PLUGINS.contains(&name)));
    }
}

fn needed(table: &mut Table, layout: &Layout, runtime: &ContainerRuntime) {
    let runc = ["plugins", layout.runtime, "containerd", "runtimes", "runc"];
    set(table, &[&runc[..], &["runtime_type"]].concat(), "io.containerd.runc.v2");
    set(table, &[&runc[..], &["options", "SystemdCgroup"]].concat(), true);
    let cni = ["plugins", layout.runtime, "cni"];
    let lists = has(table, &[&cni[..], &["bin_dirs"]].concat());
    let programs = if lists { "bin_dirs" } else { "bin_dir" };
    let directory: Value = if lists { vec![CNI_PROGRAMS].into() } else { CNI_PROGRAMS.into() };
    set(table, &[&cni[..], &[programs]].concat(), directory);
    set(table, &[&cni[..], &["conf_dir"]].concat(), CNI_CONFIGURATIONS);
    set(table, &["plugins", layout.images, "registry", "config_path"], Directories::MIRRORS);
    if let Some(image) = &runtime.sandbox_image {
        set(table, &[&["plugins", layout.images], layout.sandbox].concat(), image.as_str());
    }
}

fn get<'t>(table: &'t Table, path: &[&str]) -> Option<&'t Value> {
    let (last, parents) = path.split_last()?;
    let parent = parents.iter().try_fold(table, |table, key| table.get(*key)?.as_table())?;
    parent.get(*last)
}

fn has(table: &Table, path: &[&str]) -> bool {
    get(table, path).is_some()
}

/// Sets a value; tables on the way are made, and what is no table there gives way.
fn set(table: &mut Table, path: &[&str], value: impl Into<Value>) {
    match path {
        [] => {}
        [last] => {
            table.insert((*last).to_owned(), value.into());
        }
        [first, rest @ ..] => {
            let next = table.entry(*first).or_insert_with(|| Value::Table(Table::new()));
            if !next.is_table() {
                *next = Value::Table(Table::new());
            }
            if let Value::Table(next) = next {
                set(next, rest, value);
            }
        }
    }
}

/// Tables are merged, everything else is replaced.
fn merge(table: &mut Table, over: Table) {
    for (key, value) in over {
        match (table.get_mut(&key), value) {
            (Some(Value::Table(below)), Value::Table(value)) => merge(below, value),
            (_, value) => {
                table.insert(key, value);
            }
        }
    }
}

/// Reads what a configuration file says; none when it is not understood.
#[must_use]
pub fn configuration_facts(text: &str) -> Option<ConfigurationFacts> {
    let table: Table = text.parse().ok()?;
    Some(facts(&table, layout(&table).ok()?))
}

/// Reads what the user's settings say, which need not name their version.
pub(super) fn settings_facts(text: &str) -> Option<ConfigurationFacts> {
    let table: Table = text.parse().ok()?;
    let layout = layout(&table).unwrap_or_else(|_| {
        if has(&table, &["plugins", VERSION_3.runtime]) { &VERSION_3 } else { &VERSION_2 }
    });
    Some(facts(&table, layout))
}

fn facts(table: &Table, layout: &Layout) -> ConfigurationFacts {
    let driver = get(
        table,
        &["plugins", layout.runtime, "containerd", "runtimes", "runc", "options", "SystemdCgroup"],
    );
    let driver =
        driver.and_then(Value::as_bool).map(|systemd| if systemd { "systemd" } else { "cgroupfs" });
    let image = get(table, &[&["plugins", layout.images], layout.sandbox].concat());
    ConfigurationFacts {
        cgroup_driver: driver.map(str::to_owned),
        cri_enabled: !disables_cri(table),
        sandbox_image: image.and_then(Value::as_str).map(str::to_owned),
    }
}

fn disables_cri(table: &Table) -> bool {
    let disabled = table.get("disabled_plugins").and_then(Value::as_array).into_iter().flatten();
    disabled.filter_map(Value::as_str).any(|name| CRI_PLUGINS.contains(&name))
}

#[cfg(test)]
mod tests;
