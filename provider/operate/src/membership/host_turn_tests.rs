//! The turn's script, run by a real shell with the kernel's own locks, behind a fake SSH server.

use super::host_turn::{HeldHostTurn, HostTurn};
use super::turn::{Renewing, Taking, Turn, take_turn};
use crate::error::{ErrorKind, HostLabel, OperateError};
use host::Pool;
use host::fake::{Answer, Call, FakeHost};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const SCRIPT: &str = include_str!("host_turn.sh");

/// A host that runs the script on this machine, in a directory of its own.
struct Machine {
    fake: FakeHost,
    directory: PathBuf,
}

impl Machine {
    async fn start() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("terraform-provider-kubeadm-turn-{}-{number}", std::process::id());
        let machine =
            Self { fake: FakeHost::start().await, directory: std::env::temp_dir().join(name) };
        machine.fake.on_call(run);
        machine
    }

    fn turn(&self, holder: &str) -> HostTurn {
        let host = Pool::new().host(&self.fake.target());
        let label = HostLabel { name: "cp1".to_owned(), login: "root@cp1".to_owned() };
        HostTurn::new(host, label, holder, self.directory.to_str().unwrap())
    }

    async fn take(&self, holder: &str, limit: Duration) -> Result<HeldHostTurn, OperateError> {
        take_turn(self.turn(holder), limit, &CancellationToken::new()).await
    }

    /// The file of the turn.
    fn file(&self) -> PathBuf {
        self.directory.join("turn")
    }

    /// Makes the last renewal one of `seconds` ago.
    fn age(&self, seconds: u64) {
        let text = fs::read_to_string(self.file()).unwrap();
        let holder = text.lines().next().unwrap();
        fs::write(self.file(), format!("{holder}\n{}\n", uptime() - seconds)).unwrap();
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.directory);
    }
}

fn run(call: &Call) -> Option<Answer> {
    let (script, arguments) = call.script()?;
    let output = Command::new("sh").args(["-c", script, "sh"]).args(arguments).output().unwrap();
    let answer = Answer::failure(output.status.code().unwrap(), output.stderr);
    Some(answer.with_stdout(output.stdout))
}

fn uptime() -> u64 {
    let text = fs::read_to_string("/proc/uptime").unwrap();
    text.split('.').next().unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_host_has_one_turn_which_goes_on_when_it_is_released() {
    let machine = Machine::start().await;
    let held = machine.take("anna@desk pid 7", Duration::ZERO).await.unwrap();
    let error = machine.take("other", Duration::ZERO).await.err().unwrap();
    assert_eq!(error.kind, ErrorKind::Refused);
    assert_eq!(error.to_string(), "failed to take the turn on host cp1");
    assert_eq!(
        error.details.notes.first().map(String::as_str),
        Some("anna@desk pid 7 holds it, and still did after 0s")
    );
    let advice = error.details.advice.unwrap();
    assert!(advice.contains("run on host cp1 (root@cp1) as root: rm "), "{advice}");
    held.release().await;
    assert!(!machine.file().exists());
    machine.take("other", Duration::ZERO).await.unwrap().require_held().unwrap();
}

#[tokio::test]
async fn a_turn_that_nobody_renews_is_taken_over() {
    let machine = Machine::start().await;
    let (one, other) = (machine.turn("one"), machine.turn("other"));
    assert_eq!(one.take().await.unwrap(), Taking::Taken);
    machine.age(25);
    assert!(
        matches!(other.take().await.unwrap(), Taking::Busy(sight) if sight.idle.as_secs() >= 25)
    );
    machine.age(32);
    assert_eq!(other.take().await.unwrap(), Taking::Taken);
    assert_eq!(one.renew().await.unwrap(), Renewing::Lost("it was taken by other".to_owned()));
    one.release().await.unwrap();
    assert_eq!(other.renew().await.unwrap(), Renewing::Kept);
}

#[tokio::test]
async fn a_renewal_makes_a_turn_young_again() {
    let machine = Machine::start().await;
    let (one, other) = (machine.turn("one"), machine.turn("other"));
    one.take().await.unwrap();
    machine.age(32);
    assert_eq!(one.renew().await.unwrap(), Renewing::Kept);
    assert!(matches!(other.take().await.unwrap(), Taking::Busy(sight) if sight.idle.as_secs() < 5));
    assert_eq!(one.take().await.unwrap(), Taking::Taken);
}

#[tokio::test]
async fn a_turn_that_was_removed_is_lost() {
    let machine = Machine::start().await;
    let held = machine.take("one", Duration::ZERO).await.unwrap();
    fs::remove_file(machine.file()).unwrap();
    held.hurry();
    let lost = async {
        while held.require_held().is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), lost).await.unwrap();
    let error = held.require_held().unwrap_err();
    assert_eq!(error.to_string(), "failed to keep the turn on host cp1");
    assert_eq!(error.details.notes.first().map(String::as_str), Some("its file was removed"));
    assert!(!machine.file().exists());
}

#[tokio::test]
async fn a_file_that_is_none_of_a_turn_is_nobodys() {
    let machine = Machine::start().await;
    let turn = machine.turn("one");
    for content in ["", "half", "half\n", "odd\nnever\n", "\n5\n"] {
        fs::create_dir_all(&machine.directory).unwrap();
        fs::write(machine.file(), content).unwrap();
        assert_eq!(turn.take().await.unwrap(), Taking::Taken, "{content:?}");
    }
}

#[tokio::test]
async fn what_the_host_complains_of_is_told() {
    let machine = Machine::start().await;
    fs::write(&machine.directory, "no directory").unwrap();
    let error = machine.take("one", Duration::ZERO).await.err().unwrap();
    fs::remove_file(&machine.directory).unwrap();
    assert_eq!(error.kind, ErrorKind::Command);
    assert_eq!(error.details.host.unwrap().name, "cp1");
    assert!(error.details.command.unwrap().output_tail.contains("File exists"));
}

/// Runs the script on this machine; what it says.
fn say(directory: &Path, verb: &str, holder: &str) -> String {
    let mut command = Command::new("sh");
    command.args(["-c", SCRIPT, "sh", verb]).arg(directory).args([holder, "30"]);
    String::from_utf8(command.output().unwrap().stdout).unwrap()
}

#[tokio::test]
async fn of_many_at_once_one_gets_the_turn() {
    let machine = Machine::start().await;
    let directory = machine.directory.as_path();
    for _ in 0..10 {
        let said: Vec<String> = std::thread::scope(|scope| {
            let takes: Vec<_> = (0..8)
                .map(|number| number.to_string())
                .map(|holder| scope.spawn(move || say(directory, "take", &holder)))
                .collect();
            takes.into_iter().map(|take| take.join().unwrap()).collect()
        });
        assert_eq!(said.iter().filter(|said| *said == "taken\n").count(), 1, "{said:?}");
        let holder = fs::read_to_string(machine.file()).unwrap();
        say(directory, "release", holder.lines().next().unwrap());
    }
}

#[tokio::test]
async fn nothing_is_done_while_another_is_at_it() {
    let machine = Machine::start().await;
    fs::create_dir_all(&machine.directory).unwrap();
    let mut other = Command::new("flock");
    other.arg(&machine.directory).args(["sh", "-c", "echo locked; exec cat"]);
    let mut other = other.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut locked = [0; 7];
    other.stdout.as_mut().unwrap().read_exact(&mut locked).unwrap();
    let error = machine.turn("one").take().await.unwrap_err();
    let said = error.details.command.unwrap().output_tail;
    assert!(said.starts_with("another program keeps "), "{said}");
    assert!(!machine.file().exists());
    drop(other.stdin.take());
    other.wait().unwrap();
    assert_eq!(machine.turn("one").take().await.unwrap(), Taking::Taken);
}
