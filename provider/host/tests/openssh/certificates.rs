//! Host certificates and pins.

use crate::keys::KeyPair;
use crate::sshd::{Options, Sshd};
use host::{
    Command, Endpoint, Host, HostError, HostKeyMode, HostKeyProblem, Pool, Profile, Target, Trust,
};
use std::time::Duration;

fn unpinned(sshd: &Sshd, change: impl FnOnce(&mut Profile)) -> Target {
    let mut target = sshd.target_with(change);
    target.host_key = None;
    target
}

fn problem(error: HostError) -> HostKeyProblem {
    match error {
        HostError::HostKey { problem, .. } => problem,
        other => panic!("{other}"),
    }
}

fn trust(host: &Host) -> Trust {
    host.learned_host_key().unwrap().trust
}

#[tokio::test]
async fn an_authority_of_the_configuration_is_trusted() {
    let directory = tempfile::tempdir().unwrap();
    let authority = KeyPair::new(directory.path(), "authority", "ed25519");
    let sshd = Sshd::prepared(Options::default(), |keys| {
        let certificate = authority.sign(&keys[0], &["-h", "-n", "127.0.0.1"]);
        format!("HostCertificate {}\n", certificate.display())
    });
    let target = unpinned(&sshd, |it| it.host_keys.authorities = vec![authority.line()]);
    let host = Pool::new().host(&target);
    host.connect().await.unwrap();
    assert_eq!(trust(&host), Trust::Authority);
    let error = Pool::new().host(&unpinned(&sshd, |_| {})).connect().await.unwrap_err();
    assert!(matches!(problem(error), HostKeyProblem::Unknown { .. }));
}

#[tokio::test]
async fn what_is_wrong_with_a_certificate_is_said() {
    let directory = tempfile::tempdir().unwrap();
    let authority = KeyPair::new(directory.path(), "authority", "ed25519");
    for (options, expected) in [
        (&["-h", "-n", "other"][..], "it is for other, not for 127.0.0.1"),
        (&["-h", "-n", "127.0.0.1", "-V", "-2d:-1d"], "it has expired or is not valid yet"),
    ] {
        let sshd = Sshd::prepared(Options::default(), |keys| {
            format!("HostCertificate {}\n", authority.sign(&keys[0], options).display())
        });
        for mode in [HostKeyMode::Strict, HostKeyMode::AcceptNew] {
            let target = unpinned(&sshd, |profile| {
                profile.host_keys.authorities = vec![authority.line()];
                profile.host_keys.mode = mode;
            });
            let error = Pool::new().host(&target).connect().await.unwrap_err();
            assert_eq!(problem(error), HostKeyProblem::Certificate { detail: expected.to_owned() });
        }
    }
}

#[tokio::test]
async fn a_new_host_is_accepted_once_and_its_key_reported() {
    let sshd = Sshd::start();
    let target = unpinned(&sshd, |it| it.host_keys.mode = HostKeyMode::AcceptNew);
    let host = Pool::new().host(&target);
    assert_eq!(host.learned_host_key(), None);
    host.connect().await.unwrap();
    let learned = host.learned_host_key().unwrap();
    assert_eq!(
        (learned.key.as_str(), learned.trust),
        (sshd.host_keys[0].line().as_str(), Trust::FirstContact)
    );
    let pinned = Pool::new().host(&target.host_key(learned.key));
    pinned.connect().await.unwrap();
    assert_eq!(trust(&pinned), Trust::Pinned);
}

#[tokio::test]
async fn a_new_host_whose_key_changes_later_is_refused() {
    let sshd = Sshd::start();
    let port = sshd.port;
    let target = unpinned(&sshd, |profile| {
        profile.host_keys.mode = HostKeyMode::AcceptNew;
        profile.connect_retry = Duration::from_secs(10);
    });
    let host = Pool::new().host(&target);
    host.connect().await.unwrap();
    sshd.signal_sessions("-KILL");
    drop(sshd);
    let _impostor = Sshd::on_port(port);
    let refused = loop {
        match host.run(&Command::new("true")).await {
            // The loss may be noticed only now.
            Err(HostError::ConnectionLost { .. }) => {}
            other => break other.unwrap_err(),
        }
    };
    assert!(matches!(problem(refused), HostKeyProblem::Changed { .. }));
}

#[tokio::test]
async fn a_pin_of_any_kind_of_key_is_found() {
    let host_keys = vec!["ed25519", "ecdsa", "rsa"];
    let sshd = Sshd::with(Options { host_keys, ..Options::default() });
    let pool = Pool::new();
    for key in &sshd.host_keys {
        let host = pool.host(&unpinned(&sshd, |_| {}).host_key(key.line()));
        host.connect().await.unwrap();
        assert_eq!(host.learned_host_key().unwrap().key, key.line());
    }
}

#[tokio::test]
async fn a_changed_key_says_what_was_expected() {
    let sshd = Sshd::start();
    let other = KeyPair::new(sshd.path(), "other", "ed25519");
    let host = Pool::new().host(&unpinned(&sshd, |_| {}).host_key(other.line()));
    let error = host.connect().await.unwrap_err();
    let text = error.to_string();
    let place = format!(
        "refused to talk to {}: its host key changed: it shows SHA256:",
        Endpoint::new("127.0.0.1", sshd.port)
    );
    assert!(text.starts_with(&place), "{text}");
    assert!(text.contains("the pinned key has SHA256:"), "{text}");
    assert!(error.advice().unwrap().contains("installed anew"));
}

#[tokio::test]
async fn a_file_that_cannot_be_read_is_an_error() {
    let sshd = Sshd::start();
    let target = unpinned(&sshd, |profile| {
        profile.host_keys.known_hosts_files = vec![sshd.path().to_owned()];
        profile.host_keys.mode = HostKeyMode::AcceptNew;
    });
    let error = Pool::new().host(&target).connect().await.unwrap_err();
    assert!(matches!(problem(error), HostKeyProblem::Unreadable { .. }));
}
