//! Keys that an SSH agent holds.

use super::authenticate::{Attempt, Login};
use super::credentials::{AgentSocket, Need};
use crate::error::{CredentialsProblem, HostError};
use russh::keys::agent::AgentIdentity;
use russh::keys::agent::client::AgentClient;
use std::sync::Arc;
use tokio::net::UnixStream;

/// Keys of an agent that are tried; sshd ends the connection after six refusals.
const KEY_LIMIT: usize = 5;

/// Tries the keys of an agent.
pub(super) async fn log_in(
    login: &mut Login<'_>,
    socket: &AgentSocket,
) -> Result<Attempt, HostError> {
    let (mut client, identities) = match open(socket).await {
        Ok(opened) => opened,
        Err(_) if socket.need == Need::Optional => return Ok(Attempt::Refused),
        Err(error) => return Err(silent(login.label, socket, error)),
    };
    if identities.is_empty() {
        login.tried.push("agent (it holds no key)".to_owned());
    }
    for identity in identities.into_iter().take(KEY_LIMIT) {
        if attempt(login, &mut client, identity).await? == Attempt::Accepted {
            return Ok(Attempt::Accepted);
        }
    }
    Ok(Attempt::Refused)
}

type Opened = (AgentClient<UnixStream>, Vec<AgentIdentity>);

async fn open(socket: &AgentSocket) -> Result<Opened, russh::keys::Error> {
    let mut client = AgentClient::connect_uds(&socket.path).await?;
    let identities = client.request_identities().await?;
    Ok((client, identities))
}

async fn attempt(
    login: &mut Login<'_>,
    client: &mut AgentClient<UnixStream>,
    identity: AgentIdentity,
) -> Result<Attempt, HostError> {
    let user = login.user;
    let answer = match identity {
        AgentIdentity::PublicKey { key, comment } => {
            login.tried.push(format!("agent key {comment:?}"));
            let hash = login.hash(&key.algorithm()).await?;
            login.handle.authenticate_publickey_with(user, key, hash, client).await
        }
        AgentIdentity::Certificate { certificate, comment } => {
            login.tried.push(format!("agent certificate {comment:?}"));
            let hash = login.hash(&certificate.algorithm()).await?;
            login.handle.authenticate_certificate_with(user, certificate, hash, client).await
        }
    };
    login.note_signed(answer)
}

fn silent(login: &str, socket: &AgentSocket, error: russh::keys::Error) -> HostError {
    let problem = CredentialsProblem::Agent { agent: socket.path.display().to_string() };
    HostError::Credentials { login: login.to_owned(), problem, source: Some(Arc::new(error)) }
}
