//! Becoming root.

use crate::sshd::{Options, PASSWORD, Sshd, USER};
use host::{Command, FileWrite, Host, HostError, Pool, Sudo, SudoProblem};

fn sudoers(text: &str) -> Sshd {
    let sudoers = format!("Defaults !lecture\n{text}\n");
    Sshd::with(Options { sudoers, ..Options::default() })
}

fn user(sshd: &Sshd, sudo: Sudo) -> Host {
    Pool::new().host(&sshd.target_with(|profile| {
        USER.clone_into(&mut profile.user);
        profile.sudo = sudo;
    }))
}

fn password(text: &str) -> Sudo {
    Sudo::Password(text.into())
}

async fn problem(host: &Host) -> SudoProblem {
    match host.run(&Command::new("id")).await.unwrap_err() {
        HostError::Sudo { problem, login } => {
            assert!(login.starts_with(USER));
            problem
        }
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn without_a_password() {
    let sshd = sudoers(&format!("{USER} ALL=(ALL) NOPASSWD: ALL"));
    // A password that nobody asks for must not reach the command.
    for sudo in [Sudo::Passwordless, password(PASSWORD), password("wrong")] {
        let host = user(&sshd, sudo);
        let output = host.run(&Command::script("id -un; cat").stdin("input\n")).await.unwrap();
        assert_eq!(output.stdout_text(), "root\ninput\n");
    }
}

#[tokio::test]
async fn with_a_password() {
    for options in ["", "Defaults use_pty\n", "Defaults requiretty, timestamp_timeout=0\n"] {
        let sshd = sudoers(&format!("{options}{USER} ALL=(ALL) ALL"));
        let host = user(&sshd, password(PASSWORD));
        if options.contains("requiretty") {
            assert_eq!(problem(&host).await, SudoProblem::TerminalNeeded);
            continue;
        }
        for _ in 0..3 {
            let output = host.run(&Command::script("id -un; cat").stdin("input\n")).await.unwrap();
            assert_eq!(output.stdout_text(), "root\ninput\n", "{options}");
            assert_eq!(output.stderr_text(), "", "{options}");
        }
    }
}

#[tokio::test]
async fn files_by_sudo() {
    let sshd = sudoers(&format!("{USER} ALL=(ALL) ALL"));
    let host = user(&sshd, password(PASSWORD));
    let path = sshd.path().join("of-root");
    let name = path.to_str().unwrap();
    host.write(&FileWrite::new(name, "secret").mode(0o600)).await.unwrap();
    assert_eq!(host.read(name).await.unwrap(), Some(b"secret".to_vec()));
    assert_eq!(std::os::unix::fs::MetadataExt::uid(&path.metadata().unwrap()), 0);
}

#[tokio::test]
async fn a_password_is_needed() {
    let sshd = sudoers(&format!("{USER} ALL=(ALL) ALL"));
    let host = user(&sshd, Sudo::Passwordless);
    assert_eq!(problem(&host).await, SudoProblem::PasswordNeeded);
}

#[tokio::test]
async fn a_password_is_wrong() {
    let sshd = sudoers(&format!("{USER} ALL=(ALL) ALL"));
    let host = user(&sshd, password("wrong"));
    assert_eq!(problem(&host).await, SudoProblem::PasswordWrong);
    let error = host.run(&Command::new("id")).await.unwrap_err();
    assert!(error.advice().unwrap().contains(USER));
}

#[tokio::test]
async fn the_user_is_not_permitted() {
    let sshd = sudoers("root ALL=(ALL) ALL");
    assert_eq!(problem(&user(&sshd, password(PASSWORD))).await, SudoProblem::NotPermitted);
}

#[tokio::test]
async fn a_command_that_fails_is_not_taken_for_sudo() {
    let sshd = sudoers(&format!("{USER} ALL=(ALL) NOPASSWD: ALL"));
    let host = user(&sshd, Sudo::Passwordless);
    let script = Command::script("echo 'sudo: a password is required' >&2; exit 1");
    let output = host.run(&script).await.unwrap();
    assert_eq!(output.stderr_text(), "sudo: a password is required\n");
}
