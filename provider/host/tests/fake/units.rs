//! Transient units.

use crate::host;
use host::fake::{Answer, FakeHost};
use host::{Command, ExitStatus, HostError, Start, UnitStatus};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn a_unit_runs_to_its_end_and_is_cleared_away() {
    let fake = FakeHost::start().await;
    fake.on(&["kubeadm", "init"], Answer::failure(1, "bad\n").with_stdout("[init]\n"));
    let unit = host(&fake).unit("kubeadm-init");
    let command = Command::new("kubeadm").arg("init").arg("$x").env("A", "b").stdin("config");
    let output = unit.run(&command, &CancellationToken::new()).await.unwrap();
    assert_eq!(output.status, ExitStatus::Code(1));
    assert_eq!((output.stdout_text(), output.stderr_text()), ("[init]\n".into(), "bad\n".into()));
    let call = fake.calls().pop().unwrap();
    assert_eq!(call.argv, ["kubeadm", "init", "$x"]);
    assert_eq!(call.unit.as_deref(), Some("kubeadm-init"));
    assert_eq!(call.stdin, b"config");
    assert_eq!(fake.units(), Vec::<String>::new());
}

#[tokio::test]
async fn a_unit_survives_lost_connections() {
    let fake = FakeHost::start().await;
    fake.on(&["kubeadm"], Answer::hang());
    let unit = host(&fake).unit("join");
    let cancel = CancellationToken::new();
    let finish = async {
        for _ in 0..3 {
            while unit.status().await.unwrap() != UnitStatus::Running {}
            fake.drop_connections();
        }
        fake.finish_unit("join", ExitStatus::Code(0), "joined\n");
    };
    let command = Command::new("kubeadm").arg("join");
    let (output, ()) = tokio::join!(unit.run(&command, &cancel), finish);
    assert_eq!(output.unwrap().stdout_text(), "joined\n");
    assert_eq!(fake.calls().len(), 1);
}

#[tokio::test]
async fn a_unit_whose_start_was_lost_is_found_and_not_started_again() {
    let fake = FakeHost::start().await;
    fake.on(&["kubeadm"], Answer::drop_connection());
    let unit = host(&fake).unit("init");
    let output = unit.run(&Command::new("kubeadm"), &CancellationToken::new()).await.unwrap();
    assert!(output.success());
    assert_eq!(fake.calls().len(), 1);
}

#[tokio::test]
async fn a_unit_of_a_former_run_is_waited_for_while_it_runs() {
    let fake = FakeHost::start().await;
    fake.on(&["kubeadm"], Answer::hang());
    let cancel = CancellationToken::new();
    let command = Command::new("kubeadm");
    assert_eq!(host(&fake).unit("init").start(&command).await.unwrap(), Start::Started);
    let unit = host(&fake).unit("init");
    assert_eq!(unit.start(&command).await.unwrap(), Start::Found(UnitStatus::Running));
    fake.finish_unit("init", ExitStatus::Code(0), "done");
    assert_eq!(unit.wait(SECOND, &cancel).await.unwrap(), ExitStatus::Code(0));
    assert_eq!(fake.calls().len(), 1);
}

#[tokio::test]
async fn a_unit_that_a_former_run_left_ended_is_started_anew() {
    let fake = FakeHost::start().await;
    fake.once(&["kubeadm"], Answer::failure(1, "old"));
    fake.on(&["kubeadm"], Answer::stdout("new"));
    host(&fake).unit("init").start(&Command::new("kubeadm")).await.unwrap();
    let unit = host(&fake).unit("init");
    let output = unit.run(&Command::new("kubeadm"), &CancellationToken::new()).await.unwrap();
    assert_eq!(output.stdout_text(), "new");
}

#[tokio::test]
async fn who_gives_up_leaves_the_unit_running() {
    let fake = FakeHost::start().await;
    fake.on(&["kubeadm"], Answer::hang());
    let unit = host(&fake).unit("init");
    let cancel = CancellationToken::new();
    cancel.cancel();
    let error = unit.run(&Command::new("kubeadm"), &cancel).await.unwrap_err();
    assert!(error.is_cancelled(), "{error}");
    assert_eq!(unit.status().await.unwrap(), UnitStatus::Running);
}

#[tokio::test]
async fn a_unit_that_takes_too_long_or_vanishes_is_an_error() {
    let fake = FakeHost::start().await;
    fake.on(&["kubeadm"], Answer::hang());
    let unit = host(&fake).unit("init");
    let cancel = CancellationToken::new();
    unit.start(&Command::new("kubeadm")).await.unwrap();
    let error = unit.wait(Duration::from_millis(150), &cancel).await.unwrap_err();
    assert!(matches!(error, HostError::Timeout { .. }), "{error}");
    fake.restart();
    let error = unit.wait(SECOND, &cancel).await.unwrap_err();
    assert!(error.to_string().contains("unit init.service"), "{error}");
    assert!(error.to_string().contains("restarted"), "{error}");
}

#[tokio::test]
async fn a_unit_name_that_could_be_a_path_is_refused() {
    let fake = FakeHost::start().await;
    for name in ["", "../x", "a b", "-x", "a/b", "a$b"] {
        assert!(host(&fake).unit(name).start(&Command::new("true")).await.is_err(), "{name}");
    }
    assert_eq!(fake.connections(), 0);
}
