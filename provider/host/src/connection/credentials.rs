//! What proves who we are, read and decrypted.

use crate::error::{CredentialsProblem, HostError, Source};
use crate::path::expand;
use crate::profile::{Agent, Credentials};
use crate::secret::Secret;
use russh::keys::{Certificate, Error as KeyError, PrivateKey, decode_secret_key};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::Mutex;

/// The user's own keys, tried where nothing is given; the order is OpenSSH's.
const DEFAULT_KEYS: [&str; 3] = ["~/.ssh/id_rsa", "~/.ssh/id_ecdsa", "~/.ssh/id_ed25519"];

/// Proofs, read once for all hosts: decrypting a key takes long on purpose.
#[derive(Default)]
pub(crate) struct Keyring {
    read: Mutex<Vec<(Credentials, Arc<Identities>)>>,
}

/// All that can be tried, in this order.
#[derive(Default)]
pub(crate) struct Identities {
    pub(super) keys: Vec<Identity>,
    pub(super) agent: Option<AgentSocket>,
    pub(super) password: Option<Secret>,
}

/// A private key.
pub(super) struct Identity {
    /// Where it comes from, for messages.
    pub(super) label: String,
    pub(super) key: Arc<PrivateKey>,
    pub(super) certificate: Option<Certificate>,
}

/// Where an agent listens.
#[derive(Clone, Debug)]
pub(super) struct AgentSocket {
    pub(super) path: PathBuf,
    /// Whether the user asked for this agent, so that its absence is an error.
    pub(super) need: Need,
}

/// Whether something may be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    Required,
    Optional,
}

/// What is wrong, and what reading it came to.
type Problem = (CredentialsProblem, Option<Source>);

impl Keyring {
    /// Reads what these credentials name, unless that is already done.
    pub(crate) async fn identities(
        &self,
        credentials: &Credentials,
        login: &str,
    ) -> Result<Arc<Identities>, HostError> {
        let mut read = self.read.lock().await;
        if let Some((_, identities)) = read.iter().find(|(known, _)| known == credentials) {
            return Ok(Arc::clone(identities));
        }
        let identities = Identities::read(credentials).await.map_err(|(problem, source)| {
            HostError::Credentials { login: login.to_owned(), problem, source }
        })?;
        let identities = Arc::new(identities);
        read.push((credentials.clone(), Arc::clone(&identities)));
        Ok(identities)
    }
}

impl Identities {
    async fn read(credentials: &Credentials) -> Result<Self, Problem> {
        let mut identities = Self {
            keys: given_keys(credentials).await?,
            agent: given_agent(credentials)?,
            password: credentials.password.clone(),
        };
        if identities.is_empty() && credentials.agent == Agent::Fallback {
            identities = Self::fallback().await;
        }
        if identities.is_empty() {
            Err((CredentialsProblem::Nothing, None))
        } else {
            Ok(identities)
        }
    }

    /// What `ssh` would try by itself.
    async fn fallback() -> Self {
        let mut keys = Vec::new();
        for path in DEFAULT_KEYS {
            if let Ok(key) = key_of_file(Path::new(path), None).await {
                keys.push(Identity { label: path.to_owned(), key, certificate: None });
            }
        }
        let agent = environment_agent().map(|path| AgentSocket { path, need: Need::Optional });
        Self { keys, agent, password: None }
    }

    fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.agent.is_none() && self.password.is_none()
    }
}

impl fmt::Debug for Identities {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Identities({} keys)", self.keys.len())
    }
}

async fn given_keys(credentials: &Credentials) -> Result<Vec<Identity>, Problem> {
    let passphrase = credentials.private_key_passphrase.as_ref();
    let mut keys = Vec::new();
    if let Some(path) = &credentials.private_key_file {
        let key = key_of_file(path, passphrase).await?;
        keys.push(Identity { label: path.display().to_string(), key, certificate: None });
    }
    if let Some(text) = &credentials.private_key {
        let label = "private_key".to_owned();
        let key = decode(label.clone(), text.clone(), passphrase.cloned()).await?;
        keys.push(Identity { label, key, certificate: None });
    }
    if let Some(path) = &credentials.certificate_file {
        attach(&mut keys, path).await?;
    }
    Ok(keys)
}

fn given_agent(credentials: &Credentials) -> Result<Option<AgentSocket>, Problem> {
    let path = match &credentials.agent {
        Agent::Never | Agent::Fallback => return Ok(None),
        Agent::Socket(path) => expand(path),
        Agent::Environment => environment_agent().ok_or_else(|| {
            (CredentialsProblem::Agent { agent: "SSH_AUTH_SOCK (not set)".to_owned() }, None)
        })?,
    };
    Ok(Some(AgentSocket { path, need: Need::Required }))
}

fn environment_agent() -> Option<PathBuf> {
    std::env::var_os("SSH_AUTH_SOCK").filter(|path| !path.is_empty()).map(PathBuf::from)
}

async fn text_of(path: &Path) -> Result<Secret, Problem> {
    let bytes = tokio::fs::read(expand(path)).await.map_err(|error| {
        let source: Source = Arc::new(error);
        (CredentialsProblem::Unreadable { path: path.display().to_string() }, Some(source))
    })?;
    String::from_utf8(bytes).map(Secret::new).map_err(|_| malformed(path.display().to_string()))
}

async fn key_of_file(path: &Path, passphrase: Option<&Secret>) -> Result<Arc<PrivateKey>, Problem> {
    decode(path.display().to_string(), text_of(path).await?, passphrase.cloned()).await
}

/// Decrypting takes up to a second of computing, so it happens beside the async runtime.
async fn decode(
    what: String,
    text: Secret,
    passphrase: Option<Secret>,
) -> Result<Arc<PrivateKey>, Problem> {
    let label = what.clone();
    let decoding =
        tokio::task::spawn_blocking(move || decode_now(what, &text, passphrase.as_ref()));
    decoding.await.unwrap_or_else(|_| Err(malformed(label)))
}

fn decode_now(
    what: String,
    text: &Secret,
    passphrase: Option<&Secret>,
) -> Result<Arc<PrivateKey>, Problem> {
    let plain = decode_secret_key(text.expose(), None);
    let encrypted = match plain {
        Ok(key) => return Ok(Arc::new(key)),
        Err(error) if is_encrypted(text.expose(), &error) => error,
        Err(error) => return Err((CredentialsProblem::Malformed { what }, Some(Arc::new(error)))),
    };
    let Some(passphrase) = passphrase else {
        return Err((CredentialsProblem::PassphraseNeeded { what }, Some(Arc::new(encrypted))));
    };
    decode_secret_key(text.expose(), Some(passphrase.expose())).map(Arc::new).map_err(|error| {
        let source: Source = Arc::new(error);
        (CredentialsProblem::PassphraseWrong { what }, Some(source))
    })
}

/// The formats say so in different ways: in the data, in the PEM's first line, or in a header.
fn is_encrypted(text: &str, error: &KeyError) -> bool {
    matches!(error, KeyError::KeyIsEncrypted)
        || text.contains("BEGIN ENCRYPTED PRIVATE KEY")
        || text.contains("Proc-Type: 4,ENCRYPTED")
}

fn malformed(what: String) -> Problem {
    (CredentialsProblem::Malformed { what }, None)
}

/// Gives the certificate to the key that it was made for.
async fn attach(keys: &mut [Identity], path: &Path) -> Result<(), Problem> {
    let label = path.display().to_string();
    let certificate =
        Certificate::from_openssh(text_of(path).await?.expose().trim()).map_err(|error| {
            let source: Source = Arc::new(error);
            (CredentialsProblem::Malformed { what: label.clone() }, Some(source))
        })?;
    let fits =
        |identity: &&mut Identity| identity.key.public_key().key_data() == certificate.public_key();
    let Some(identity) = keys.iter_mut().find(fits) else {
        return Err((CredentialsProblem::CertificateMismatch { certificate: label }, None));
    };
    identity.certificate = Some(certificate);
    Ok(())
}
