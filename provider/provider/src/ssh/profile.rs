//! From the configuration to what `operate` logs in with.

use std::path::PathBuf;
use std::time::Duration;

use operate::Profiles;
use operate::ssh::{
    Agent, Credentials, Endpoint, HostKeyMode, HostKeyPolicy, Jump as HostJump, Profile, Secret,
    Sudo as HostSudo,
};
use tfplugin::{GoDuration, Tf};

use super::model::{HostKeyPolicy as Policy, Jump, ProviderModel, Ssh, Sudo};
use crate::model::{Whole, strings};

/// The configuration's ways to log in; `None` while one of its values is not known yet.
pub(crate) fn profiles(config: &ProviderModel) -> Option<Profiles> {
    if !config.is_whole() {
        return None;
    }
    let named = config.ssh_profiles.known().into_iter().flatten();
    Some(Profiles {
        default: config.ssh.known().map(profile).unwrap_or_default(),
        named: named.map(|(name, ssh)| (name.clone(), profile(ssh))).collect(),
    })
}

fn profile(ssh: &Ssh) -> Profile {
    let default = Profile::default();
    let user = ssh.user.known().cloned().unwrap_or(default.user);
    Profile {
        port: ssh.port.known().copied().unwrap_or(default.port),
        credentials: credentials(ssh),
        host_keys: host_keys(ssh),
        sudo: sudo(&ssh.sudo),
        connect_timeout: duration(&ssh.connect_timeout, default.connect_timeout),
        connect_retry: duration(&ssh.connect_retry, default.connect_retry),
        keepalive_interval: duration(&ssh.keepalive_interval, default.keepalive_interval),
        jump: ssh.jump.known().map(|it| Box::new(jump(it, &user))),
        user,
    }
}

fn credentials(ssh: &Ssh) -> Credentials {
    Credentials {
        private_key_file: path(&ssh.private_key_file),
        private_key: secret(&ssh.private_key),
        private_key_passphrase: secret(&ssh.private_key_passphrase),
        certificate_file: path(&ssh.certificate_file),
        password: secret(&ssh.password),
        agent: agent(ssh.agent, &ssh.agent_socket),
    }
}

fn agent(wanted: Tf<bool>, socket: &Tf<String>) -> Agent {
    match (wanted.known(), path(socket)) {
        (Some(false), _) => Agent::Never,
        (_, Some(socket)) => Agent::Socket(socket),
        (Some(true), None) => Agent::Environment,
        (None, None) => Agent::Fallback,
    }
}

fn host_keys(ssh: &Ssh) -> HostKeyPolicy {
    let default = HostKeyPolicy::default();
    HostKeyPolicy {
        mode: match ssh.host_key_policy.known() {
            Some(Policy::AcceptNew) => HostKeyMode::AcceptNew,
            Some(Policy::Strict) | None => HostKeyMode::Strict,
        },
        known_hosts_files: match ssh.known_hosts_files.known() {
            Some(files) => strings(files).map(PathBuf::from).collect(),
            None => default.known_hosts_files,
        },
        authorities: strings(ssh.host_key_authorities.known().into_iter().flatten()).collect(),
    }
}

fn sudo(sudo: &Tf<Sudo>) -> HostSudo {
    match sudo.known().and_then(|sudo| secret(&sudo.password)) {
        Some(password) => HostSudo::Password(password),
        None => HostSudo::Passwordless,
    }
}

fn jump(jump: &Jump, user: &str) -> HostJump {
    let host = jump.host.known().cloned().unwrap_or_default();
    HostJump {
        endpoint: Endpoint::new(host, jump.port.known().copied().unwrap_or(22)),
        user: jump.user.known().cloned().unwrap_or_else(|| user.to_owned()),
        credentials: Credentials {
            private_key_file: path(&jump.private_key_file),
            private_key: secret(&jump.private_key),
            private_key_passphrase: secret(&jump.private_key_passphrase),
            certificate_file: path(&jump.certificate_file),
            password: secret(&jump.password),
            agent: agent(jump.agent, &Tf::Null),
        },
        host_key: jump.host_key.known().cloned(),
    }
}

fn path(text: &Tf<String>) -> Option<PathBuf> {
    text.known().map(PathBuf::from)
}

fn secret(text: &Tf<String>) -> Option<Secret> {
    text.known().map(|text| Secret::new(text.clone()))
}

fn duration(given: &Tf<GoDuration>, default: Duration) -> Duration {
    given.known().map_or(default, GoDuration::duration)
}
