//! Components that did not run with new settings.

use cluster::static_pod::Component;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Where components did not run with new settings, in this walk: the next member is not to lose its own.
#[derive(Default)]
pub(crate) struct Setbacks(Mutex<HashMap<(String, Component), String>>);

impl Setbacks {
    /// Notes that these components of a cluster did not run on `host`.
    pub(super) fn note(
        &self,
        cluster_id: &str,
        host: &str,
        components: impl Iterator<Item = Component>,
    ) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for component in components {
            all.insert((cluster_id.to_owned(), component), host.to_owned());
        }
    }

    /// The host on which a component of a cluster did not run.
    pub(super) fn of(&self, cluster_id: &str, component: Component) -> Option<String> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(&(cluster_id.to_owned(), component)).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setback_is_of_one_cluster_and_component() {
        let setbacks = Setbacks::default();
        setbacks.note("a", "cp1", [Component::Etcd].into_iter());
        assert_eq!(setbacks.of("a", Component::Etcd).as_deref(), Some("cp1"));
        assert_eq!(setbacks.of("a", Component::KubeScheduler), None);
        assert_eq!(setbacks.of("b", Component::Etcd), None);
    }
}
