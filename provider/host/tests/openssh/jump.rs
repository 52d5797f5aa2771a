//! Hosts behind a jump host.

use crate::sshd::{Options, Sshd, USER};
use host::{Agent, Command, Credentials, Endpoint, HostError, Jump, Pool, Target};

fn through(jump: &Sshd, host: &Sshd) -> Target {
    host.target_with(|profile| {
        profile.jump = Some(Box::new(Jump {
            endpoint: Endpoint::new("127.0.0.1", jump.port),
            user: USER.to_owned(),
            credentials: Credentials {
                private_key_file: Some(jump.user_key.private.clone()),
                agent: Agent::Never,
                ..Credentials::default()
            },
            host_key: Some(jump.host_keys[0].line()),
        }));
    })
}

#[tokio::test]
async fn user_key_and_host_key_are_its_own() {
    let (jump, sshd) = (Sshd::start(), Sshd::start());
    let host = Pool::new().host(&through(&jump, &sshd));
    let output = host.run(&Command::script("id -un; echo \"$SSH_CONNECTION\"")).await.unwrap();
    assert!(output.stdout_text().starts_with("root\n127.0.0.1 "), "{}", output.stdout_text());
    assert!(output.stdout_text().trim_end().ends_with(&sshd.port.to_string()));
}

#[tokio::test]
async fn its_host_key_is_checked() {
    let (jump, sshd) = (Sshd::start(), Sshd::start());
    let mut target = through(&jump, &sshd);
    target.profile.jump.as_mut().unwrap().host_key = Some(sshd.host_keys[0].line());
    let error = Pool::new().host(&target).connect().await.unwrap_err();
    let text = error.to_string();
    let expected = format!("refused to talk to 127.0.0.1:{}: its host key changed", jump.port);
    assert!(text.starts_with(&expected), "{text}");
}

#[tokio::test]
async fn what_it_does_not_pass_on_is_unreachable() {
    let jump =
        Sshd::with(Options { config: "AllowTcpForwarding no\n".to_owned(), ..Options::default() });
    let sshd = Sshd::start();
    let error = Pool::new().host(&through(&jump, &sshd)).connect().await.unwrap_err();
    assert!(error.is_unreachable(), "{error}");
    let expected = format!("jump host {USER}@127.0.0.1:{} does not pass", jump.port);
    assert!(error.to_string().contains(&expected), "{error}");
    assert!(error.advice().unwrap().contains("AllowTcpForwarding"));
}

#[tokio::test]
async fn a_refused_login_names_the_jump_host() {
    let (jump, sshd) = (Sshd::start(), Sshd::start());
    let mut target = through(&jump, &sshd);
    let credentials = &mut target.profile.jump.as_mut().unwrap().credentials;
    credentials.private_key_file = Some(sshd.user_key.private.clone());
    let error = Pool::new().host(&target).connect().await.unwrap_err();
    assert!(matches!(error, HostError::Authentication { .. }), "{error}");
    assert!(error.to_string().starts_with(&format!("{USER}@127.0.0.1:{} ", jump.port)), "{error}");
}

/// What a host may not do for us is another thing than what it cannot reach.
#[tokio::test]
async fn a_host_that_passes_nothing_on_is_told_from_an_end_that_is_out_of_reach() {
    let config = "AllowTcpForwarding no\n".to_owned();
    let closed = Sshd::with(Options { config, ..Options::default() });
    let refused = Pool::new().host(&closed.target()).dial("127.0.0.1", closed.port).await;
    assert!(refused.err().unwrap().forbids_forwarding());
    let open = Sshd::start();
    let nobody = Pool::new().host(&open.target()).dial("127.0.0.1", 1).await.err().unwrap();
    assert!(!nobody.forbids_forwarding(), "{nobody}");
}
