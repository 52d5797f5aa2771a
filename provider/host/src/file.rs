//! Files on a host.

use crate::command::Command;
use crate::error::HostError;
use crate::host::Host;
use crate::output::Output;
use crate::profile::Sudo;
use crate::secret::Secret;
use std::fmt;
use zeroize::Zeroizing;

/// A file to be written as a whole: a reader sees the old or the new content, never a part.
#[derive(Clone, PartialEq, Eq)]
pub struct FileWrite {
    /// Absolute path on the host; missing directories are made, with mode 0755.
    pub path: String,
    /// Permissions; 0644 unless set.
    pub mode: u32,
    /// `user:group`; root's unless set.
    pub owner: Option<String>,
    content: Zeroizing<Vec<u8>>,
}

impl FileWrite {
    /// A file of mode 0644.
    pub fn new(path: impl Into<String>, content: impl Into<Vec<u8>>) -> Self {
        let content = Zeroizing::new(content.into());
        Self { path: path.into(), mode: 0o644, owner: None, content }
    }

    /// A file of mode 0600 that holds a secret.
    pub fn secret(path: impl Into<String>, content: &Secret) -> Self {
        Self::new(path, content.expose()).mode(0o600)
    }

    /// Other permissions.
    #[must_use]
    pub fn mode(mut self, mode: u32) -> Self {
        self.mode = mode;
        self
    }

    /// Another owner, as `user:group`.
    #[must_use]
    pub fn owner(mut self, owner: impl Into<String>) -> Self {
        self.owner = Some(owner.into());
        self
    }

    /// What is to be in the file.
    #[must_use]
    pub fn content(&self) -> &[u8] {
        &self.content
    }
}

impl fmt::Debug for FileWrite {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "FileWrite({}, {:04o}, {} bytes)",
            self.path,
            self.mode,
            self.content.len()
        )
    }
}

/// What files are called while they are written, as a pattern: a host that is restarted in the middle
/// of a write keeps one.
pub const UNFINISHED: &str = ".terraform-??????????";

/// Writes standard input to `$1` with mode `$2`, owner `$3` and exactly `$4` bytes. A connection
/// that is lost half way leaves fewer bytes, so that the old file stays. A link is followed.
pub(crate) const WRITE: &str = r#"set -eu
umask 022
target=$(readlink -f -- "$1" || printf '%s' "$1")
directory=$(dirname -- "$target")
[ -d "$directory" ] || mkdir -p -- "$directory"
umask 077
temporary=$(mktemp -- "$directory/.terraform-XXXXXXXXXX")
trap 'rm -f -- "$temporary"' EXIT
trap 'exit 1' HUP INT TERM
cat >"$temporary"
size=$(wc -c <"$temporary")
if [ "$size" -ne "$4" ]; then echo "only $size of $4 bytes arrived" >&2; exit 1; fi
chown -- "$3" "$temporary"
chmod -- "$2" "$temporary"
sync -- "$temporary"
mv -f -T -- "$temporary" "$target"
trap - EXIT
sync -- "$directory"
"#;

impl Host {
    /// Content of a file, or nothing where there is none.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn read(&self, path: &str) -> Result<Option<Vec<u8>>, HostError> {
        let output = self.run(&Command::new("cat").arg("--").arg(path)).await?;
        if output.success() {
            return Ok(Some(output.stdout));
        }
        let said = output.stderr_text();
        let absent = said.contains("No such file or directory") || said.contains("Not a directory");
        if absent { Ok(None) } else { Err(self.file_error("read", path, &output)) }
    }

    /// Writes a file as a whole.
    ///
    /// # Errors
    /// When the file cannot be written; the old file is then untouched.
    pub async fn write(&self, file: &FileWrite) -> Result<(), HostError> {
        let owner = file.owner.as_deref().unwrap_or(self.default_owner());
        let command = Command::script(WRITE)
            .arg(file.path.as_str())
            .arg(format!("{:04o}", file.mode))
            .arg(owner)
            .arg(file.content.len().to_string())
            .stdin(file.content.as_slice());
        let output = self.run(&command).await?;
        if output.success() { Ok(()) } else { Err(self.file_error("write", &file.path, &output)) }
    }

    /// Removes a file; that there is none is fine.
    ///
    /// # Errors
    /// When the file cannot be removed.
    pub async fn remove(&self, path: &str) -> Result<(), HostError> {
        let output = self.run(&Command::new("rm").args(["-f", "--", path])).await?;
        if output.success() { Ok(()) } else { Err(self.file_error("remove", path, &output)) }
    }

    /// Root's, or the user's own where we do not become root: only root gives files away.
    fn default_owner(&self) -> &str {
        let profile = &self.target().profile;
        if profile.sudo == Sudo::Never { &profile.user } else { "root:root" }
    }

    fn file_error(&self, action: &'static str, path: &str, output: &Output) -> HostError {
        let said = output.stderr_text().trim().to_owned();
        let detail = if said.is_empty() { output.status.to_string() } else { said };
        HostError::File { login: self.login(), action, path: path.to_owned(), detail }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::path::Path;
    use std::process::{Command as Process, Stdio};

    /// Runs the script on this machine; true where it says that it wrote.
    fn write(path: &Path, content: &[u8], size: usize) -> bool {
        let mut process = Process::new("sh");
        process.arg("-c").arg(WRITE).arg("sh").arg(path);
        process.arg("0640").arg(owner()).arg(size.to_string());
        let mut child =
            process.stdin(Stdio::piped()).stderr(Stdio::null()).spawn().expect("there is a shell");
        child.stdin.take().expect("it is piped").write_all(content).expect("it reads");
        child.wait().expect("it ends").success()
    }

    fn owner() -> String {
        let id = Process::new("id").arg("-u").output().expect("there is id").stdout;
        String::from_utf8_lossy(&id).trim().to_owned()
    }

    #[test]
    fn an_unfinished_file_is_known_by_its_name() {
        assert!(WRITE.contains(&UNFINISHED.replace('?', "X")));
    }

    #[test]
    fn half_a_file_does_not_replace_a_whole_one() {
        let directory = tempfile::tempdir().expect("there is room");
        let path = directory.path().join("file");
        assert!(write(&path, b"old", 3));
        assert!(!write(&path, b"ne", 3));
        assert_eq!(std::fs::read(&path).expect("it is there"), b"old");
        assert_eq!(std::fs::read_dir(directory.path()).expect("it is there").count(), 1);
    }

    #[test]
    fn debug_shows_no_content() {
        let file = FileWrite::secret("/etc/key", &Secret::new("hunter2"));
        assert_eq!(format!("{file:?}"), "FileWrite(/etc/key, 0600, 7 bytes)");
    }
}
