//! The record on a host.

use crate::error::{ErrorKind, OperateError};
use crate::site::Site;
use cluster::membership::Claim;
use cluster::node::Record;
use host::{Command, FileWrite, Host, UNFINISHED};

const READ: &str = "read the record of changes";
const WRITE: &str = "write the record of changes";

/// The record; an empty one where there is none.
pub(crate) async fn read_record(site: &Site<'_>) -> Result<Record, OperateError> {
    read_record_at(site, Record::PATH).await
}

/// The record of this path, as [`read_record`].
pub(crate) async fn read_record_at(site: &Site<'_>, path: &str) -> Result<Record, OperateError> {
    let file = site.read(READ, path).await?;
    parsed(READ, path, file).map_err(|error| error.on(site.operator.label(site.node)))
}

/// Our mark on a host, which messages call `name`.
pub(crate) async fn read_claim(name: &str, host: &Host) -> Result<Option<Claim>, OperateError> {
    let intent = format!("read the provider's record on {name}");
    let file = host.read(Record::PATH).await;
    let file = file.map_err(|error| OperateError::host(intent.as_str(), error))?;
    Ok(parsed(&intent, Record::PATH, file)?.membership.as_ref().map(Claim::of))
}

fn parsed(intent: &str, path: &str, file: Option<Vec<u8>>) -> Result<Record, OperateError> {
    let Some(bytes) = file else { return Ok(Record::default()) };
    Record::parse(&String::from_utf8_lossy(&bytes)).map_err(|error| {
        OperateError::new(intent, ErrorKind::Malformed)
            .caused_by(error)
            .note(format!("it is the file {path}"))
            .advise("use a provider that is at least as new as the one that wrote it")
    })
}

/// Writes the record: before any change it tells of. An empty one is removed with its directory.
pub(crate) async fn write_record(site: &Site<'_>, record: &Record) -> Result<(), OperateError> {
    write_record_at(site, Record::PATH, record).await
}

/// Writes the record of this path, as [`write_record`].
pub(crate) async fn write_record_at(
    site: &Site<'_>,
    path: &str,
    record: &Record,
) -> Result<(), OperateError> {
    if record.is_empty() {
        site.remove(WRITE, path).await?;
        let unfinished = ["-maxdepth", "1", "-type", "f", "-name", UNFINISHED, "-delete"];
        let sweep = Command::new("find").arg(Record::DIRECTORY).args(unfinished);
        site.run(WRITE, &sweep).await?;
        // Somebody else's files may be in it: then it stays.
        let directory =
            Command::new("rmdir").args(["--ignore-fail-on-non-empty", Record::DIRECTORY]);
        return site.run(WRITE, &directory).await.map(drop);
    }
    site.write(WRITE, &FileWrite::new(path, record.render()).mode(0o600)).await
}
