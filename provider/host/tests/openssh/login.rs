//! Logging in, and what it says where that fails.

use crate::keys::KeyPair;
use crate::sshd::{Options, PASSWORD, Sshd, USER};
use host::{Agent, Command, Credentials, Host, HostError, Pool, Profile, Secret, Target};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command as Process, Stdio};
use std::time::Duration;

async fn whoami(target: &Target) -> Result<String, HostError> {
    let output = Pool::new().host(target).run(&Command::new("id").arg("-un")).await?;
    Ok(output.stdout_text().trim().to_owned())
}

fn by_key(sshd: &Sshd, key: &Path, passphrase: Option<&str>) -> Target {
    sshd.target_with(|profile| {
        profile.credentials.private_key_file = Some(key.to_owned());
        profile.credentials.private_key_passphrase = passphrase.map(Secret::from);
    })
}

#[tokio::test]
async fn keys_of_every_kind() {
    let sshd = Sshd::start();
    for kind in ["ed25519", "ecdsa", "rsa"] {
        let key = KeyPair::new(sshd.path(), kind, kind);
        sshd.authorize(&key);
        assert_eq!(whoami(&by_key(&sshd, &key.private, None)).await.unwrap(), "root", "{kind}");
    }
}

#[tokio::test]
async fn a_key_given_as_text() {
    let sshd = Sshd::start();
    let target = sshd.target_with(|profile| {
        let text = std::fs::read_to_string(&sshd.user_key.private).unwrap();
        profile.credentials.private_key_file = None;
        profile.credentials.private_key = Some(text.into());
    });
    assert_eq!(whoami(&target).await.unwrap(), "root");
}

#[tokio::test]
async fn an_encrypted_key_wants_its_passphrase() {
    let sshd = Sshd::start();
    let key = KeyPair::with_passphrase(sshd.path(), "locked", "ed25519", "open sesame");
    sshd.authorize(&key);
    let target = |passphrase| by_key(&sshd, &key.private, passphrase);
    assert_eq!(whoami(&target(Some("open sesame"))).await.unwrap(), "root");
    for (passphrase, expected) in [
        (None, "is encrypted and no passphrase is given"),
        (Some("wrong"), "the passphrase does not decrypt"),
    ] {
        let error = whoami(&target(passphrase)).await.unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
        assert!(error.advice().unwrap().contains("private_key_passphrase"));
    }
}

#[tokio::test]
async fn encrypted_keys_in_older_formats() {
    let sshd = Sshd::start();
    for (kind, format) in [("rsa", "PEM"), ("rsa", "PKCS8"), ("ecdsa", "PKCS8")] {
        let name = format!("{kind}-{format}");
        let key = KeyPair::new(sshd.path(), &name, kind);
        let path = key.private.to_str().unwrap();
        crate::keys::keygen(&["-q", "-p", "-m", format, "-N", "sesame", "-f", path]);
        sshd.authorize(&key);
        let target = by_key(&sshd, &key.private, Some("sesame"));
        assert_eq!(whoami(&target).await.unwrap(), "root", "{name}");
        let error = whoami(&by_key(&sshd, &key.private, None)).await.unwrap_err();
        assert!(error.to_string().contains("is encrypted"), "{name}: {error}");
    }
}

#[tokio::test]
async fn certificates_of_users() {
    let authority_of = tempfile::tempdir().unwrap();
    let authority = KeyPair::new(authority_of.path(), "authority", "ed25519");
    let config = format!("TrustedUserCAKeys {}\n", authority.public.display());
    let sshd = Sshd::with(Options { config, ..Options::default() });
    for kind in ["ed25519", "ecdsa", "rsa"] {
        let key = KeyPair::new(sshd.path(), kind, kind);
        let certificate = authority.sign(&key, &["-n", "root"]);
        let mut target = by_key(&sshd, &key.private, None);
        let error = whoami(&target).await.unwrap_err();
        assert!(matches!(error, HostError::Authentication { .. }), "{kind}: {error}");
        target.profile.credentials.certificate_file = Some(certificate);
        assert_eq!(whoami(&target).await.unwrap(), "root", "{kind}");
    }
}

#[tokio::test]
async fn a_certificate_of_another_key_is_refused_before_connecting() {
    let sshd = Sshd::start();
    let other = KeyPair::new(sshd.path(), "other", "ed25519");
    let certificate = sshd.user_key.sign(&other, &["-n", "root"]);
    let target = sshd.target_with(|it| it.credentials.certificate_file = Some(certificate));
    let error = whoami(&target).await.unwrap_err();
    assert!(error.to_string().contains("belongs to another key"), "{error}");
}

/// An SSH agent, ended when it is dropped.
struct RunningAgent(Child);

impl Drop for RunningAgent {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn agent(socket: &Path, keys: &[&KeyPair]) -> RunningAgent {
    let mut command = Process::new("ssh-agent");
    let mut child = command.arg("-D").arg("-a").arg(socket).stdout(Stdio::null()).spawn().unwrap();
    // The socket's file is there before the agent listens on it.
    while UnixStream::connect(socket).is_err() {
        assert!(child.try_wait().unwrap().is_none(), "ssh-agent ended");
        std::thread::yield_now();
    }
    for key in keys {
        let mut add = Process::new("ssh-add");
        add.env("SSH_AUTH_SOCK", socket).arg("-q").arg(&key.private);
        assert!(add.status().unwrap().success());
    }
    RunningAgent(child)
}

#[tokio::test]
async fn keys_of_an_agent() {
    let sshd = Sshd::start();
    let socket = sshd.path().join("agent");
    let stranger = KeyPair::new(sshd.path(), "stranger", "ecdsa");
    let rsa = KeyPair::new(sshd.path(), "rsa", "rsa");
    sshd.authorize(&rsa);
    let _agent = agent(&socket, &[&stranger, &rsa]);
    let target = sshd.target_with(|profile| {
        let agent = Agent::Socket(socket.clone());
        profile.credentials = Credentials { agent, ..Credentials::default() };
    });
    assert_eq!(whoami(&target).await.unwrap(), "root");
}

#[tokio::test]
async fn an_agent_that_is_not_there_is_an_error() {
    let sshd = Sshd::start();
    let target = sshd.target_with(|it| it.credentials.agent = Agent::Socket("/nowhere".into()));
    // The key comes first, so the agent is never asked.
    assert_eq!(whoami(&target).await.unwrap(), "root");
    let target = sshd.target_with(|profile| {
        let agent = Agent::Socket("/nowhere".into());
        profile.credentials = Credentials { agent, ..Credentials::default() };
    });
    let error = whoami(&target).await.unwrap_err();
    assert!(error.to_string().contains("the SSH agent /nowhere does not answer"), "{error}");
}

fn by_password(sshd: &Sshd, password: &str) -> Target {
    sshd.target_with(|profile| {
        USER.clone_into(&mut profile.user);
        profile.sudo = host::Sudo::Never;
        profile.credentials = Credentials {
            password: Some(password.into()),
            agent: Agent::Never,
            ..Credentials::default()
        };
    })
}

#[tokio::test]
async fn passwords() {
    let config = "PasswordAuthentication yes\n".to_owned();
    let sshd = Sshd::with(Options { config, ..Options::default() });
    assert_eq!(whoami(&by_password(&sshd, PASSWORD)).await.unwrap(), USER);
    let error = whoami(&by_password(&sshd, "wrong")).await.unwrap_err();
    let expected = format!(
        "{USER}@127.0.0.1:{} refused the login; tried password, the host offers publickey, password",
        sshd.port
    );
    assert_eq!(error.to_string(), expected);
}

#[tokio::test]
async fn passwords_as_answers_to_questions() {
    let config = "UsePAM yes\nKbdInteractiveAuthentication yes\n".to_owned();
    let sshd = Sshd::with(Options { config, ..Options::default() });
    assert_eq!(whoami(&by_password(&sshd, PASSWORD)).await.unwrap(), USER);
    let error = whoami(&by_password(&sshd, "wrong")).await.unwrap_err();
    assert!(error.to_string().contains("tried password, keyboard-interactive"), "{error}");
}

#[tokio::test]
async fn key_and_password_where_both_are_wanted() {
    let config =
        "PasswordAuthentication yes\nAuthenticationMethods publickey,password\n".to_owned();
    let sshd = Sshd::with(Options { config, ..Options::default() });
    let mut target = by_password(&sshd, PASSWORD);
    target.profile.credentials.private_key_file = Some(sshd.user_key.private.clone());
    assert_eq!(whoami(&target).await.unwrap(), USER);
}

#[tokio::test]
async fn a_wrong_key_says_what_to_do() {
    let sshd = Sshd::start();
    let key = KeyPair::new(sshd.path(), "stranger", "ed25519");
    let error = whoami(&by_key(&sshd, &key.private, None)).await.unwrap_err();
    let text = error.to_string();
    assert!(text.contains("refused the login; tried key "), "{text}");
    assert!(text.ends_with("the host offers publickey"), "{text}");
    assert!(error.advice().unwrap().contains("authorized_keys of user root"));
    assert!(!error.is_transient());
}

#[tokio::test]
async fn a_key_that_is_not_there_or_no_key() {
    let sshd = Sshd::start();
    let error = whoami(&by_key(&sshd, Path::new("/nowhere"), None)).await.unwrap_err();
    assert!(error.to_string().ends_with("/nowhere cannot be read"), "{error}");
    let error = whoami(&by_key(&sshd, &sshd.config(), None)).await.unwrap_err();
    assert!(error.to_string().ends_with("is not in a known format"), "{error}");
}

#[tokio::test]
async fn nothing_given_is_an_error_of_its_own() {
    let sshd = Sshd::start();
    let target = sshd.target_with(|profile| {
        profile.credentials = Credentials { agent: Agent::Never, ..Credentials::default() };
    });
    let error = whoami(&target).await.unwrap_err();
    assert!(error.to_string().ends_with("no key, agent or password is given"), "{error}");
}

#[tokio::test]
async fn a_host_that_starts_late_is_waited_for() {
    let sshd = Sshd::start();
    let (port, line) = (sshd.port, sshd.host_keys[0].line());
    let mut profile = Profile { connect_retry: Duration::from_secs(20), ..sshd.profile() };
    let key = std::fs::read_to_string(&sshd.user_key.private).unwrap();
    profile.credentials.private_key = Some(key.into());
    profile.credentials.private_key_file = None;
    drop(sshd);
    let host: Host = Pool::new().host(&Target::new("127.0.0.1", profile).port(port).host_key(line));
    let waiting = tokio::spawn(async move { host.connect().await });
    tokio::task::yield_now().await;
    let late = Sshd::on_port(port);
    let error = waiting.await.unwrap().unwrap_err();
    // Another host on the same address, so it is reached and refused.
    assert!(matches!(error, HostError::HostKey { .. }), "{error}");
    drop(late);
}
