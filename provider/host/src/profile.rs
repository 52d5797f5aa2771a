//! How to log in.

use crate::endpoint::Endpoint;
use crate::secret::Secret;
use std::path::PathBuf;
use std::time::Duration;

/// How to log in to hosts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// User to log in as.
    pub user: String,
    /// Port of sshd where a host names none.
    pub port: u16,
    /// What proves who we are.
    pub credentials: Credentials,
    /// Which host keys are accepted.
    pub host_keys: HostKeyPolicy,
    /// How commands become root's.
    pub sudo: Sudo,
    /// Longest time one attempt to connect and log in may take.
    pub connect_timeout: Duration,
    /// How long a host that does not answer is tried again.
    pub connect_retry: Duration,
    /// How long a silent connection is trusted before the host is asked for a sign of life; three
    /// unanswered questions end the connection. Zero: never asked.
    pub keepalive_interval: Duration,
    /// Host through which the others are reached.
    pub jump: Option<Box<Jump>>,
}

/// What proves who we are. All that is given is tried: certificate, keys, agent, password.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Credentials {
    /// File of a private key; `~` is the home directory.
    pub private_key_file: Option<PathBuf>,
    /// A private key itself, in any of OpenSSH's and PEM's formats.
    pub private_key: Option<Secret>,
    /// Passphrase of the private keys, where they are encrypted.
    pub private_key_passphrase: Option<Secret>,
    /// File of the certificate that goes with the private key.
    pub certificate_file: Option<PathBuf>,
    /// The user's password, for the methods `password` and `keyboard-interactive`.
    pub password: Option<Secret>,
    /// Which SSH agent is asked.
    pub agent: Agent,
}

/// Which SSH agent is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Agent {
    /// The environment's agent, then the user's default key files, where nothing else is given.
    #[default]
    Fallback,
    /// None.
    Never,
    /// The agent that `SSH_AUTH_SOCK` names.
    Environment,
    /// The agent at this socket.
    Socket(PathBuf),
}

/// Which host keys are accepted, where a host has no pinned key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostKeyPolicy {
    /// What happens to a host nobody knows.
    pub mode: HostKeyMode,
    /// Files in the format of `known_hosts`; `~` is the home directory. A file that does not exist
    /// is empty, one that cannot be read is an error.
    pub known_hosts_files: Vec<PathBuf>,
    /// Public keys of authorities whose certificates are accepted for any host.
    pub authorities: Vec<String>,
}

/// What happens to a host nobody knows. A key that changed is refused always.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HostKeyMode {
    /// It is refused.
    #[default]
    Strict,
    /// Its key is accepted and reported, so that the caller pins it.
    AcceptNew,
}

/// How commands become root's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Sudo {
    /// By sudo without a password, unless the user is root.
    #[default]
    Passwordless,
    /// By sudo with this password, unless the user is root.
    Password(Secret),
    /// Not at all: commands run as the user.
    Never,
}

/// Host through which others are reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Jump {
    /// Where it is.
    pub endpoint: Endpoint,
    /// User to log in as.
    pub user: String,
    /// What proves who we are.
    pub credentials: Credentials,
    /// The only host key that is accepted; without it, the profile's policy decides.
    pub host_key: Option<String>,
}

impl Default for Profile {
    /// `root` on port 22, with strict host keys.
    fn default() -> Self {
        Self {
            user: "root".to_owned(),
            port: 22,
            credentials: Credentials::default(),
            host_keys: HostKeyPolicy::default(),
            sudo: Sudo::default(),
            connect_timeout: Duration::from_secs(10),
            connect_retry: Duration::from_secs(30),
            keepalive_interval: Duration::from_secs(15),
            jump: None,
        }
    }
}

impl Default for HostKeyPolicy {
    /// Strict, with the user's `~/.ssh/known_hosts`.
    fn default() -> Self {
        Self {
            mode: HostKeyMode::Strict,
            known_hosts_files: vec![PathBuf::from("~/.ssh/known_hosts")],
            authorities: Vec::new(),
        }
    }
}
