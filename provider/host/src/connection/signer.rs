//! Signatures by a key of our own, for certificates.

use russh::keys::agent::AgentIdentity;
use russh::keys::signature::Signer as _;
use russh::keys::ssh_encoding::Encode;
use russh::keys::ssh_key::private::KeypairData;
use russh::keys::{HashAlg, PrivateKey};
use russh::{AgentAuthError, Signer};
use std::sync::Arc;

/// Signs as an agent would. The library's own way with certificates signs with SHA-1 where the key
/// is RSA, which sshd refuses.
pub(super) struct LocalSigner(pub(super) Arc<PrivateKey>);

impl Signer for LocalSigner {
    type Error = AgentAuthError;

    async fn auth_sign(
        &mut self,
        _: &AgentIdentity,
        hash: Option<HashAlg>,
        mut to_sign: Vec<u8>,
    ) -> Result<Vec<u8>, AgentAuthError> {
        let signature = match self.0.key_data() {
            KeypairData::Rsa(key) => (key, hash).try_sign(&to_sign),
            key => key.try_sign(&to_sign),
        };
        let signature = signature.map_err(|_| refused())?;
        signature.encode_prefixed(&mut to_sign).map_err(|_| refused())?;
        Ok(to_sign)
    }
}

fn refused() -> AgentAuthError {
    AgentAuthError::Key(russh::keys::Error::AgentFailure)
}
