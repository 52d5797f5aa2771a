//! Commands and files.

use crate::{host, with_profile};
use host::fake::{Answer, FakeHost};
use host::{Command, ExitStatus, FileWrite, HostError, Pool};
use std::time::Duration;

#[tokio::test]
async fn a_command_has_output_and_status() {
    let fake = FakeHost::start().await;
    fake.on(&["uname"], Answer::failure(3, "no\n").with_stdout("Linux\n"));
    let output = host(&fake).run(&Command::new("uname").arg("-r")).await.unwrap();
    assert_eq!(output.status, ExitStatus::Code(3));
    assert_eq!((output.stdout_text(), output.stderr_text()), ("Linux\n".into(), "no\n".into()));
    let error = output.require_success(&Command::new("uname").arg("-r")).unwrap_err();
    assert_eq!(error.to_string(), "uname -r ended with exit status 3");
}

#[tokio::test]
async fn a_command_without_an_answer_fails_and_is_recorded() {
    let fake = FakeHost::start().await;
    let output = host(&fake).run(&Command::new("reboot").env("A", "b")).await.unwrap();
    assert_eq!(output.status, ExitStatus::Code(127));
    let calls = fake.unscripted();
    assert_eq!(calls.len(), 1);
    assert_eq!(calls[0].argv, ["reboot"]);
    assert_eq!(calls[0].env, [("A".to_owned(), "b".to_owned())]);
}

#[tokio::test]
async fn signals_have_names() {
    let fake = FakeHost::start().await;
    fake.on(&["kubelet"], Answer::signal("KILL"));
    let output = host(&fake).run(&Command::new("kubelet")).await.unwrap();
    assert_eq!(output.status.to_string(), "signal KILL");
}

#[tokio::test]
async fn a_lost_command_is_an_error_and_never_repeated() {
    let fake = FakeHost::start().await;
    fake.once(&["kubeadm"], Answer::drop_connection());
    fake.on(&["kubeadm"], Answer::success());
    let host = host(&fake);
    let error = host.run(&Command::new("kubeadm").arg("init")).await.unwrap_err();
    assert!(matches!(error, HostError::ConnectionLost { .. }), "{error}");
    assert!(error.to_string().ends_with("during kubeadm init"), "{error}");
    assert_eq!(fake.calls().len(), 1);
    assert!(host.run(&Command::new("kubeadm").arg("init")).await.unwrap().success());
    assert_eq!((fake.calls().len(), fake.connections()), (2, 2));
}

#[tokio::test]
async fn a_command_that_hangs_ends_with_its_timeout() {
    let fake = FakeHost::start().await;
    fake.on(&["apt-get"], Answer::failure(124, "").after(Duration::from_millis(60)));
    let command = Command::new("apt-get").timeout(Duration::from_millis(50));
    let error = host(&fake).run(&command).await.unwrap_err();
    assert!(matches!(error, HostError::Timeout { .. }), "{error}");
    assert_eq!(fake.calls()[0].timeout, Some(Duration::from_millis(50)));
}

#[tokio::test]
async fn a_dropped_command_frees_its_channel() {
    let fake = FakeHost::start().await;
    fake.on(&["sleep"], Answer::hang());
    fake.on(&["true"], Answer::success());
    let host = host(&fake);
    for _ in 0..12 {
        let command = Command::new("sleep");
        let hanging = tokio::time::timeout(Duration::from_millis(20), host.run(&command));
        assert!(hanging.await.is_err());
    }
    assert!(host.run(&Command::new("true")).await.unwrap().success());
}

#[tokio::test]
async fn big_input_and_output_pass() {
    let fake = FakeHost::start().await;
    fake.on_call(|call| (call.argv == ["tee"]).then(|| Answer::stdout(call.stdin.clone())));
    let bytes: Vec<u8> = (0..5_000_000_u32).map(|number| number.to_le_bytes()[0]).collect();
    let output = host(&fake).run(&Command::new("tee").stdin(bytes.clone())).await.unwrap();
    assert!(output.stdout == bytes);
}

#[tokio::test]
async fn files_are_read_written_and_removed() {
    let fake = FakeHost::start().await;
    let host = host(&fake);
    assert_eq!(host.read("/etc/a b").await.unwrap(), None);
    let file = FileWrite::new("/etc/a b", "text").mode(0o600).owner("etcd:etcd");
    host.write(&file).await.unwrap();
    assert_eq!(host.read("/etc/a b").await.unwrap(), Some(b"text".to_vec()));
    let found = fake.file("/etc/a b").unwrap();
    assert_eq!((found.mode, found.owner.as_str()), (0o600, "etcd:etcd"));
    host.remove("/etc/a b").await.unwrap();
    assert_eq!(fake.paths(), Vec::<String>::new());
    assert_eq!(fake.calls(), []);
}

#[tokio::test]
async fn a_file_that_cannot_be_read_is_an_error() {
    let fake = FakeHost::start().await;
    fake.on(&["cat"], Answer::failure(1, "cat: /x: Input/output error\n"));
    let error = host(&fake).read("/x").await.unwrap_err();
    let text = error.to_string();
    assert!(text.starts_with("cannot read /x on root@127.0.0.1"), "{text}");
    assert!(text.ends_with("Input/output error"), "{text}");
}

#[tokio::test]
async fn sudo_is_used_by_users_and_not_by_root() {
    let fake = FakeHost::start().await;
    fake.on(&["id"], Answer::success());
    let user = with_profile(&fake, |profile| profile.user = "debian".to_owned());
    Pool::new().host(&user).run(&Command::new("id")).await.unwrap();
    host(&fake).run(&Command::new("id")).await.unwrap();
    let sudo: Vec<bool> = fake.calls().iter().map(|call| call.sudo).collect();
    assert_eq!(sudo, [true, false]);
}

#[tokio::test]
async fn a_sudo_password_goes_before_the_input_and_nowhere_else() {
    let fake = FakeHost::start().await;
    fake.on(&["sh"], Answer::success());
    let user = with_profile(&fake, |profile| {
        profile.user = "debian".to_owned();
        profile.sudo = host::Sudo::Password("hunter2".into());
    });
    Pool::new().host(&user).run(&Command::new("tee").stdin("input")).await.unwrap();
    let last = fake.calls().pop().unwrap();
    assert_eq!(last.stdin, b"input");
    assert!(!format!("{:?}", fake.calls()).contains("hunter2"));
}
