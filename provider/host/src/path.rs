//! Paths on this machine.

use std::env::home_dir;
use std::path::{Path, PathBuf};

/// The path, with a leading `~` replaced by the home directory.
pub(crate) fn expand(path: &Path) -> PathBuf {
    let Ok(rest) = path.strip_prefix("~") else { return path.to_path_buf() };
    home_dir().map_or_else(|| path.to_path_buf(), |home| home.join(rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leading_tilde_is_the_home_directory() {
        let home = home_dir().unwrap();
        for (path, expected) in [
            ("~/.ssh/id", home.join(".ssh/id")),
            ("~", home.clone()),
            ("/etc/~", PathBuf::from("/etc/~")),
            ("~other/id", PathBuf::from("~other/id")),
            ("a/~/b", PathBuf::from("a/~/b")),
        ] {
            assert_eq!(expand(Path::new(path)), expected, "{path}");
        }
    }
}
