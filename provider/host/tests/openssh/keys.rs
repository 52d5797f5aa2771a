//! Keys and certificates, made by `ssh-keygen`.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A key pair in files.
#[derive(Clone)]
pub(crate) struct KeyPair {
    pub(crate) private: PathBuf,
    pub(crate) public: PathBuf,
}

impl KeyPair {
    /// A new key of this kind.
    pub(crate) fn new(directory: &Path, name: &str, kind: &str) -> Self {
        Self::with_passphrase(directory, name, kind, "")
    }

    /// A new key that is encrypted, unless the passphrase is empty.
    pub(crate) fn with_passphrase(
        directory: &Path,
        name: &str,
        kind: &str,
        passphrase: &str,
    ) -> Self {
        let private = directory.join(name);
        let path = private.to_str().unwrap();
        // Few rounds, since these keys guard nothing.
        let bits: &[&str] = if kind == "rsa" { &["-b", "2048"] } else { &[] };
        let arguments = ["-q", "-t", kind, "-N", passphrase, "-C", name, "-a", "1", "-f", path];
        keygen(&[&arguments, bits].concat());
        Self { public: directory.join(format!("{name}.pub")), private }
    }

    /// The public key without its comment.
    pub(crate) fn line(&self) -> String {
        let text = std::fs::read_to_string(&self.public).unwrap();
        text.split(' ').take(2).collect::<Vec<_>>().join(" ").trim().to_owned()
    }

    /// Has this authority sign a key; gives the certificate's file.
    pub(crate) fn sign(&self, key: &Self, options: &[&str]) -> PathBuf {
        let mut arguments = vec!["-q", "-s", self.private.to_str().unwrap(), "-I", "test"];
        arguments.extend(options);
        arguments.push(key.public.to_str().unwrap());
        keygen(&arguments);
        PathBuf::from(format!("{}-cert.pub", key.private.display()))
    }
}

/// Runs `ssh-keygen`, which must succeed.
pub(crate) fn keygen(arguments: &[&str]) {
    let output = Command::new("ssh-keygen").args(arguments).output();
    let output = output.unwrap_or_else(|error| panic!("ssh-keygen: {error}"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
