//! What every call is given: the way to the hosts, and what is known of the SSH profiles.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use operate::Profiles;
use tfplugin::{Diagnostic, Path, Tf};

use crate::operations::Operations;

/// The configured provider.
pub struct Clients {
    operations: Arc<dyn Operations>,
    ports: Ports,
}

/// Ports of sshd by SSH profile, where a host names none.
#[derive(Clone, Debug)]
pub(crate) struct Ports {
    default: u16,
    named: BTreeMap<String, u16>,
}

impl Clients {
    pub(crate) fn new(
        profiles: Profiles,
        connect: impl FnOnce(Profiles) -> Arc<dyn Operations>,
    ) -> Self {
        let named = profiles.named.iter().map(|(name, profile)| (name.clone(), profile.port));
        let ports = Ports { default: profiles.default.port, named: named.collect() };
        Self { operations: connect(profiles), ports }
    }

    /// What looks at hosts and changes them.
    pub(crate) fn operations(&self) -> &dyn Operations {
        self.operations.as_ref()
    }

    /// Ports of sshd by SSH profile.
    pub(crate) fn ports(&self) -> &Ports {
        &self.ports
    }

    /// An error when a node asks for an SSH profile that the provider does not have.
    pub(crate) fn check_profile(&self, path: Path, profile: &Tf<String>) -> Option<Diagnostic> {
        let name = profile.known().filter(|name| !self.ports.named.contains_key(*name))?;
        let known: Vec<&str> = self.ports.named.keys().map(String::as_str).collect();
        let known = match known.as_slice() {
            [] => "The provider has no ssh_profiles at all".to_owned(),
            names => format!("The provider has {}", names.join(", ")),
        };
        Some(
            Diagnostic::error(format!("there is no SSH profile {name:?}"))
                .detail(format!("{known}. Add it to ssh_profiles of the provider's configuration."))
                .at(path),
        )
    }
}

impl fmt::Debug for Clients {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Clients").field("ports", &self.ports).finish_non_exhaustive()
    }
}

impl Ports {
    /// The port for a host of this profile that names none itself.
    pub(crate) fn of(&self, profile: Option<&str>) -> u16 {
        profile.and_then(|name| self.named.get(name)).copied().unwrap_or(self.default)
    }
}

impl Default for Ports {
    fn default() -> Self {
        Self { default: cluster::intent::NodeReference::DEFAULT_PORT, named: BTreeMap::new() }
    }
}
