//! Transient units on a real host with real systemd and sshd: what no double can show.

use std::time::Duration;

use acceptance::{Lab, Run};
use anyhow::{Result, ensure};
use host::{
    Agent, Command, Credentials, ExitStatus, HostKeyPolicy, Pool, Profile, Start, Sudo, Target,
    UnitStatus,
};
use tokio_util::sync::CancellationToken;

const HOST: &str = "h1";
const UNIT: &str = "acceptance-unit";

/// Set in the process that runs inside the lab's network, where the hosts can be reached.
const INSIDE: &str = "KUBEADM_ACCEPTANCE_INSIDE";

/// As root, by sudo without and with a password.
#[test]
fn units_survive_what_happens_to_a_connection() -> Result<()> {
    if std::env::var_os(INSIDE).is_some() {
        return tokio::runtime::Runtime::new()?.block_on(every_user(&Lab::running()?));
    }
    Lab::down(&[HOST])?;
    let lab = Lab::up(&[HOST])?;
    let mut again = lab.inside("env");
    again.arg(format!("{INSIDE}=1")).arg(std::env::current_exe()?);
    again.args(["--exact", "units_survive_what_happens_to_a_connection", "--nocapture"]);
    Run::of(&again.output()?).require_success()?;
    Lab::down(&[HOST])
}

async fn every_user(lab: &Lab) -> Result<()> {
    let password =
        lab.status().ssh.other_users.get("operator").and_then(|user| user.password.clone());
    let password = password.unwrap_or_default();
    for (user, sudo) in [
        ("root", Sudo::Never),
        ("debian", Sudo::Passwordless),
        ("operator", Sudo::Password(password.as_str().into())),
    ] {
        let target = target(lab, user, sudo)?;
        statuses_are_those_of_the_command(&target).await?;
        a_lost_connection_ends_nothing(&target).await?;
        another_process_finds_it(&target).await?;
        a_cancelled_wait_leaves_it_running(&target).await?;
    }
    Ok(())
}

fn target(lab: &Lab, user: &str, sudo: Sudo) -> Result<Target> {
    let at = lab.host(HOST)?;
    let credentials = Credentials {
        private_key_file: Some(lab.status().ssh.private_key_file.clone().into()),
        agent: Agent::Never,
        ..Credentials::default()
    };
    let host_keys = HostKeyPolicy::default();
    let profile = Profile { user: user.into(), sudo, credentials, host_keys, ..Profile::default() };
    Ok(Target::new(at.address.clone(), profile).host_key(at.host_key.clone()))
}

/// Output, standard input, arguments, exit status, signal and time limit arrive as they are.
async fn statuses_are_those_of_the_command(target: &Target) -> Result<()> {
    let unit = Pool::new().host(target).unit(UNIT);
    let cancel = CancellationToken::new();
    ensure!(unit.status().await? == UnitStatus::Absent);
    let all = Command::script("id -un; echo \"$A $1\" '$HOME' %n; cat; echo error >&2; exit 7")
        .env("A", "x $HOME")
        .arg("$$ '\"")
        .stdin("in\nput");
    let output = unit.run(&all, &cancel).await?;
    ensure!(output.stdout_text() == "root\nx $HOME $$ '\" $HOME %n\nin\nput", "{output:?}");
    ensure!(
        output.stderr_text() == "error\n" && output.status == ExitStatus::Code(7),
        "{output:?}"
    );
    ensure!(unit.status().await? == UnitStatus::Absent, "a collected unit is gone");
    for (command, wanted) in [
        (Command::new("true"), ExitStatus::Code(0)),
        (Command::new("nonexistent"), ExitStatus::Code(127)),
        (Command::script("kill -SEGV $$"), ExitStatus::Signal("SEGV".into())),
        (Command::script("sleep 30").timeout(Duration::from_secs(1)), ExitStatus::TimedOut),
    ] {
        let found = unit.run(&command, &cancel).await?.status;
        ensure!(found == wanted, "{command}: {found:?} instead of {wanted:?}");
    }
    Ok(())
}

/// Every session of sshd is killed while the command runs: it ends well all the same.
async fn a_lost_connection_ends_nothing(target: &Target) -> Result<()> {
    let unit = Pool::new().host(target).unit(UNIT);
    let cancel = CancellationToken::new();
    let command = Command::script("sleep 2; echo done");
    let kill = async {
        while unit.status().await.ok() != Some(UnitStatus::Running) {
            tokio::task::yield_now().await;
        }
        for _ in 0..2 {
            let other = Pool::new().host(target);
            other.run(&Command::script("pkill -KILL -f '^sshd: [a-z]'")).await.ok();
        }
    };
    let (output, ()) = tokio::join!(unit.run(&command, &cancel), kill);
    ensure!(output?.stdout_text() == "done\n");
    Ok(())
}

/// A later process that wants to run the command finds the one that runs, and takes its result.
async fn another_process_finds_it(target: &Target) -> Result<()> {
    let unit = Pool::new().host(target).unit(UNIT);
    ensure!(unit.start(&Command::script("sleep 1; echo first")).await? == Start::Started);
    let later = Pool::new().host(target).unit(UNIT);
    let output = later.run(&Command::script("echo second"), &CancellationToken::new()).await?;
    ensure!(output.stdout_text() == "first\n", "{output:?}");
    Ok(())
}

/// Ctrl-C ends the waiting, not the command.
async fn a_cancelled_wait_leaves_it_running(target: &Target) -> Result<()> {
    let unit = Pool::new().host(target).unit(UNIT);
    let cancel = CancellationToken::new();
    ensure!(unit.start(&Command::script("sleep 1; echo went on")).await? == Start::Started);
    cancel.cancel();
    let error = unit.wait(Duration::from_secs(20), &cancel).await;
    ensure!(error.is_err_and(|error| error.is_cancelled()), "the wait should be cancelled");
    let status = unit.wait(Duration::from_secs(20), &CancellationToken::new()).await?;
    ensure!(status == ExitStatus::Code(0), "the command should go on: {status:?}");
    unit.discard().await?;
    Ok(())
}
