//! What a host is found to be: parsed from the probe's output, nothing guessed.

mod directories;
mod fact;
mod files;
mod kernel;
mod kubernetes;
mod live_route;
mod network;
mod packages;
mod routing;
mod sections;
mod swap;
mod system;
mod tailnet;
mod units;

pub use directories::{Directories, DirectoryState};
pub use fact::Fact;
pub use files::{Files, ManagedFile, sha256};
pub use kernel::{Kernel, SysctlKey, SysctlLine, module_name, sysctl_value};
pub use kubernetes::{FileDigest, KubernetesFiles};
pub use live_route::LiveRoute;
pub use network::{InterfaceAddress, Listener, Network, Route};
pub use packages::{Package, Packages};
pub use routing::{Filter, Manager, Routing};
pub use sections::Sections;
pub use swap::{SwapOrigin, SwapState, SwapUnit};
pub use system::{Cgroups, OperatingSystem, System};
pub use tailnet::{Tailnet, other_routes, others_that_serve};
pub use units::{UnitState, Units};

use crate::node::Record;
use serde::Serialize;

/// A host as it was found in one look.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Observed {
    /// Operating system, machine, resources.
    pub system: System,
    /// Swap now and at boot.
    pub swap: SwapState,
    /// Modules and sysctls.
    pub kernel: Kernel,
    /// systemd units.
    pub units: Units,
    /// Installed packages.
    pub packages: Packages,
    /// Files that the provider writes or edits.
    pub files: Files,
    /// Directories that the provider may have to make.
    pub directories: Directories,
    /// Addresses, routes, listeners.
    pub network: Network,
    /// How packets leave and pass, where that was asked for.
    pub routing: Routing,
    /// The host's part of a tailnet; absent where there is no client of Tailscale's.
    pub tailnet: Fact<Tailnet>,
    /// What there is of Kubernetes.
    pub kubernetes: KubernetesFiles,
    /// What the provider changed here earlier.
    pub record: Fact<Record>,
}

impl Observed {
    /// Reads the probe's output; takes any bytes, and what is missing is unreadable.
    #[must_use]
    pub fn parse(output: &[u8]) -> Self {
        let sections = Sections::parse(output);
        Self {
            system: System::parse(&sections),
            swap: SwapState::parse(&sections),
            kernel: Kernel::parse(&sections),
            units: Units::parse(&sections),
            packages: Packages::parse(&sections),
            files: Files::parse(&sections),
            directories: Directories::parse(&sections),
            network: Network::parse(&sections),
            routing: Routing::parse(&sections),
            tailnet: Tailnet::parse(&sections),
            kubernetes: KubernetesFiles::parse(&sections),
            record: sections.text("record").and_then(|text| Fact::understood(Record::parse(&text))),
        }
    }

    /// Whether the probe's output reached its end.
    #[must_use]
    pub fn is_whole(output: &[u8]) -> bool {
        Sections::parse(output).is_complete()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_bytes_are_read(output in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = Observed::parse(&output);
        }

        #[test]
        fn any_values_are_read(value in "[ -~\n\t]{0,80}") {
            let keys = ["os", "meminfo", "cpus", "disk", "cgroup_fs", "cgroup_controllers", "swaps", "fstab_swap",
                "swap_units", "modules", "sysctl:net/ipv4/ip_forward", "sysctl_files", "units", "packages", "modes",
                "file:/etc/hosts", "addresses", "routes", "listeners", "kubernetes_modes", "kubernetes_digests",
                "servers", "record", "certificate:/x", "routes4", "managers", "rules:iptables:filter",
                "tailscale_preferences", "tailscale_status"];
            let section = |key: &str| format!("@{key} 0 {}\n{value}\n", value.len());
            let output: String = keys.into_iter().map(section).collect();
            let observed = Observed::parse(output.as_bytes());
            prop_assert!(observed.system.kernel.is_unreadable());
        }
    }
}
