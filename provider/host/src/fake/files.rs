//! The fake's files.

use std::collections::BTreeMap;

/// A file of the fake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FakeFile {
    /// What is in it.
    pub content: Vec<u8>,
    /// Permissions.
    pub mode: u32,
    /// `user:group`.
    pub owner: String,
}

impl FakeFile {
    /// The content as text; what is no UTF-8 is replaced.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.content).into_owned()
    }
}

/// All files, by path.
#[derive(Default)]
pub(super) struct Files {
    files: BTreeMap<String, FakeFile>,
}

impl Files {
    pub(super) fn put(&mut self, path: &str, content: Vec<u8>) {
        self.write(path, FakeFile { content, mode: 0o644, owner: "root:root".to_owned() });
    }

    pub(super) fn write(&mut self, path: &str, file: FakeFile) {
        self.files.insert(path.to_owned(), file);
    }

    pub(super) fn file(&self, path: &str) -> Option<&FakeFile> {
        self.files.get(path)
    }

    pub(super) fn remove(&mut self, path: &str) {
        self.files.remove(path);
    }

    pub(super) fn paths(&self) -> Vec<String> {
        self.files.keys().cloned().collect()
    }
}
