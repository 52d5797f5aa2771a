//! Where a host is.

use crate::profile::Profile;
use std::fmt;

/// Where SSH connects to.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Endpoint {
    /// Name or address.
    pub address: String,
    /// TCP port of sshd.
    pub port: u16,
}

/// A host to log in to, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Where SSH connects to.
    pub endpoint: Endpoint,
    /// The only host key that is accepted: a public key as in `known_hosts` (`ssh-ed25519 AAAA...`)
    /// or a fingerprint (`SHA256:...`). Without it, the profile's policy decides.
    pub host_key: Option<String>,
    /// How to log in.
    pub profile: Profile,
}

impl Endpoint {
    /// An endpoint on this port.
    pub fn new(address: impl Into<String>, port: u16) -> Self {
        Self { address: address.into(), port }
    }
}

impl fmt::Display for Endpoint {
    /// `10.77.0.12`, `[fd00::1]:2222`: the port only where it is not SSH's own.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.port, self.address.contains(':')) {
            (22, _) => formatter.write_str(&self.address),
            (port, true) => write!(formatter, "[{}]:{port}", self.address),
            (port, false) => write!(formatter, "{}:{port}", self.address),
        }
    }
}

impl Target {
    /// A host reached through this profile, on the profile's port.
    pub fn new(address: impl Into<String>, profile: Profile) -> Self {
        let endpoint = Endpoint::new(address, profile.port);
        Self { endpoint, host_key: None, profile }
    }

    /// Another port than the profile's.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.endpoint.port = port;
        self
    }

    /// Accepts this host key alone.
    #[must_use]
    pub fn host_key(mut self, host_key: impl Into<String>) -> Self {
        self.host_key = Some(host_key.into());
        self
    }

    /// How the login is named in messages: `debian@10.77.0.12`.
    #[must_use]
    pub fn login(&self) -> String {
        format!("{}@{}", self.profile.user, self.endpoint)
    }
}
