//! What exactly is wrong.

use std::time::Duration;

/// In which way a host does not answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnreachableReason {
    /// Nothing listens on the port.
    #[error("port {port} refuses connections")]
    Refused {
        /// Port of sshd.
        port: u16,
    },
    /// The network knows no way, or something on the way forbids it.
    #[error("there is no route to it")]
    NoRoute,
    /// Nothing came back in time.
    #[error("no answer within {}", seconds(*.0))]
    Timeout(Duration),
    /// Nothing comes back any more.
    #[error("it stopped answering")]
    Silent,
    /// The name is not known.
    #[error("the name {name} is not known")]
    Name {
        /// Name that was looked up.
        name: String,
    },
    /// The connection ended before the login was done.
    #[error("it closes the connection before the login")]
    Closed,
    /// What listens there does not speak SSH as we do.
    #[error("port {port} does not speak a common SSH")]
    Protocol {
        /// Port of sshd.
        port: u16,
    },
    /// The jump host does not pass us on.
    #[error("jump host {jump} does not pass the connection on")]
    Jump {
        /// Login of the jump host.
        jump: String,
    },
    /// Anything else.
    #[error("the connection failed")]
    Other,
}

/// What is wrong with what should prove who we are.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CredentialsProblem {
    /// A file cannot be read.
    #[error("{path} cannot be read")]
    Unreadable {
        /// The file.
        path: String,
    },
    /// It is no private key, certificate or public key.
    #[error("{what} is not in a known format")]
    Malformed {
        /// File, or the attribute's name.
        what: String,
    },
    /// The key is encrypted, and no passphrase is given.
    #[error("{what} is encrypted and no passphrase is given")]
    PassphraseNeeded {
        /// File, or the attribute's name.
        what: String,
    },
    /// The passphrase does not decrypt the key.
    #[error("the passphrase does not decrypt {what}")]
    PassphraseWrong {
        /// File, or the attribute's name.
        what: String,
    },
    /// The certificate is for another key.
    #[error("certificate {certificate} belongs to another key")]
    CertificateMismatch {
        /// The certificate's file.
        certificate: String,
    },
    /// The agent does not answer.
    #[error("the SSH agent {agent} does not answer")]
    Agent {
        /// Its socket.
        agent: String,
    },
    /// Nothing is given, and nothing was found.
    #[error("no key, agent or password is given")]
    Nothing,
}

/// Why a host key is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HostKeyProblem {
    /// Nobody knows the host.
    #[error("its key {fingerprint} ({algorithm}) is not known")]
    Unknown {
        /// Kind of the key.
        algorithm: String,
        /// Fingerprint of the key that it showed.
        fingerprint: String,
        /// The key that it showed, as a line without names.
        key: String,
    },
    /// The host is known by another key.
    #[error("its host key changed: it shows {fingerprint} ({algorithm}), {place} has {}", expected.join(", "))]
    Changed {
        /// Kind of the key.
        algorithm: String,
        /// Fingerprint of the key that it showed.
        fingerprint: String,
        /// Fingerprints that were expected.
        expected: Vec<String>,
        /// Where those are written: the pin, or a file and its line.
        place: String,
    },
    /// The key, or the authority of its certificate, is revoked.
    #[error("its key {fingerprint} is revoked in {place}")]
    Revoked {
        /// Fingerprint of the revoked key.
        fingerprint: String,
        /// File and line.
        place: String,
    },
    /// The host showed a certificate that is not good for it.
    #[error("its certificate is not accepted: {detail}")]
    Certificate {
        /// What is wrong with it.
        detail: String,
    },
    /// A file of known hosts cannot be read.
    #[error("{path} cannot be read: {detail}")]
    Unreadable {
        /// The file.
        path: String,
        /// What the system says.
        detail: String,
    },
    /// The pinned key or an authority's key is no key.
    #[error("{what} is neither a public key nor a fingerprint")]
    Malformed {
        /// Which one.
        what: String,
    },
}

/// Why sudo does not let us become root.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SudoProblem {
    /// sudo wants a password, and none is given.
    #[error("sudo asks for a password and none is given")]
    PasswordNeeded,
    /// sudo does not accept the password.
    #[error("sudo does not accept the password")]
    PasswordWrong,
    /// The user may not use sudo.
    #[error("sudo does not permit it")]
    NotPermitted,
    /// sudo wants a terminal.
    #[error("sudo insists on a terminal")]
    TerminalNeeded,
    /// It does not for another reason.
    #[error("sudo says: {detail}")]
    Other {
        /// What sudo says.
        detail: String,
    },
    /// There is no sudo.
    #[error("sudo is not installed")]
    Missing,
}

/// `10s`, `1.5s`.
fn seconds(duration: Duration) -> String {
    format!("{}s", duration.as_secs_f64())
}
