//! The provider's configuration: how to log in to hosts.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tfplugin::attribute::{optional, required};
use tfplugin::{GoDuration, Tf};

use crate::model::{atoms, whole};
use crate::tailscale_api::TailscaleApiModel;

/// Runs kubeadm clusters on machines reachable over SSH: prepares the hosts, runs kubeadm on them
/// in the right order and shows what differs from the configuration.
///
/// Credentials live here and nowhere else: no resource holds one, and none reaches the state.
/// The configuration may depend on values that are known only after apply, such as a key made in
/// the same run; the plan is then made without looking at the hosts.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq, Default)]
pub struct ProviderModel {
    /// How to log in to hosts that name no `ssh_profile`.
    pub ssh: Tf<Ssh>,
    /// Further ways to log in, by the name that a node gives as its `ssh_profile`.
    pub ssh_profiles: Tf<BTreeMap<String, Ssh>>,
    /// How routes in the hosts' tailnet are approved, for an endpoint of the kind `tailscale`.
    pub tailscale_api: Tf<TailscaleApiModel>,
}

/// A way to log in.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq, Default)]
pub struct Ssh {
    /// User to log in as; sudo is used when it is not `root`. Default `root`.
    pub user: Tf<String>,
    /// TCP port of sshd, where a node names none. Default `22`.
    pub port: Tf<u16>,
    /// File of the private key; `~` is the home directory. Conflicts with `private_key`.
    pub private_key_file: Tf<String>,
    /// The private key itself, in OpenSSH's or PEM form. Conflicts with `private_key_file`.
    #[schemars(extend("x-tf" = optional().sensitive()))]
    pub private_key: Tf<String>,
    /// Passphrase of the private key.
    #[schemars(extend("x-tf" = optional().sensitive()))]
    pub private_key_passphrase: Tf<String>,
    /// File of the certificate that an authority gave for the private key.
    pub certificate_file: Tf<String>,
    /// The user's password, for servers that allow no key.
    #[schemars(extend("x-tf" = optional().sensitive()))]
    pub password: Tf<String>,
    /// Whether the SSH agent is asked. By default it is when neither a key nor a password is given.
    pub agent: Tf<bool>,
    /// Socket of the SSH agent; by default the one that `SSH_AUTH_SOCK` names.
    pub agent_socket: Tf<String>,
    /// What happens to a host whose key nobody knows: `strict` (default) refuses it, `accept_new`
    /// accepts its key and pins it in the node's `host_key`. A changed key is refused always.
    pub host_key_policy: Tf<HostKeyPolicy>,
    /// Files in the form of `known_hosts`. Default `["~/.ssh/known_hosts"]`.
    pub known_hosts_files: Tf<Vec<Tf<String>>>,
    /// Public keys of authorities whose host certificates are accepted, as after `@cert-authority`
    /// in `known_hosts`.
    pub host_key_authorities: Tf<Vec<Tf<String>>>,
    /// How commands become root's when `user` is not `root`.
    pub sudo: Tf<Sudo>,
    /// Longest time that one attempt to connect may take. Default `10s`.
    pub connect_timeout: Tf<GoDuration>,
    /// How long a host that does not answer is tried again before it is changed. Default `30s`. A look,
    /// as in a plan, tries again for half of `connect_timeout` at most.
    pub connect_retry: Tf<GoDuration>,
    /// After how long a silence the host is asked for a sign of life; `0` never. Default `15s`.
    pub keepalive_interval: Tf<GoDuration>,
    /// Host through which the others are reached.
    pub jump: Tf<Jump>,
}

/// What happens to a host whose key nobody knows.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum HostKeyPolicy {
    /// It is refused.
    Strict,
    /// Its key is accepted and pinned.
    AcceptNew,
}

/// How commands become root's.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq, Default)]
pub struct Sudo {
    /// The user's password for sudo; without one, sudo must not ask for any.
    #[schemars(extend("x-tf" = optional().sensitive()))]
    pub password: Tf<String>,
}

/// A host through which others are reached.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq, Default)]
pub struct Jump {
    /// Name or address.
    #[schemars(extend("x-tf" = required()))]
    pub host: Tf<String>,
    /// TCP port of sshd. Default `22`.
    pub port: Tf<u16>,
    /// User to log in as. Default is the user of the hosts behind it.
    pub user: Tf<String>,
    /// File of the private key. Conflicts with `private_key`.
    pub private_key_file: Tf<String>,
    /// The private key itself. Conflicts with `private_key_file`.
    #[schemars(extend("x-tf" = optional().sensitive()))]
    pub private_key: Tf<String>,
    /// Passphrase of the private key.
    #[schemars(extend("x-tf" = optional().sensitive()))]
    pub private_key_passphrase: Tf<String>,
    /// File of the certificate that an authority gave for the private key.
    pub certificate_file: Tf<String>,
    /// The user's password.
    #[schemars(extend("x-tf" = optional().sensitive()))]
    pub password: Tf<String>,
    /// Whether the SSH agent is asked. By default it is when neither a key nor a password is given.
    pub agent: Tf<bool>,
    /// The only host key that is accepted, as in `known_hosts` (`ssh-ed25519 AAAA...`).
    pub host_key: Tf<String>,
}

atoms!(HostKeyPolicy);
whole! {
    ProviderModel { ssh, ssh_profiles, tailscale_api }
    Ssh {
        user, port, private_key_file, private_key, private_key_passphrase, certificate_file,
        password, agent, agent_socket, host_key_policy, known_hosts_files, host_key_authorities,
        sudo, connect_timeout, connect_retry, keepalive_interval, jump,
    }
    Sudo { password }
    Jump {
        host, port, user, private_key_file, private_key, private_key_passphrase, certificate_file,
        password, agent, host_key,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Whole;

    #[test]
    fn an_unknown_at_any_depth_is_seen() {
        let of = |ssh: Ssh| ProviderModel { ssh: Tf::Known(ssh), ..ProviderModel::default() };
        assert!(of(Ssh::default()).is_whole());
        assert!(!of(Ssh { private_key: Tf::Unknown, ..Ssh::default() }).is_whole());
        let files = Tf::Known(vec![Tf::Unknown]);
        assert!(!of(Ssh { known_hosts_files: files, ..Ssh::default() }).is_whole());
        let jump = Tf::Known(Jump { password: Tf::Unknown, ..Jump::default() });
        assert!(!of(Ssh { jump, ..Ssh::default() }).is_whole());
        assert!(
            !ProviderModel { ssh_profiles: Tf::Unknown, ..ProviderModel::default() }.is_whole()
        );
    }
}
