use serde::{Deserialize, Serialize};
use std::fmt;

/// A taint of a node: pods without a matching toleration stay away.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Taint {
    /// Key, such as `node-role.kubernetes.io/control-plane`.
    pub key: String,
    /// Value; may be absent.
    pub value: Option<String>,
    /// What happens to pods that do not tolerate it.
    pub effect: TaintEffect,
}

/// What happens to pods that do not tolerate a taint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum TaintEffect {
    /// New pods are not placed here.
    NoSchedule,
    /// New pods are placed here only when nothing else is left.
    PreferNoSchedule,
    /// New pods are not placed here, running ones are evicted.
    NoExecute,
}

/// `key=value:effect`, as kubectl writes it.
impl fmt::Display for Taint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.value.as_deref() {
            None | Some("") => write!(formatter, "{}:{}", self.key, self.effect.as_str()),
            Some(value) => write!(formatter, "{}={value}:{}", self.key, self.effect.as_str()),
        }
    }
}

impl TaintEffect {
    /// Kubernetes' name of the effect.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoSchedule => "NoSchedule",
            Self::PreferNoSchedule => "PreferNoSchedule",
            Self::NoExecute => "NoExecute",
        }
    }
}
