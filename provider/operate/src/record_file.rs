//! The record on a host.

use crate::error::{ErrorKind, OperateError};
use crate::site::Site;
use cluster::membership::Claim;
use cluster::node::Record;
use host::{Command, FileWrite, Host, UNFINISHED};

/// The record; an empty one where there is none.
pub(crate) async fn read_record(site: &Site<'_>) -> Result<Record, OperateError> {
    const INTENT: &str = "read the record of changes";
    let file = site.read(INTENT, Record::PATH).await?;
    parsed(INTENT, file).map_err(|error| error.on(site.operator.label(site.node)))
}

/// Our mark on a host, which messages call `name`.
pub(crate) async fn read_claim(name: &str, host: &Host) -> Result<Option<Claim>, OperateError> {
    let intent = format!("read the provider's record on {name}");
    let file = host.read(Record::PATH).await;
    let file = file.map_err(|error| OperateError::host(intent.as_str(), error))?;
    Ok(parsed(&intent, file)?.membership.as_ref().map(Claim::of))
}

fn parsed(intent: &str, file: Option<Vec<u8>>) -> Result<Record, OperateError> {
    let Some(bytes) = file else { return Ok(Record::default()) };
    Record::parse(&String::from_utf8_lossy(&bytes)).map_err(|error| {
        OperateError::new(intent, ErrorKind::Malformed)
            .caused_by(error)
            .note(format!("it is the file {}", Record::PATH))
            .advise("use a provider that is at least as new as the one that wrote it")
    })
}

/// Writes the record: before any change it tells of. An empty one is removed with its directory.
pub(crate) async fn write_record(site: &Site<'_>, record: &Record) -> Result<(), OperateError> {
    const INTENT: &str = "write the record of changes";
    if record.is_empty() {
        site.remove(INTENT, Record::PATH).await?;
        let unfinished = ["-maxdepth", "1", "-type", "f", "-name", UNFINISHED, "-delete"];
        let sweep = Command::new("find").arg(Record::DIRECTORY).args(unfinished);
        site.run(INTENT, &sweep).await?;
        // Somebody else's files may be in it: then it stays.
        let directory =
            Command::new("rmdir").args(["--ignore-fail-on-non-empty", Record::DIRECTORY]);
        return site.run(INTENT, &directory).await.map(drop);
    }
    site.write(INTENT, &FileWrite::new(Record::PATH, record.render()).mode(0o600)).await
}
