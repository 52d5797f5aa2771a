//! From what the probe found to what membership decisions need.

use super::claim::Claim;
use super::refusal::Refusal;
use super::state::{ClusterFiles, HostState};
use crate::ca_hash::ca_hashes;
use crate::node::{Record, Scope};
use crate::observed::{Fact, KubernetesFiles, Observed};

/// Manifests of control plane components.
const MANIFESTS: [&str; 4] = [
    "/etc/kubernetes/manifests/etcd.yaml",
    KubernetesFiles::API_SERVER_MANIFEST,
    "/etc/kubernetes/manifests/kube-controller-manager.yaml",
    "/etc/kubernetes/manifests/kube-scheduler.yaml",
];

impl HostState {
    /// What the host `name` carries of a cluster.
    ///
    /// # Errors
    /// When a fact that would tell could not be read: it is not taken for absent.
    pub fn of(name: &str, observed: &Observed) -> Result<Self, Refusal> {
        let host = Reading { name, observed };
        Ok(Self {
            machine_id: host.decisive("/etc/machine-id", &observed.system.machine_id)?,
            claim: host.claim()?,
            ca_hash: host.ca_hash()?,
            files: host.files()?,
            kubelet_version: host
                .decisive("the list of packages", &observed.packages.package("kubelet"))?
                .map(|package| package.version),
            vouched_ca: None,
            serves_endpoint: host.serves_endpoint()?,
        })
    }
}

struct Reading<'a> {
    name: &'a str,
    observed: &'a Observed,
}

impl Reading<'_> {
    fn decisive<T: Clone>(&self, what: &str, fact: &Fact<T>) -> Result<Option<T>, Refusal> {
        match fact {
            Fact::Known(value) => Ok(Some(value.clone())),
            Fact::Absent => Ok(None),
            Fact::Unreadable(reason) => Err(Refusal::unreadable(self.name, what, reason)),
        }
    }

    fn claim(&self) -> Result<Option<Claim>, Refusal> {
        let record: Option<Record> =
            self.decisive("the provider's record", &self.observed.record)?;
        Ok(record.and_then(|record| record.membership).map(|mark| Claim::of(&mark)))
    }

    fn serves_endpoint(&self) -> Result<bool, Refusal> {
        let record = self.decisive("the provider's record", &self.observed.record)?;
        let entries = record.map(|record: Record| record.entries).unwrap_or_default();
        Ok(entries.iter().any(|entry| entry.scope == Scope::Endpoint))
    }

    fn ca_hash(&self) -> Result<Option<String>, Refusal> {
        let Some(pem) = self.decisive(KubernetesFiles::CA, &self.observed.kubernetes.ca())? else {
            return Ok(None);
        };
        let hashes = ca_hashes(&pem).map_err(|error| {
            Refusal::unreadable(self.name, KubernetesFiles::CA, &error.to_string())
        })?;
        Ok(hashes.first().map(|hash| hash.as_str().to_owned()))
    }

    fn files(&self) -> Result<ClusterFiles, Refusal> {
        let kubernetes = &self.observed.kubernetes;
        let files = self.decisive("/etc/kubernetes", &kubernetes.files)?.unwrap_or_default();
        let has = |path: &str| files.contains_key(path);
        Ok(ClusterFiles {
            kubelet: has(KubernetesFiles::KUBELET_KUBECONFIG),
            bootstrap_kubelet: has(KubernetesFiles::BOOTSTRAP_KUBECONFIG),
            admin: has(KubernetesFiles::ADMIN_KUBECONFIG),
            manifests: MANIFESTS.into_iter().any(has),
            etcd_data: self.decisive("/var/lib/etcd", &kubernetes.etcd_data)?.unwrap_or_default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observed::FileDigest;

    fn observed(paths: &[&str]) -> Observed {
        let mut observed = Observed { record: Fact::Absent, ..Observed::default() };
        observed.system.machine_id = Fact::Known("0123".to_owned());
        let files = paths.iter().map(|path| ((*path).to_owned(), FileDigest::default()));
        observed.kubernetes.files = Fact::Known(files.collect());
        observed.kubernetes.etcd_data = Fact::Known(false);
        observed.packages.0 = Fact::Known([].into());
        observed
    }

    #[test]
    fn files_tell_what_a_host_is() {
        let worker = HostState::of("w1", &observed(&["/etc/kubernetes/kubelet.conf"])).unwrap();
        assert!(worker.files.any() && !worker.files.control_plane());
        let member =
            HostState::of("cp1", &observed(&["/etc/kubernetes/manifests/etcd.yaml"])).unwrap();
        assert!(member.files.control_plane());
        assert!(!HostState::of("new", &observed(&[])).unwrap().files.any());
    }

    #[test]
    fn what_cannot_be_read_refuses() {
        for hide in [
            (|observed: &mut Observed| observed.record = Fact::default()) as fn(&mut Observed),
            |observed| observed.kubernetes.files = Fact::default(),
            |observed| observed.kubernetes.etcd_data = Fact::default(),
            |observed| observed.system.machine_id = Fact::default(),
            |observed| observed.packages.0 = Fact::default(),
        ] {
            let mut observed = observed(&[]);
            hide(&mut observed);
            assert_eq!(HostState::of("cp1", &observed).unwrap_err().code, "PF-UNREADABLE");
        }
    }
}
