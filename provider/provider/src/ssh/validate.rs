//! What contradicts itself in the provider's configuration.

use std::collections::BTreeMap;

use tfplugin::{Diagnostic, Diagnostics, Path, Tf};

use super::model::{Jump, ProviderModel, Ssh};

/// Every contradiction, at its place. Values that are not known yet contradict nothing.
pub(crate) fn validate(config: &ProviderModel) -> Diagnostics {
    let profiles = config.ssh_profiles.known().map(named).unwrap_or_default();
    let default = config.ssh.known().map(|ssh| (Path::of(["ssh"]), ssh));
    let ssh = default.into_iter().chain(profiles).flat_map(|(path, ssh)| of_profile(&path, ssh));
    ssh.chain(crate::tailscale_api::validate(&config.tailscale_api)).collect()
}

fn named(profiles: &BTreeMap<String, Ssh>) -> Vec<(Path, &Ssh)> {
    let root = Path::of(["ssh_profiles"]);
    profiles.iter().map(|(name, ssh)| (root.key(name), ssh)).collect()
}

fn of_profile(path: &Path, ssh: &Ssh) -> Vec<Diagnostic> {
    let keys = Keys {
        private_key_file: &ssh.private_key_file,
        private_key: &ssh.private_key,
        passphrase: &ssh.private_key_passphrase,
        certificate_file: &ssh.certificate_file,
    };
    let mut found = of_keys(path, &keys);
    if ssh.agent == Tf::Known(false) && ssh.agent_socket.is_known() {
        found.push(conflict(&path.attribute("agent_socket"), "agent_socket", "agent = false"));
    }
    if is_root(&ssh.user) && ssh.sudo.is_known() {
        found.push(
            Diagnostic::warning("sudo is not used")
                .detail("The user is root, whose commands need no sudo.")
                .at(path.attribute("sudo")),
        );
    }
    found.extend(ports(path, ssh.port));
    if let Tf::Known(jump) = &ssh.jump {
        found.extend(of_jump(&path.attribute("jump"), jump));
    }
    found
}

fn of_jump(path: &Path, jump: &Jump) -> Vec<Diagnostic> {
    let keys = Keys {
        private_key_file: &jump.private_key_file,
        private_key: &jump.private_key,
        passphrase: &jump.private_key_passphrase,
        certificate_file: &jump.certificate_file,
    };
    let mut found = of_keys(path, &keys);
    found.extend(ports(path, jump.port));
    found
}

struct Keys<'a> {
    private_key_file: &'a Tf<String>,
    private_key: &'a Tf<String>,
    passphrase: &'a Tf<String>,
    certificate_file: &'a Tf<String>,
}

fn of_keys(path: &Path, keys: &Keys<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    if keys.private_key_file.is_known() && keys.private_key.is_known() {
        found.push(conflict(&path.attribute("private_key"), "private_key", "private_key_file"));
    }
    let has_no_key = keys.private_key_file.is_null() && keys.private_key.is_null();
    if has_no_key && keys.passphrase.is_known() {
        found.push(lonely(&path.attribute("private_key_passphrase"), "private_key_passphrase"));
    }
    if has_no_key && keys.certificate_file.is_known() {
        found.push(lonely(&path.attribute("certificate_file"), "certificate_file"));
    }
    found
}

fn conflict(path: &Path, one: &str, other: &str) -> Diagnostic {
    Diagnostic::error(format!("{one} conflicts with {other}"))
        .detail("Give only one of the two.")
        .at(path.clone())
}

fn lonely(path: &Path, name: &str) -> Diagnostic {
    Diagnostic::error(format!("{name} needs a private key"))
        .detail("Give private_key_file or private_key too.")
        .at(path.clone())
}

fn ports(path: &Path, port: Tf<u16>) -> Option<Diagnostic> {
    (port == Tf::Known(0)).then(|| {
        Diagnostic::error("port 0 is no port")
            .detail("Ports are between 1 and 65535.")
            .at(path.attribute("port"))
    })
}

fn is_root(user: &Tf<String>) -> bool {
    match user {
        Tf::Null => true,
        Tf::Known(user) => user == "root",
        Tf::Unknown => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(ssh: Ssh) -> Vec<String> {
        let config = ProviderModel { ssh: Tf::Known(ssh), ..ProviderModel::default() };
        validate(&config).iter().map(|found| format!("{}: {}", found.path, found.summary)).collect()
    }

    #[test]
    fn contradictions_are_said_at_their_place() {
        let both = Ssh { private_key: "k".into(), private_key_file: "f".into(), ..Ssh::default() };
        assert_eq!(said(both), ["ssh.private_key: private_key conflicts with private_key_file"]);
        let jump = Jump { certificate_file: "c".into(), ..Jump::default() };
        let behind = Ssh { jump: Tf::Known(jump), port: Tf::Known(0), ..Ssh::default() };
        assert_eq!(
            said(behind),
            [
                "ssh.port: port 0 is no port",
                "ssh.jump.certificate_file: certificate_file needs a private key"
            ]
        );
        let agent = Ssh { agent: Tf::Known(false), agent_socket: "s".into(), ..Ssh::default() };
        assert_eq!(said(agent), ["ssh.agent_socket: agent_socket conflicts with agent = false"]);
    }

    #[test]
    fn what_is_not_known_yet_contradicts_nothing() {
        let unknown = Ssh {
            private_key: Tf::Unknown,
            private_key_file: "f".into(),
            private_key_passphrase: "p".into(),
            ..Ssh::default()
        };
        assert_eq!(said(unknown), Vec::<String>::new());
        assert_eq!(said(Ssh::default()), Vec::<String>::new());
    }
}
