//! What joins leave in a cluster: credentials that nobody needs any more.

use k8s_openapi::api::core::v1::{Node, Secret};

/// The Secret into which kubeadm puts encrypted certificates for hosts that join the control plane.
pub const UPLOADED_CERTIFICATES: &str = "kubeadm-certs";

/// What a token of ours says of itself; the rest is its purpose.
const OURS: &str = "made by terraform-provider-kubeadm for ";

/// What a token is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenPurpose<'a> {
    /// `kubeadm init` puts one into the cluster.
    Init,
    /// The join of the node of this name.
    Join(&'a str),
}

impl<'a> TokenPurpose<'a> {
    /// What the token says of itself.
    #[must_use]
    pub fn description(self) -> String {
        match self {
            Self::Init => format!("{OURS}kubeadm init"),
            Self::Join(node) => format!("{OURS}the join of {node}"),
        }
    }

    /// What a token that says `description` is for; none when it is nobody's of ours.
    #[must_use]
    pub fn of(description: &'a str) -> Option<Self> {
        match description.strip_prefix(OURS)? {
            "kubeadm init" => Some(Self::Init),
            purpose => purpose.strip_prefix("the join of ").map(Self::Join),
        }
    }
}

/// Whether a Secret of a bootstrap token is of ours, and has done what it was made for: its node has
/// registered since. Nobody joins by the one of `kubeadm init`.
///
/// One whose node did not register may be in use by a join that is under way, and dies by itself.
#[must_use]
pub fn is_used_up(token: &Secret, nodes: &[Node]) -> bool {
    let data = token.data.as_ref().and_then(|data| data.get("description"));
    let Some(text) = data.and_then(|text| std::str::from_utf8(&text.0).ok()) else { return false };
    match TokenPurpose::of(text) {
        None => false,
        Some(TokenPurpose::Init) => true,
        Some(TokenPurpose::Join(name)) => nodes.iter().any(|node| {
            let made = (&token.metadata.creation_timestamp, &node.metadata.creation_timestamp);
            let since = matches!(made, (Some(token), Some(node)) if node.0 >= token.0);
            node.metadata.name.as_deref() == Some(name) && since
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{from_value, json};

    fn token(description: &str, made: &str) -> Secret {
        let text = k8s_openapi::ByteString(description.as_bytes().to_vec());
        let mut secret: Secret =
            from_value(json!({"metadata": {"creationTimestamp": made}})).unwrap();
        secret.data = Some([("description".to_owned(), text)].into());
        secret
    }

    fn node(name: &str, made: &str) -> Node {
        from_value(json!({"metadata": {"name": name, "creationTimestamp": made}})).unwrap()
    }

    #[test]
    fn purposes_are_read_back() {
        for purpose in [TokenPurpose::Init, TokenPurpose::Join("w1")] {
            assert_eq!(TokenPurpose::of(&purpose.description()), Some(purpose));
        }
        for foreign in ["", "made by hand", "made by terraform-provider-kubeadm for fun"] {
            assert_eq!(TokenPurpose::of(foreign), None, "{foreign}");
        }
    }

    #[test]
    fn a_token_is_used_up_once_its_node_has_registered() {
        let (before, made, since) =
            ("2026-01-01T00:00:00Z", "2026-01-01T00:01:00Z", "2026-01-01T00:02:00Z");
        let join = token(&TokenPurpose::Join("w1").description(), made);
        assert!(is_used_up(&join, &[node("w1", since)]));
        assert!(!is_used_up(&join, &[node("w1", before)]), "it joins anew");
        assert!(!is_used_up(&join, &[node("w2", since)]), "another node");
        assert!(is_used_up(&token(&TokenPurpose::Init.description(), made), &[]));
        assert!(!is_used_up(&token("somebody's", made), &[node("w1", since)]));
        assert!(!is_used_up(&Secret::default(), &[node("w1", since)]));
    }
}
