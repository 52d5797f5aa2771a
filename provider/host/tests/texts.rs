//! What users read: every error, and what it advises.

use host::{
    Command, CredentialsProblem, ExitStatus, HostError, HostKeyProblem, Output, SudoProblem,
    UnreachableReason,
};
use std::error::Error;
use std::time::Duration;

fn login() -> String {
    "debian@10.77.0.12".to_owned()
}

fn unreachable() -> Vec<HostError> {
    let name = "cp1.lab".to_owned();
    let jump = "admin@gate".to_owned();
    [
        UnreachableReason::Refused { port: 22 },
        UnreachableReason::NoRoute,
        UnreachableReason::Timeout(Duration::from_secs(10)),
        UnreachableReason::Silent,
        UnreachableReason::Name { name },
        UnreachableReason::Closed,
        UnreachableReason::Protocol { port: 2222 },
        UnreachableReason::Jump { jump },
        UnreachableReason::Other,
    ]
    .map(|reason| HostError::Unreachable { login: login(), reason, source: None })
    .into()
}

fn authentication() -> Vec<HostError> {
    [
        (&["key ~/.ssh/id_ed25519", "agent key \"me@here\""][..], &["publickey"][..]),
        (&["password"], &["publickey", "password"]),
        (&["password"], &["publickey"]),
        (&[], &["publickey"]),
    ]
    .map(|(tried, offered)| HostError::Authentication {
        login: login(),
        tried: tried.iter().map(ToString::to_string).collect(),
        offered: offered.iter().map(ToString::to_string).collect(),
    })
    .into()
}

fn credentials() -> Vec<HostError> {
    let what = || "~/.ssh/id_ed25519".to_owned();
    [
        CredentialsProblem::Unreadable { path: what() },
        CredentialsProblem::Malformed { what: what() },
        CredentialsProblem::PassphraseNeeded { what: what() },
        CredentialsProblem::PassphraseWrong { what: what() },
        CredentialsProblem::CertificateMismatch { certificate: what() },
        CredentialsProblem::Agent { agent: "/run/agent".to_owned() },
        CredentialsProblem::Nothing,
    ]
    .map(|problem| HostError::Credentials { login: login(), problem, source: None })
    .into()
}

fn host_keys() -> Vec<HostError> {
    let fingerprint = || "SHA256:2f4h".to_owned();
    let algorithm = || "ssh-ed25519".to_owned();
    let place = || "~/.ssh/known_hosts:7".to_owned();
    [
        HostKeyProblem::Unknown {
            algorithm: algorithm(),
            fingerprint: fingerprint(),
            key: "ssh-ed25519 AAAA".to_owned(),
        },
        HostKeyProblem::Changed {
            algorithm: algorithm(),
            fingerprint: fingerprint(),
            expected: vec!["SHA256:9k1x".to_owned(), "SHA256:77qa".to_owned()],
            place: place(),
        },
        HostKeyProblem::Revoked { fingerprint: fingerprint(), place: place() },
        HostKeyProblem::Certificate { detail: "it has expired or is not valid yet".to_owned() },
        HostKeyProblem::Unreadable {
            path: "~/.ssh/known_hosts".to_owned(),
            detail: "Permission denied (os error 13)".to_owned(),
        },
        HostKeyProblem::Malformed { what: "the pinned host key \"x\"".to_owned() },
    ]
    .map(|problem| HostError::HostKey { host: "10.77.0.12".to_owned(), problem })
    .into()
}

fn sudo() -> Vec<HostError> {
    [
        SudoProblem::PasswordNeeded,
        SudoProblem::PasswordWrong,
        SudoProblem::NotPermitted,
        SudoProblem::TerminalNeeded,
        SudoProblem::Missing,
        SudoProblem::Other { detail: "sudo: account expired".to_owned() },
    ]
    .map(|problem| HostError::Sudo { login: login(), problem })
    .into()
}

fn channels() -> Vec<HostError> {
    let purpose = || "kubeadm init".to_owned();
    vec![
        HostError::ChannelRefused { login: login(), purpose: purpose(), source: None },
        HostError::ChannelRefused {
            login: login(),
            purpose: "a connection to 127.0.0.1:6443".to_owned(),
            source: None,
        },
        HostError::ConnectionLost { login: login(), purpose: purpose(), source: None },
        HostError::Timeout { login: login(), purpose: purpose(), limit: Duration::from_secs(90) },
        HostError::Cancelled { login: login(), purpose: purpose() },
    ]
}

fn others() -> Vec<HostError> {
    let output = Output { status: ExitStatus::Code(1), stdout: Vec::new(), stderr: Vec::new() };
    let failed = output.require_success(&Command::new("kubeadm").arg("init"));
    vec![
        HostError::TooMuchOutput { login: login(), command: "cat".to_owned(), limit: 64 },
        HostError::Malformed { command: "echo '\\0'".to_owned() },
        HostError::File {
            login: login(),
            action: "write",
            path: "/etc/hosts".to_owned(),
            detail: "mktemp: No space left on device".to_owned(),
        },
        HostError::Unit {
            login: login(),
            unit: "kubeadm-init.service".to_owned(),
            detail: "is gone; was the host restarted?".to_owned(),
        },
    ]
    .into_iter()
    .chain(failed.err().map(HostError::from))
    .collect()
}

#[test]
fn texts() {
    let all =
        [unreachable(), authentication(), credentials(), host_keys(), sudo(), channels(), others()];
    let text: Vec<String> = all.iter().flatten().map(shown).collect();
    insta::assert_snapshot!(text.join("\n"));
}

fn shown(error: &HostError) -> String {
    let cause = error.source().map(|cause| format!("\n  cause  {cause}")).unwrap_or_default();
    let advice = error.advice().map(|advice| format!("\n  do     {advice}")).unwrap_or_default();
    let text = format!("{error}{cause}{advice}\n");
    assert!(!text.contains("  \n") && !error.to_string().ends_with('.'), "{text}");
    text
}
