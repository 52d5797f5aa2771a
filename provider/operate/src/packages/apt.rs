//! apt and dpkg: Debian, Ubuntu and what descends from them.

use super::PackageManager;
use super::apt_output::{Simulation, cause, complaints, is_interrupted, is_locked, simulation};
use crate::error::{ErrorKind, OperateError};
use crate::record_file::write_record;
use crate::site::Site;
use cluster::node::{APT_MIRROR_FILE, Change, PackageRequest, Record, Scope};
use host::{Command, Output};
use std::time::{Duration, Instant};

/// apt and dpkg: Debian, Ubuntu and what descends from them.
pub(crate) struct Apt;

/// How long apt waits for dpkg's locks by itself, in seconds.
const LOCK_SECONDS: &str = "DPkg::Lock::Timeout=300";
/// How long we wait for the lists' lock, for which apt does not wait.
const LOCK_PATIENCE: Duration = Duration::from_mins(5);
const LOCK_PAUSE: Duration = Duration::from_secs(1);
/// Transient unit of installations and removals: one at a time on a host.
const UNIT: &str = "terraform-provider-kubeadm-packages";
/// A slow mirror takes its time; a hanging one must not hang us for ever.
const INSTALL_LIMIT: Duration = Duration::from_mins(30);

impl PackageManager for Apt {
    async fn refresh(&self, site: &Site<'_>) -> Result<(), OperateError> {
        match update(site, &[]).await {
            Err(error) if has_mirror(site).await? => {
                tracing::warn!(host = %site.node.name, %error, "some sources do not answer");
                update(site, &source_alone(APT_MIRROR_FILE)).await
            }
            done => done,
        }
    }

    async fn install(
        &self,
        site: &Site<'_>,
        record: &mut Record,
        scope: Scope,
        requests: &[PackageRequest],
    ) -> Result<(), OperateError> {
        let words: Vec<String> = requests.iter().map(word).collect();
        let intent = format!("install {}", words.join(", "));
        let expected = simulate(site, &intent, "install", &words).await?;
        refuse_removals(site, &intent, &expected)?;
        expected.new.into_iter().for_each(|name| record.add(scope, Change::Package { name }));
        write_record(site, record).await?;
        transaction(site, &intent, "install", &words).await
    }

    async fn purge(&self, site: &Site<'_>, names: &[String]) -> Result<(), OperateError> {
        let names = removable(site, names).await?;
        if names.is_empty() {
            return Ok(());
        }
        let intent = format!("remove {}", names.join(", "));
        transaction(site, &intent, "purge", &names).await?;
        require_gone(site, &intent, &names).await
    }

    async fn hold(&self, site: &Site<'_>, names: &[String]) -> Result<(), OperateError> {
        mark(site, "hold", names).await
    }

    async fn unhold(&self, site: &Site<'_>, names: &[String]) -> Result<(), OperateError> {
        mark(site, "unhold", names).await
    }
}

/// Fetches lists; with `options`, those of some sources alone.
///
/// A source of the user's that does not answer is no reason to stop: whether a package is missing
/// shows when it is asked for.
pub(super) async fn update(site: &Site<'_>, options: &[String]) -> Result<(), OperateError> {
    const INTENT: &str = "fetch the lists of packages";
    let command = apt_get().args(options.iter().cloned()).arg("update").timeout(INSTALL_LIMIT);
    let begin = Instant::now();
    loop {
        let output = site.run(INTENT, &command).await?;
        let text = both(&output);
        if !is_locked(&text) || begin.elapsed() > LOCK_PATIENCE {
            for complaint in complaints(&text) {
                tracing::warn!(host = %site.node.name, complaint, "apt-get update");
            }
            return judged(site, INTENT, &command, output).map(drop);
        }
        tokio::time::sleep(LOCK_PAUSE).await;
    }
}

/// A mirror is given where the host's own sources may be out of reach, and a proxy that denies them
/// is an error to apt: then the mirror's lists are enough, and those it must have.
async fn has_mirror(site: &Site<'_>) -> Result<bool, OperateError> {
    Ok(site.read("look for a mirror of packages", APT_MIRROR_FILE).await?.is_some())
}

/// Options for one file of sources; the lists of all others stay as they are.
pub(super) fn source_alone(file: &str) -> Vec<String> {
    let options = [
        format!("Dir::Etc::SourceList={file}"),
        "Dir::Etc::SourceParts=-".to_owned(),
        "APT::Get::List-Cleanup=0".to_owned(),
    ];
    options.into_iter().flat_map(|option| ["-o".to_owned(), option]).collect()
}

/// A package that we hold is ours to change, and a version that is asked for may be older than the one
/// that somebody installed.
const FORCED: [&str; 2] = ["--allow-change-held-packages", "--allow-downgrades"];

/// Never a question, never a recommendation, never somebody's configuration file overwritten.
fn apt_get() -> Command {
    Command::new("apt-get")
        .env("DEBIAN_FRONTEND", "noninteractive")
        .env("NEEDRESTART_MODE", "l")
        .args([
            "-q",
            "-y",
            "-o",
            LOCK_SECONDS,
            "-o",
            "Dpkg::Use-Pty=0",
            "-o",
            "APT::Install-Recommends=false",
        ])
        .args(["-o", "APT::Keep-Downloaded-Packages=false"])
        .args(["-o", "Dpkg::Options::=--force-confdef", "-o", "Dpkg::Options::=--force-confold"])
}

/// The beginning of a version is completed by apt.
fn word(request: &PackageRequest) -> String {
    match &request.version {
        Some(version) => format!("{}={version}*", request.name),
        None => request.name.clone(),
    }
}

async fn simulate(
    site: &Site<'_>,
    intent: &str,
    verb: &str,
    words: &[String],
) -> Result<Simulation, OperateError> {
    let command = apt_get().args(["--simulate", verb]).args(FORCED).args(words.iter().cloned());
    let output = site.run(intent, &command).await?;
    let output = judged(site, intent, &command, output)?;
    Ok(simulation(&output.stdout_text()))
}

fn refuse_removals(
    site: &Site<'_>,
    intent: &str,
    expected: &Simulation,
) -> Result<(), OperateError> {
    if expected.removed.is_empty() {
        return Ok(());
    }
    Err(OperateError::new(intent, ErrorKind::Refused)
        .on(site.operator.label(site.node))
        .note(format!("apt would remove {}", expected.removed.join(", ")))
        .advise("remove these packages yourself if nothing needs them, then apply again"))
}

/// Packages whose removal takes nothing along that is not ours.
async fn removable(site: &Site<'_>, names: &[String]) -> Result<Vec<String>, OperateError> {
    let intent = format!("remove {}", names.join(", "));
    let expected = simulate(site, &intent, "purge", names).await?;
    if expected.removed.iter().all(|name| names.contains(name)) {
        return Ok(expected.removed);
    }
    let mut alone = Vec::new();
    for name in names {
        let expected = simulate(site, &intent, "purge", std::slice::from_ref(name)).await?;
        if expected.removed.iter().all(|name| names.contains(name)) {
            alone.extend(
                expected
                    .removed
                    .into_iter()
                    .filter(|name| !alone.contains(name))
                    .collect::<Vec<_>>(),
            );
        }
    }
    Ok(alone)
}

async fn require_gone(site: &Site<'_>, intent: &str, names: &[String]) -> Result<(), OperateError> {
    // Status 1 only says that some are not known, which is what is wanted.
    let command = Command::new("dpkg-query")
        .args(["-W", "-f", "${db:Status-Status} ${Package}\n"])
        .args(names.iter().cloned());
    let output = site.run(intent, &command).await?;
    let text = output.stdout_text();
    let left: Vec<&str> = text.lines().filter(|line| line.starts_with("installed ")).collect();
    if left.is_empty() {
        return Ok(());
    }
    Err(OperateError::new(intent, ErrorKind::Goal)
        .on(site.operator.label(site.node))
        .note(format!("apt-get ended well, and left: {}", left.join(", "))))
}

/// As a transient unit: a lost connection must not leave dpkg halfway. One that was left so by
/// somebody else is told to go on first.
async fn transaction(
    site: &Site<'_>,
    intent: &str,
    verb: &str,
    words: &[String],
) -> Result<(), OperateError> {
    let command =
        apt_get().arg(verb).args(FORCED).args(words.iter().cloned()).timeout(INSTALL_LIMIT);
    let mut output = site.run_unit(intent, UNIT, &command).await?;
    if is_interrupted(&both(&output)) {
        let repair = Command::new("dpkg")
            .args(["--force-confdef", "--force-confold", "--configure", "-a"])
            .timeout(INSTALL_LIMIT);
        site.run_unit("let dpkg go on", UNIT, &repair).await?;
        output = site.run_unit(intent, UNIT, &command).await?;
    }
    judged(site, intent, &command, output).map(drop)
}

async fn mark(site: &Site<'_>, verb: &str, names: &[String]) -> Result<(), OperateError> {
    let command = Command::new("apt-mark").arg(verb).args(names.iter().cloned());
    site.require(&format!("{verb} {}", names.join(", ")), &command).await.map(drop)
}

/// A failure of apt, with its cause.
fn judged(
    site: &Site<'_>,
    intent: &str,
    command: &Command,
    output: Output,
) -> Result<Output, OperateError> {
    let text = both(&output);
    let judged = site.succeeded(intent, command, output);
    judged.map_err(|error| match cause(&text) {
        Some((cause, advice)) => error.because(cause).advise(advice),
        None => error,
    })
}

fn both(output: &Output) -> String {
    format!("{}\n{}", output.stdout_text(), output.stderr_text())
}
