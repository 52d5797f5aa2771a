//! containerd, from the distribution's package or Docker's.

use super::ContainerEngine;
use crate::error::{Cause, ErrorKind, OperateError};
use crate::record_file::write_record;
use crate::site::Site;
use cluster::node::{Change, RUNTIME_UNIT, Record, RuntimeConfiguration, Scope, configuration};
use cluster::observed::sha256;
use host::{Command, FileWrite};
use std::time::{Duration, Instant};

/// containerd, from the distribution's package or Docker's.
pub(crate) struct Containerd;

/// A cold start on a slow disk takes a while; a broken one is known much sooner.
const PATIENCE: Duration = Duration::from_mins(1);
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// What the CRI plugin is found to be.
#[derive(Debug, PartialEq, Eq)]
enum Plugin {
    Answers,
    Failed,
    Missing,
}

impl ContainerEngine for Containerd {
    async fn configure(
        &self,
        site: &Site<'_>,
        record: &mut Record,
        wanted: &RuntimeConfiguration,
    ) -> Result<(), OperateError> {
        let content = generated(site, wanted).await?;
        let after = sha256(&content);
        let file = FileWrite::new(&wanted.path, content);
        site.write(&format!("write {}", wanted.path), &file).await?;
        restart(site, &wanted.unit).await?;
        self.await_ready(site).await?;
        // Only now is the file in force: until here, the record says that it is not.
        let (path, made_from) = (wanted.path.clone(), Some(wanted.fingerprint.clone()));
        record.add(Scope::Node, Change::File { path, before: None, after: Some(after), made_from });
        write_record(site, record).await
    }

    async fn await_ready(&self, site: &Site<'_>) -> Result<(), OperateError> {
        let command = Command::new("ctr").args(["plugins", "ls"]).timeout(PATIENCE);
        let (begin, mut pause) = (Instant::now(), FIRST_PAUSE);
        loop {
            let output = site.run("ask containerd for its plugins", &command).await?;
            let silent = match (output.success(), cri(&output.stdout_text())) {
                (true, Plugin::Answers) => return Ok(()),
                (true, found) => return Err(without_cri(site, &found).await),
                (false, _) => OperateError::command("reach containerd", &command, &output),
            };
            if begin.elapsed() > PATIENCE {
                return Err(silent
                    .on(site.operator.label(site.node))
                    .with_journal(&site.journal(RUNTIME_UNIT).await));
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
}

async fn generated(site: &Site<'_>, wanted: &RuntimeConfiguration) -> Result<String, OperateError> {
    const INTENT: &str = "make containerd's configuration";
    let command = Command::new("containerd").args(["config", "default"]);
    let output = site.require(INTENT, &command).await?;
    configuration(&output.stdout_text(), &wanted.intent).map_err(|error| {
        OperateError::new(INTENT, ErrorKind::Malformed)
            .note(error.to_string())
            .caused_by(error)
            .on(site.operator.label(site.node))
    })
}

async fn restart(site: &Site<'_>, unit: &str) -> Result<(), OperateError> {
    let command = Command::new("systemctl").args(["restart", unit]);
    match site.require("restart containerd", &command).await {
        Ok(_) => Ok(()),
        Err(error) => Err(error
            .with_journal(&site.journal(unit).await)
            .advise("containerd does not start with this configuration: look at container_runtime.settings and the journal")),
    }
}

/// Reads a table of type, id, platforms and status.
fn cri(table: &str) -> Plugin {
    let rows = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let row =
        rows.into_iter().find(|row| matches!(row.as_slice(), ["io.containerd.grpc.v1", "cri", ..]));
    match row.as_deref().and_then(<[&str]>::last) {
        Some(&"ok") => Plugin::Answers,
        Some(_) => Plugin::Failed,
        None => Plugin::Missing,
    }
}

async fn without_cri(site: &Site<'_>, found: &Plugin) -> OperateError {
    let text = match found {
        Plugin::Missing => "containerd runs without its CRI plugin",
        Plugin::Failed | Plugin::Answers => "containerd's CRI plugin did not start",
    };
    OperateError::new("reach containerd's CRI", ErrorKind::Goal)
        .on(site.operator.label(site.node))
        .because(Cause { code: "RT-CRI-UNAVAILABLE", text: text.to_owned() })
        .with_journal(&site.journal(RUNTIME_UNIT).await)
        .advise("the journal says why; fs.inotify.max_user_instances may be too low, or container_runtime.settings may disable it")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cri_row_is_found_in_both_generations() {
        let one = "TYPE                                  ID                       PLATFORMS      STATUS    \nio.containerd.content.v1              content                  -              ok        \nio.containerd.grpc.v1                 cri                      linux/amd64    ok        \n";
        assert_eq!(cri(one), Plugin::Answers);
        assert_eq!(cri(&one.replace("linux/amd64    ok", "linux/amd64    error")), Plugin::Failed);
        assert_eq!(
            cri("TYPE ID PLATFORMS STATUS\nio.containerd.grpc.v1 version - ok\n"),
            Plugin::Missing
        );
        assert_eq!(cri(""), Plugin::Missing);
    }
}
