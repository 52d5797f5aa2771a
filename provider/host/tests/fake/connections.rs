//! Connections, channels and tunnels.

use crate::{host, with_profile};
use host::fake::{Answer, FakeHost};
use host::{Command, Host, HostError, Pool, Profile, Target};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn one_connection_serves_all_handles() {
    let fake = FakeHost::start().await;
    fake.on(&["true"], Answer::success());
    let pool = Pool::new();
    let hosts: Vec<Host> = (0..20).map(|_| pool.host(&fake.target())).collect();
    let commands = hosts.iter().map(|host| async { host.run(&Command::new("true")).await });
    for output in futures::future::join_all(commands).await {
        assert!(output.unwrap().success());
    }
    assert_eq!(fake.connections(), 1);
}

#[tokio::test]
async fn at_most_six_commands_run_at_once() {
    let fake = FakeHost::start().await;
    fake.on(&["work"], Answer::success().after(Duration::from_millis(20)));
    let host = host(&fake);
    let commands = (0..40).map(|_| async { host.run(&Command::new("work")).await });
    for output in futures::future::join_all(commands).await {
        assert!(output.unwrap().success());
    }
    assert!((2..=6).contains(&fake.most_at_once()), "{}", fake.most_at_once());
}

#[tokio::test]
async fn refused_channels_are_asked_for_again() {
    let fake = FakeHost::start().await;
    fake.on(&["true"], Answer::success());
    fake.refuse_channels(4);
    assert!(host(&fake).run(&Command::new("true")).await.unwrap().success());
    assert_eq!(fake.calls().len(), 1);
}

#[tokio::test]
async fn channels_refused_for_ever_are_an_error() {
    let fake = FakeHost::start().await;
    fake.refuse_channels(usize::MAX);
    let error = host(&fake).run(&Command::new("true")).await.unwrap_err();
    assert!(matches!(error, HostError::ChannelRefused { .. }), "{error}");
    assert!(error.is_transient() && !error.is_unreachable());
}

#[tokio::test]
async fn a_connection_lost_between_commands_is_made_anew() {
    let fake = FakeHost::start().await;
    fake.on(&["true"], Answer::success());
    let host = host(&fake);
    for _ in 0..5 {
        host.run(&Command::new("true")).await.unwrap();
        fake.drop_connections();
    }
    assert_eq!(fake.calls().len(), 5);
}

#[tokio::test]
async fn a_host_that_comes_back_in_time_is_reached() {
    let fake = FakeHost::start().await;
    fake.on(&["true"], Answer::success());
    fake.vanish();
    let target = with_profile(&fake, |profile| profile.connect_retry = 10 * SECOND);
    let host = Pool::new().host(&target);
    let appear = async {
        while fake.connections() < 2 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        fake.appear();
    };
    let command = Command::new("true");
    let (output, ()) = tokio::join!(host.run(&command), appear);
    assert!(output.unwrap().success());
}

#[tokio::test]
async fn a_host_that_stays_away_is_unreachable_for_all_who_wait() {
    let fake = FakeHost::start().await;
    fake.vanish();
    let pool = Pool::new();
    let waiting = (0..5).map(|_| {
        let host = pool.host(&fake.target());
        async move { host.connect().await.unwrap_err() }
    });
    for error in futures::future::join_all(waiting).await {
        assert!(error.is_unreachable(), "{error}");
        assert!(error.advice().is_some());
    }
    assert_eq!(fake.connections(), 1);
}

#[tokio::test]
async fn a_closed_port_says_so() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let profile = Profile { connect_retry: Duration::ZERO, ..FakeHost::start().await.profile() };
    let host = Pool::new().host(&Target::new("127.0.0.1", profile).port(port));
    let error = host.connect().await.unwrap_err();
    let expected = format!("cannot reach root@127.0.0.1:{port}: port {port} refuses connections");
    assert_eq!(error.to_string(), expected);
}

#[tokio::test]
async fn a_port_without_ssh_ends_within_the_timeout() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let profile = Profile {
        connect_timeout: Duration::from_millis(200),
        connect_retry: Duration::ZERO,
        ..FakeHost::start().await.profile()
    };
    let target = Target::new("127.0.0.1", profile).port(listener.local_addr().unwrap().port());
    let started = Instant::now();
    let error = Pool::new().host(&target).connect().await.unwrap_err();
    assert!(error.to_string().ends_with("no answer within 0.2s"), "{error}");
    assert!(started.elapsed() < 2 * SECOND);
}

#[tokio::test]
async fn a_wrong_password_names_what_was_tried() {
    let fake = FakeHost::start().await;
    let target = with_profile(&fake, |it| it.credentials.password = Some("wrong".into()));
    let error = Pool::new().host(&target).connect().await.unwrap_err();
    let HostError::Authentication { tried, .. } = &error else { unreachable!("{error}") };
    assert_eq!(tried.first().map(String::as_str), Some("password"));
    assert!(!format!("{error:?}").contains("wrong"));
}

#[tokio::test]
async fn a_tunnel_carries_bytes() {
    let fake = FakeHost::start().await;
    let echo = TcpListener::bind("127.0.0.1:0").await.unwrap();
    fake.forward("127.0.0.1", 6443, echo.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut stream, _) = echo.accept().await.unwrap();
        let (mut read, mut write) = stream.split();
        tokio::io::copy(&mut read, &mut write).await
    });
    let host = host(&fake);
    let mut tunnel = host.dial("127.0.0.1", 6443).await.unwrap();
    drop(host);
    tunnel.write_all(b"hello").await.unwrap();
    let mut answer = [0; 5];
    tunnel.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"hello");
}

#[tokio::test]
async fn a_tunnel_to_nowhere_is_refused() {
    let fake = FakeHost::start().await;
    let error = host(&fake).dial("127.0.0.1", 1).await.unwrap_err();
    assert!(
        error.to_string().contains("refused to open a channel for a connection to 127.0.0.1:1")
    );
}

#[tokio::test]
async fn a_jump_host_carries_the_connection() {
    let (jump, fake) = (FakeHost::start().await, FakeHost::start().await);
    fake.on(&["hostname"], Answer::stdout("inner"));
    jump.forward("inner.lab", 2222, fake.address());
    let mut target = Target::new("inner.lab", fake.profile()).port(2222).host_key(fake.host_key());
    target.profile.jump = Some(Box::new(host::Jump {
        endpoint: jump.target().endpoint,
        user: "jumper".to_owned(),
        credentials: jump.profile().credentials,
        host_key: Some(jump.host_key()),
    }));
    let pool = Pool::new();
    let output = pool.host(&target).run(&Command::new("hostname")).await.unwrap();
    assert_eq!(output.stdout_text(), "inner");
    pool.host(&target.port(2223)).connect().await.unwrap_err();
    assert_eq!(jump.connections(), 1);
}
