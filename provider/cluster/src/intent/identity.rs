use crate::token::hexadecimal;
use sha2::{Digest, Sha256};

/// The identity of a cluster: marks its hosts as its own.
///
/// It follows from what a living cluster cannot change, its name and its endpoint's host, and has the form
/// of a UUID (version 8, RFC 9562). So an apply that was killed before core had saved anything finds
/// at the next run that what it had begun on the hosts is its own.
#[must_use]
pub fn cluster_identity(name: &str, endpoint_host: &str) -> String {
    let text = format!("{name}\n{endpoint_host}");
    let mut bytes = [0; 16];
    for (byte, hashed) in bytes.iter_mut().zip(Sha256::digest(text.as_bytes())) {
        *byte = hashed;
    }
    let [_, _, _, _, _, _, version, _, variant, ..] = &mut bytes;
    *version = (*version & 0x0f) | 0x80;
    *variant = (*variant & 0x3f) | 0x80;
    grouped(&hexadecimal(&bytes))
}

/// 8-4-4-4-12 digits.
fn grouped(digits: &str) -> String {
    let mut text = String::with_capacity(36);
    for (position, digit) in digits.chars().enumerate() {
        if matches!(position, 8 | 12 | 16 | 20) {
            text.push('-');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::cluster_identity;

    #[test]
    fn an_identity_is_a_uuid_that_follows_from_name_and_endpoint() {
        let identity = cluster_identity("prod", "10.0.0.1");
        assert_eq!(identity, cluster_identity("prod", "10.0.0.1"));
        assert_eq!(identity.len(), 36);
        assert_eq!(&identity[14..15], "8");
        assert_ne!(identity, cluster_identity("prod2", "10.0.0.1"));
        assert_ne!(identity, cluster_identity("prod", "10.0.0.2"));
    }
}
