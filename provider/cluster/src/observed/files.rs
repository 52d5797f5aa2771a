//! Files that the provider writes or edits, with their content, and digests of others.

use super::{Directories, Fact, Sections};
use crate::route;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// Files that the provider writes or edits, with their content.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Files {
    /// Every file that was looked at, by path.
    pub by_path: BTreeMap<String, Fact<ManagedFile>>,
    /// Whether all files of registry mirrors, and ours beside those of networkd, were seen, so that
    /// others are not there.
    pub all_listed: bool,
}

/// Content and mode of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
pub struct ManagedFile {
    /// Content, always text.
    pub content: String,
    /// Permission bits, such as `0o644`.
    pub mode: u32,
}

impl ManagedFile {
    /// A file that everybody may read.
    pub fn public(content: impl Into<String>) -> Self {
        Self { content: content.into(), mode: 0o644 }
    }

    /// SHA-256 of the content, in hexadecimal.
    #[must_use]
    pub fn sha256(&self) -> String {
        sha256(&self.content)
    }
}

/// SHA-256 of a text, in hexadecimal.
#[must_use]
pub fn sha256(text: &str) -> String {
    use std::fmt::Write;
    Sha256::digest(text.as_bytes()).iter().fold(String::with_capacity(64), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

impl Files {
    pub(super) fn parse(sections: &Sections) -> Self {
        let modes = sections.text("modes").known().map(|text| modes(text)).unwrap_or_default();
        let file = |(path, fact): (&str, &Fact<String>)| {
            let mode = modes.get(path).copied().unwrap_or(0o644);
            (path.to_owned(), fact.clone().map(|content| ManagedFile { content, mode }))
        };
        Self {
            by_path: sections.below("file:").map(file).collect(),
            all_listed: sections.is_complete(),
        }
    }

    /// A file that is looked at; unreadable when it was not. All files of registry mirrors are.
    #[must_use]
    pub fn file(&self, path: &str) -> Fact<ManagedFile> {
        let mirror =
            path.strip_prefix(Directories::MIRRORS).is_some_and(|rest| rest.starts_with('/'));
        match self.by_path.get(path) {
            Some(fact) => fact.clone(),
            None if (mirror || route::is_dropin(path)) && self.all_listed => Fact::Absent,
            None => Fact::default(),
        }
    }
}

/// `MODE PATH` a line, the mode in octal.
fn modes(text: &str) -> BTreeMap<String, u32> {
    let pair = |line: &str| {
        let (mode, path) = line.split_once(' ')?;
        Some((path.to_owned(), u32::from_str_radix(mode, 8).ok()?))
    };
    text.lines().filter_map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_and_mode_come_together() {
        let output = b"@modes 0 15\n600 /etc/a b\nx\n\n@file:/etc/a b 0 2\nhi\n@file:/etc/c absent 0\n\n@end 0 0\n\n";
        let files = Files::parse(&Sections::parse(output));
        assert_eq!(
            files.file("/etc/a b"),
            Fact::Known(ManagedFile { content: "hi".to_owned(), mode: 0o600 })
        );
        assert!(files.file("/etc/c").is_absent());
        assert!(files.file("/etc/d").is_unreadable());
        assert!(files.file("/etc/containerd/certs.d/ghcr.io/hosts.toml").is_absent());
    }

    #[test]
    fn digests_are_those_of_sha256sum() {
        assert_eq!(
            sha256("abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
