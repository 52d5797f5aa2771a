//! What a person can do about an error.

use super::{CredentialsProblem, HostError, HostKeyProblem, SudoProblem, UnreachableReason};

impl HostError {
    /// What a person can do about it, where there is something.
    #[must_use]
    pub fn advice(&self) -> Option<String> {
        let advice = match self {
            Self::Unreachable { reason, .. } => unreachable(reason),
            Self::Authentication { login, tried, offered } => refused(login, tried, offered),
            Self::Credentials { problem, .. } => credentials(problem),
            Self::HostKey { host, problem } => host_key(host, problem),
            Self::Sudo { login, problem } => sudo(login, problem),
            Self::ChannelRefused { purpose, .. } => channel(purpose),
            Self::ConnectionLost { .. } => {
                "apply again: it looks at what was done and goes on from there".to_owned()
            }
            Self::Timeout { .. } => {
                "look at what the host is busy with, or allow more time in timeouts".to_owned()
            }
            Self::Unit { unit, .. } => format!("see journalctl -u {unit} on the host"),
            _ => return None,
        };
        Some(advice)
    }
}

fn unreachable(reason: &UnreachableReason) -> String {
    match reason {
        UnreachableReason::Refused { port } => {
            format!("check that sshd runs and listens on port {port}; another port is set by port")
        }
        UnreachableReason::NoRoute => {
            "check routes and firewalls between this machine and the host, or use a jump host"
                .to_owned()
        }
        UnreachableReason::Timeout(_) | UnreachableReason::Silent => {
            "check that the host is up and that no firewall drops the packets; a slow host needs \
             a longer connect_timeout, one that is still starting a longer connect_retry"
                .to_owned()
        }
        UnreachableReason::Name { name } => {
            format!("check the spelling of {name}, or give the address")
        }
        UnreachableReason::Closed => {
            "the host may be starting, or sshd may have too many logins under way \
             (MaxStartups): see its log, or allow a longer connect_retry"
                .to_owned()
        }
        UnreachableReason::Protocol { port } => format!(
            "check that port {port} is sshd's, and that sshd allows algorithms that are not outdated"
        ),
        UnreachableReason::Jump { jump } => format!(
            "check that {jump} reaches the host's address and port, and that its sshd allows \
             TCP forwarding (AllowTcpForwarding)"
        ),
        UnreachableReason::Other => "see the cause, and sshd's log on the host".to_owned(),
    }
}

fn refused(login: &str, tried: &[String], offered: &[String]) -> String {
    let user = login.split('@').next().unwrap_or(login);
    if tried.is_empty() {
        return "give a private key, an agent or a password in ssh".to_owned();
    }
    let by_password = tried.iter().any(|it| it == "password" || it == "keyboard-interactive");
    let takes_password = offered.iter().any(|it| it == "password");
    match (by_password, takes_password || offered.is_empty()) {
        (true, true) => format!("check the password and the user name {user}"),
        (true, false) => "the host takes no passwords: give a private key or an agent".to_owned(),
        (false, _) => format!(
            "check that the public key is in the authorized_keys of user {user} on the host, and \
             that {user} is the right user"
        ),
    }
}

fn credentials(problem: &CredentialsProblem) -> String {
    match problem {
        CredentialsProblem::Unreadable { path } => {
            format!("check that {path} exists and that you may read it")
        }
        CredentialsProblem::Malformed { what } => format!(
            "check that {what} holds the whole key in the format of OpenSSH or PEM, with its \
             first and last line"
        ),
        CredentialsProblem::PassphraseNeeded { .. } => {
            "set private_key_passphrase, or use an agent that holds the key".to_owned()
        }
        CredentialsProblem::PassphraseWrong { .. } => "check private_key_passphrase".to_owned(),
        CredentialsProblem::CertificateMismatch { .. } => {
            "give the private key that the certificate was signed for".to_owned()
        }
        CredentialsProblem::Agent { .. } => {
            "start the agent, or check agent_socket and SSH_AUTH_SOCK".to_owned()
        }
        CredentialsProblem::Nothing => {
            "set private_key_file, private_key, agent or password in ssh; no agent and no key \
             without passphrase was found in ~/.ssh either"
                .to_owned()
        }
    }
}

fn host_key(host: &str, problem: &HostKeyProblem) -> String {
    match problem {
        HostKeyProblem::Unknown { key, .. } => format!(
            "compare the fingerprint with the host's own (ssh-keygen -lf \
             /etc/ssh/ssh_host_ed25519_key.pub); if it is right, set host_key = \"{key}\", add \
             the host to known_hosts, or set host_key_policy = \"accept_new\""
        ),
        HostKeyProblem::Changed { place, .. } => format!(
            "somebody may be between you and {host}, or the host was installed anew; only in the \
             latter case put the new key into {place}"
        ),
        HostKeyProblem::Revoked { place, .. } => format!(
            "the key must not be trusted any more: give the host a new one, or correct {place}"
        ),
        HostKeyProblem::Certificate { .. } => {
            "have the authority sign the host's key anew, for the name that is connected to"
                .to_owned()
        }
        HostKeyProblem::Unreadable { path, .. } => {
            format!("make {path} readable, or take it off known_hosts_files")
        }
        HostKeyProblem::Malformed { .. } => {
            "give it as in known_hosts, without names: \"ssh-ed25519 AAAA...\"".to_owned()
        }
    }
}

fn sudo(login: &str, problem: &SudoProblem) -> String {
    let user = login.split('@').next().unwrap_or(login);
    match problem {
        SudoProblem::PasswordNeeded => format!(
            "set sudo = {{ password = ... }}, or allow {user} to use sudo without a password \
             ({user} ALL=(ALL) NOPASSWD: ALL in /etc/sudoers.d), or log in as root; sudo asks \
             users whom it does not know at all, too"
        ),
        SudoProblem::PasswordWrong => format!("check the sudo password of {user}"),
        SudoProblem::NotPermitted => format!(
            "allow {user} to run all commands by sudo ({user} ALL=(ALL) ALL in /etc/sudoers.d), \
             or log in as root"
        ),
        SudoProblem::TerminalNeeded => {
            format!("take requiretty off the sudoers file for {user} (Defaults:{user} !requiretty)")
        }
        SudoProblem::Other { .. } => format!("see what sudo -l says to {user} on the host"),
        SudoProblem::Missing => "install sudo on the host, or log in as root".to_owned(),
    }
}

fn channel(purpose: &str) -> String {
    if purpose.starts_with("a connection to") {
        return "check that something listens there, and that sshd allows TCP forwarding \
                (AllowTcpForwarding)"
            .to_owned();
    }
    "check MaxSessions and ForceCommand in the host's sshd_config".to_owned()
}
