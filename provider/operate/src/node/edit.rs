//! Edits files that are not ours: everything but our lines stays as it is, mode and owner, too.

use crate::error::OperateError;
use crate::site::Site;
use host::{Command, FileWrite};

/// Reads a file, edits it, and writes it back whole when that changed something.
pub(super) async fn rewrite(
    site: &Site<'_>,
    path: &str,
    edit: impl FnOnce(&str) -> String,
) -> Result<(), OperateError> {
    let intent = format!("edit {path}");
    let bytes = site.read(&intent, path).await?;
    let exists = bytes.is_some();
    let before = String::from_utf8_lossy(&bytes.unwrap_or_default()).into_owned();
    let after = edit(&before);
    if after == before {
        return Ok(());
    }
    let mut file = FileWrite::new(path, after);
    if exists {
        let command = Command::new("stat").args(["-L", "-c", "%a %u:%g", path]);
        let output = site.require(&intent, &command).await?;
        file = like(file, &output.stdout_text());
    }
    site.write(&intent, &file).await
}

fn like(file: FileWrite, stat: &str) -> FileWrite {
    let Some((mode, owner)) = stat.trim().split_once(' ') else { return file };
    match u32::from_str_radix(mode, 8) {
        Ok(mode) => file.mode(mode).owner(owner),
        Err(_) => file,
    }
}
