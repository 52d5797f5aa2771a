use crate::ca_hash::CaHash;
use crate::finding::Finding;
use crate::token::BootstrapToken;

/// What is wrong with a bootstrap token, if anything; a finding without path that does not repeat
/// the token.
#[must_use]
pub fn check_token(text: &str) -> Option<Finding> {
    let error = BootstrapToken::parse(text).err()?;
    let finding = Finding::error("PLAN-TOKEN-FORMAT", "this is not a bootstrap token")
        .because(format!("{error}."));
    Some(finding.advise("Make one with `kubeadm token generate`."))
}

/// What is wrong with the hash of a CA, if anything; a finding without path.
#[must_use]
pub fn check_ca_hash(text: &str) -> Option<Finding> {
    let error = text.parse::<CaHash>().err()?;
    let finding = Finding::error("PLAN-HASH-FORMAT", format!("{text:?} is not the hash of a CA"))
        .because(format!("{error}."));
    Some(finding.advise("Take it from the function ca_cert_hash with the CA's PEM."))
}
