use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How pods leave a node before it is removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DrainPolicy {
    /// What is done with pods.
    pub mode: DrainMode,
    /// How long it may take; then removal fails and the node stays cordoned.
    pub timeout: Duration,
}

/// What is done with pods that run on a node to be removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DrainMode {
    /// Evicted, which respects disruption budgets. Refused while a pod is there that no controller
    /// would make again elsewhere. What pods keep in `emptyDir` volumes is lost.
    #[default]
    Evict,
    /// Evicted, also pods of no controller, and deleted when a disruption budget still forbids it
    /// near the timeout.
    Force,
    /// Left alone: they end with the node.
    Skip,
}

impl Default for DrainPolicy {
    fn default() -> Self {
        Self { mode: DrainMode::default(), timeout: Duration::from_mins(5) }
    }
}
