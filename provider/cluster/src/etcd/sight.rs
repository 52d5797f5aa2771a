//! What is seen of a cluster's etcd before its members change.

use super::model::EtcdState;

/// What is seen of a cluster's etcd.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sight {
    /// It is none of ours: it runs on servers of its own, and no member of the control plane is one
    /// of etcd's.
    External,
    /// None of its members answers through the control plane hosts, and why.
    Silent(String),
    /// It answers.
    Seen(EtcdState),
}

impl Sight {
    /// Its state, where members of the control plane are members of it and one answers.
    #[must_use]
    pub fn seen(&self) -> Option<&EtcdState> {
        match self {
            Self::Seen(state) => Some(state),
            Self::External | Self::Silent(_) => None,
        }
    }
}
