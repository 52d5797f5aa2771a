//! How core and a plugin find each other.

use std::io::{self, Write as _};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

/// Tells an ordinary start by a user from one by core.
const COOKIE: (&str, &str) =
    ("TF_PLUGIN_MAGIC_COOKIE", "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2");
const CORE_PROTOCOL: u8 = 1;
const PROTOCOL: u8 = 6;

/// What core said at the start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Invitation {
    /// Its certificate; without one the connection is not encrypted.
    pub(super) client_certificate: Option<String>,
    /// Where it wants the socket.
    pub(super) socket_directory: Option<String>,
}

/// Why there can be no handshake.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(super) enum HandshakeError {
    #[error(
        "This binary is a plugin. These are not meant to be executed directly.\n\
         Please execute the program that consumes these plugins, which will\n\
         load any plugins automatically"
    )]
    NotByCore,
    #[error("this provider speaks plugin protocol {PROTOCOL}, but core offers {0:?} only")]
    Protocol(String),
}

impl Invitation {
    /// Reads what core put into the environment.
    pub(super) fn from_environment(
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, HandshakeError> {
        let (name, cookie) = COOKIE;
        if variable(name).as_deref() != Some(cookie) {
            return Err(HandshakeError::NotByCore);
        }
        let offered = variable("PLUGIN_PROTOCOL_VERSIONS").unwrap_or_default();
        let speaks = |version: &str| version.trim().parse() == Ok(PROTOCOL);
        if !offered.split(',').any(speaks) {
            return Err(HandshakeError::Protocol(offered));
        }
        let given = |name| variable(name).filter(|value| !value.is_empty());
        Ok(Self {
            client_certificate: given("PLUGIN_CLIENT_CERT"),
            socket_directory: given("PLUGIN_UNIX_SOCKET_DIR"),
        })
    }
}

/// Tells core where to connect. The only thing that is ever written to stdout.
pub(super) fn announce(socket: &Path, certificate: Option<&[u8]>) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{}", line(socket, certificate))?;
    stdout.flush()
}

fn line(socket: &Path, certificate: Option<&[u8]>) -> String {
    let certificate = certificate.map(|der| STANDARD_NO_PAD.encode(der));
    format!(
        "{CORE_PROTOCOL}|{PROTOCOL}|unix|{}|grpc|{}",
        socket.display(),
        certificate.unwrap_or_default()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn invitation(variables: &[(&str, &str)]) -> Result<Invitation, HandshakeError> {
        Invitation::from_environment(|name| {
            let found = variables.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn a_user_is_told_that_this_is_a_plugin() {
        assert_eq!(invitation(&[]), Err(HandshakeError::NotByCore));
        assert_eq!(invitation(&[(COOKIE.0, "x")]), Err(HandshakeError::NotByCore));
    }

    #[test]
    fn other_protocols_are_refused() {
        let versions = ("PLUGIN_PROTOCOL_VERSIONS", "4,5");
        let refused = invitation(&[COOKIE, versions]);
        assert_eq!(refused, Err(HandshakeError::Protocol("4,5".to_owned())));
    }

    #[test]
    fn the_certificate_is_taken_where_there_is_one() {
        let versions = ("PLUGIN_PROTOCOL_VERSIONS", "5,6");
        let accepted = invitation(&[COOKIE, versions, ("PLUGIN_CLIENT_CERT", "PEM")]).unwrap();
        assert_eq!(accepted.client_certificate.as_deref(), Some("PEM"));
        let accepted = invitation(&[COOKIE, versions, ("PLUGIN_CLIENT_CERT", "")]).unwrap();
        assert_eq!(accepted.client_certificate, None);
    }

    #[test]
    fn the_line_has_its_six_fields() {
        let line = line(Path::new("/run/s"), Some(b"\xff\xfe"));
        assert_eq!(line, "1|6|unix|/run/s|grpc|//4");
    }
}
