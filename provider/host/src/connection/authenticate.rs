//! Logging in.

use super::agent;
use super::credentials::{Identities, Identity};
use super::failure;
use super::handler::Handler;
use super::signer::LocalSigner;
use crate::error::HostError;
use crate::secret::Secret;
use russh::AgentAuthError;
use russh::client::{AuthResult, Handle, KeyboardInteractiveAuthResponse, Prompt};
use russh::keys::{Algorithm, HashAlg, PrivateKeyWithHashAlg};
use std::sync::Arc;

/// Rounds of questions a host may ask; more than one password question means a second factor.
const QUESTION_ROUNDS: usize = 5;

/// A login under way.
pub(super) struct Login<'a> {
    pub(super) handle: &'a mut Handle<Handler>,
    pub(super) user: &'a str,
    /// `user@address`.
    pub(super) label: &'a str,
    pub(super) port: u16,
    /// What was tried, for messages.
    pub(super) tried: Vec<String>,
    /// What the host said it would accept.
    offered: Vec<String>,
}

/// What an attempt came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Attempt {
    /// We are in.
    Accepted,
    /// The host wants something else, or something more.
    Refused,
}

impl<'a> Login<'a> {
    pub(super) fn new(
        handle: &'a mut Handle<Handler>,
        user: &'a str,
        label: &'a str,
        port: u16,
    ) -> Self {
        Self { handle, user, label, port, tried: Vec::new(), offered: Vec::new() }
    }

    /// Tries everything until the host lets us in.
    pub(super) async fn run(mut self, identities: &Identities) -> Result<(), HostError> {
        for identity in &identities.keys {
            if self.try_identity(identity).await? == Attempt::Accepted {
                return Ok(());
            }
        }
        if let Some(socket) = &identities.agent
            && agent::log_in(&mut self, socket).await? == Attempt::Accepted
        {
            return Ok(());
        }
        if let Some(password) = &identities.password
            && self.try_password(password).await? == Attempt::Accepted
        {
            return Ok(());
        }
        Err(self.refused())
    }

    async fn try_identity(&mut self, identity: &Identity) -> Result<Attempt, HostError> {
        let hash = self.hash(&identity.key.algorithm()).await?;
        if let Some(certificate) = &identity.certificate {
            self.tried.push(format!(
                "certificate {:?} of {}",
                certificate.key_id(),
                identity.label
            ));
            let mut signer = LocalSigner(Arc::clone(&identity.key));
            let answer = self
                .handle
                .authenticate_certificate_with(self.user, certificate.clone(), hash, &mut signer)
                .await;
            if self.note_signed(answer)? == Attempt::Accepted {
                return Ok(Attempt::Accepted);
            }
        }
        self.tried.push(format!("key {}", identity.label));
        let key = PrivateKeyWithHashAlg::new(Arc::clone(&identity.key), hash);
        let answer = self.handle.authenticate_publickey(self.user, key).await;
        self.note(answer)
    }

    /// The hash for signatures of this kind of key. The host is asked only where there is a
    /// choice, since waiting for its answer may take a second.
    pub(super) async fn hash(&self, algorithm: &Algorithm) -> Result<Option<HashAlg>, HostError> {
        if !matches!(algorithm, Algorithm::Rsa { .. }) {
            return Ok(None);
        }
        let best = self.handle.best_supported_rsa_hash().await.map_err(|it| self.lost(it))?;
        Ok(best.flatten().or(Some(HashAlg::Sha512)))
    }

    async fn try_password(&mut self, password: &Secret) -> Result<Attempt, HostError> {
        self.tried.push("password".to_owned());
        let answer = self.handle.authenticate_password(self.user, password.expose()).await;
        if self.note(answer)? == Attempt::Accepted {
            return Ok(Attempt::Accepted);
        }
        if !self.offered.iter().any(|method| method == "keyboard-interactive") {
            return Ok(Attempt::Refused);
        }
        self.answer_questions(password).await
    }

    async fn answer_questions(&mut self, password: &Secret) -> Result<Attempt, HostError> {
        self.tried.push("keyboard-interactive".to_owned());
        let user = self.user;
        let mut reply = self.handle.authenticate_keyboard_interactive_start(user, None).await;
        for _ in 0..QUESTION_ROUNDS {
            match reply.map_err(|error| self.lost(error))? {
                KeyboardInteractiveAuthResponse::Success => return Ok(Attempt::Accepted),
                KeyboardInteractiveAuthResponse::Failure { .. } => return Ok(Attempt::Refused),
                KeyboardInteractiveAuthResponse::InfoRequest { prompts, .. } => {
                    let answers = answers(&prompts, password);
                    reply = self.handle.authenticate_keyboard_interactive_respond(answers).await;
                }
            }
        }
        Ok(Attempt::Refused)
    }

    /// What came of a signed attempt; without a signature, the next attempt may do.
    pub(super) fn note_signed(
        &mut self,
        answer: Result<AuthResult, AgentAuthError>,
    ) -> Result<Attempt, HostError> {
        match answer {
            Ok(answer) => self.note(Ok(answer)),
            Err(AgentAuthError::Key(_)) => Ok(Attempt::Refused),
            Err(AgentAuthError::Send(_)) => Err(self.lost(russh::Error::SendError)),
        }
    }

    /// What the host said; a connection that ended is no refusal.
    pub(super) fn note(
        &mut self,
        answer: Result<AuthResult, russh::Error>,
    ) -> Result<Attempt, HostError> {
        match answer.map_err(|error| self.lost(error))? {
            AuthResult::Success => Ok(Attempt::Accepted),
            AuthResult::Failure { remaining_methods, .. } => {
                if remaining_methods.is_empty() && self.handle.is_closed() {
                    return Err(self.closed());
                }
                self.offered =
                    remaining_methods.iter().map(<&str>::from).map(str::to_owned).collect();
                Ok(Attempt::Refused)
            }
        }
    }

    /// The host ended the connection: after refusals because of them, else for its own reasons.
    fn closed(&self) -> HostError {
        if self.tried.len() > 1 { self.refused() } else { self.lost(russh::Error::Disconnect) }
    }

    fn lost(&self, error: russh::Error) -> HostError {
        failure::handshake(self.label, self.port, error)
    }

    fn refused(&self) -> HostError {
        HostError::Authentication {
            login: self.label.to_owned(),
            tried: self.tried.clone(),
            offered: self.offered.clone(),
        }
    }
}

/// The password to every hidden question, nothing to the others.
fn answers(prompts: &[Prompt], password: &Secret) -> Vec<String> {
    let answer = |prompt: &Prompt| if prompt.echo { "" } else { password.expose() };
    prompts.iter().map(|prompt| answer(prompt).to_owned()).collect()
}
