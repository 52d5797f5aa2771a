//! Examples for the pages: the very files that the tests run.

use std::fs;

use anyhow::{Context, Result};

/// An example as a section; every page has one.
pub(super) fn usage(path: &str) -> Result<String> {
    titled("## Example Usage", path)
}

/// A further example below the first.
pub(super) fn another(title: &str, path: &str) -> Result<String> {
    titled(&format!("### {title}"), path)
}

fn titled(title: &str, path: &str) -> Result<String> {
    let text =
        read(path).with_context(|| format!("{path} is missing: every page has an example"))?;
    Ok(format!("{title}\n\n```terraform\n{}\n```\n\n", text.trim_end()))
}

/// The shell commands of an import.
pub(super) fn import_commands(type_name: &str) -> Result<String> {
    let path = format!("examples/resources/{type_name}/import.sh");
    read(&path).with_context(|| format!("{path} is missing: every resource can be imported"))
}

fn read(path: &str) -> Result<String> {
    Ok(fs::read_to_string(acceptance::checkout().join(path))?)
}
