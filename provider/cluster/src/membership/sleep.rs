//! Whether a control plane that does not answer may only be asleep.

use super::state::{HostState, Ownership};
use crate::observed::{Fact, KubernetesFiles, Observed};

/// Whether the host's kubelet, once it runs, brings back an API server of the cluster
/// `cluster_id`: then that is worth an attempt and some waiting.
///
/// A host that cannot be read, carries another cluster, or has no static pod of an API server is
/// left as it is.
#[must_use]
pub fn may_be_asleep(name: &str, cluster_id: &str, observed: &Observed) -> bool {
    let ours = HostState::of(name, observed)
        .is_ok_and(|host| host.ownership(cluster_id, None) == Ownership::Ours);
    ours && observed.kubernetes.has(KubernetesFiles::API_SERVER_MANIFEST) == Fact::Known(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::membership::{Claim, Entry, Role};
    use crate::node::Record;
    use crate::observed::FileDigest;

    fn observed(cluster_id: &str, paths: &[&str]) -> Observed {
        let mark = Claim::new(cluster_id, Role::ControlPlane, Entry::Init).mark();
        let record = Record { membership: Some(mark), ..Record::default() };
        let mut observed = Observed { record: Fact::Known(record), ..Observed::default() };
        let files = paths.iter().map(|path| ((*path).to_owned(), FileDigest::default()));
        observed.kubernetes.files = Fact::Known(files.collect());
        observed.kubernetes.etcd_data = Fact::Known(true);
        observed.system.machine_id = Fact::Known("0123".to_owned());
        observed.packages.0 = Fact::Known([].into());
        observed
    }

    #[test]
    fn only_an_api_server_of_ours_is_woken() {
        let api_server = [KubernetesFiles::API_SERVER_MANIFEST];
        let etcd = ["/etc/kubernetes/manifests/etcd.yaml"];
        let unread = Observed { record: Fact::default(), ..observed("ours", &api_server) };
        for (observed, expected) in [
            (observed("ours", &api_server), true),
            (observed("other", &api_server), false),
            (observed("ours", &etcd), false),
            (observed("ours", &[]), false),
            (unread, false),
        ] {
            assert_eq!(may_be_asleep("cp1", "ours", &observed), expected, "{observed:?}");
        }
    }
}
