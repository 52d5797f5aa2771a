//! What a host carries of a cluster, reduced to what membership decisions need.

use super::claim::{Claim, Entry, Role};

/// What a host carries of a cluster.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HostState {
    /// The host's machine id.
    pub machine_id: Option<String>,
    /// Our mark, if there is one.
    pub claim: Option<Claim>,
    /// Hash of the CA certificate in /etc/kubernetes/pki.
    pub ca_hash: Option<String>,
    /// The cluster's files that were found.
    pub files: ClusterFiles,
    /// Version of the installed kubelet's package; `None` when it is not installed.
    pub kubelet_version: Option<String>,
    /// Hash of the CA that the user vouches for: the state has it, from an import or from the time
    /// before the mark was lost.
    pub vouched_ca: Option<String>,
    /// Whether something that we put there serves the endpoint of a cluster.
    pub serves_endpoint: bool,
}

/// Which files of a cluster a host has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is the presence of one file, independent of the others"
)]
pub struct ClusterFiles {
    /// /etc/kubernetes/kubelet.conf: the kubelet's own credentials.
    pub kubelet: bool,
    /// /etc/kubernetes/bootstrap-kubelet.conf: a join that did not get its own credentials.
    pub bootstrap_kubelet: bool,
    /// /etc/kubernetes/admin.conf: only on control plane hosts.
    pub admin: bool,
    /// A manifest of a control plane component in /etc/kubernetes/manifests.
    pub manifests: bool,
    /// A member's data in /var/lib/etcd.
    pub etcd_data: bool,
}

/// Whose cluster a host carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ownership {
    /// No trace of any cluster.
    Clean,
    /// The cluster meant, finished or not.
    Ours,
    /// Another one, and how it is known.
    Foreign(String),
}

impl ClusterFiles {
    /// Any trace of a cluster.
    #[must_use]
    pub fn any(self) -> bool {
        self.kubelet || self.bootstrap_kubelet || self.control_plane()
    }

    /// Any trace of a control plane.
    #[must_use]
    pub fn control_plane(self) -> bool {
        self.admin || self.manifests || self.etcd_data
    }
}

impl HostState {
    /// Whose cluster the host carries, seen from the cluster `id` whose CA is `ca_hash` where known.
    ///
    /// A claim alone is enough as long as no CA contradicts it; without a claim only the very same
    /// CA counts as ours, and for a control plane only when the user vouches for it.
    #[must_use]
    pub fn ownership(&self, id: &str, ca_hash: Option<&str>) -> Ownership {
        if !self.carries_cluster() {
            return Ownership::Clean;
        }
        match &self.claim {
            Some(claim) => self.claimed(claim, id, ca_hash),
            None => self.unclaimed(ca_hash),
        }
    }

    /// The same of a host whose CA the user vouches for.
    #[must_use]
    pub fn vouched_by(self, ca_hash: Option<&str>) -> Self {
        Self { vouched_ca: ca_hash.map(str::to_owned), ..self }
    }

    /// Whether it carries a cluster that the user vouches for, and no mark: it is taken over.
    #[must_use]
    pub fn is_adopted(&self) -> bool {
        self.claim.is_none() && self.ca_hash.is_some() && self.ca_hash == self.vouched_ca
    }

    /// Whether the mark names the cluster's CA: noted only once the host was wholly in its cluster.
    #[must_use]
    pub fn is_recorded(&self) -> bool {
        self.claim.as_ref().is_some_and(|claim| claim.ca_hash.is_some())
    }

    /// Whether it was wholly a member of a control plane, and still has one.
    #[must_use]
    pub fn is_finished_member(&self) -> bool {
        self.is_recorded() && self.files.control_plane()
    }

    /// Whether it is in the cluster `id` by half: marked for it, and never wholly in it.
    #[must_use]
    pub fn is_unfinished(&self, id: &str) -> bool {
        let marked = self.claim.as_ref().is_some_and(|claim| claim.ca_hash.is_none());
        marked && self.ownership(id, None) == Ownership::Ours
    }

    /// Any trace of a cluster, be it but its CA.
    #[must_use]
    pub fn carries_cluster(&self) -> bool {
        self.ca_hash.is_some() || self.files.any()
    }

    /// The mark for a host on its way into the cluster `id`, with what a former one there tells.
    ///
    /// A host that was reset, by hand or by an apply that was interrupted then, may get another CA:
    /// the old one would tell of a membership that is no more. A member is one as long as it has a
    /// control plane.
    #[must_use]
    pub fn renewed_claim(&self, id: &str, role: Role, entry: Entry) -> Claim {
        let former = self.claim.as_ref().filter(|claim| claim.cluster_id == id);
        let ca_hash = former.and_then(|claim| claim.ca_hash.clone());
        Claim {
            ca_hash: ca_hash.filter(|_| match role {
                Role::ControlPlane => self.files.control_plane(),
                Role::Worker => self.carries_cluster(),
            }),
            kubelet_arguments: former
                .map(|claim| claim.kubelet_arguments.clone())
                .unwrap_or_default(),
            shared_files: former.map(|claim| claim.shared_files.clone()).unwrap_or_default(),
            restarts: former
                .filter(|_| self.files.control_plane())
                .map(|claim| claim.restarts.clone())
                .unwrap_or_default(),
            ..Claim::new(id, role, entry)
        }
    }

    /// The version of the kubelet that is installed, when it is another one than `version`.
    #[must_use]
    pub fn other_version(&self, version: &str) -> Option<&str> {
        let installed = self.kubelet_version.as_deref()?;
        let upstream = installed.split_once('-').map_or(installed, |(upstream, _)| upstream);
        (upstream != version).then_some(installed)
    }

    fn claimed(&self, claim: &Claim, id: &str, ca_hash: Option<&str>) -> Ownership {
        if let Some(found) = claim.of_other_cluster(id) {
            return Ownership::Foreign(found);
        }
        for known in [claim.ca_hash.as_deref(), ca_hash].into_iter().flatten() {
            if let Some(found) = self.ca_hash.as_deref().filter(|found| *found != known) {
                return Ownership::Foreign(format!("its CA is {found}, not {known}"));
            }
        }
        Ownership::Ours
    }

    /// The API that tells the CA may run on this very host: a control plane without our mark would
    /// vouch for itself, so that only the user can. One that tells another CA is another cluster's.
    fn unclaimed(&self, ca_hash: Option<&str>) -> Ownership {
        let vouched = ca_hash.filter(|_| !self.files.control_plane());
        let vouched = vouched.or(self.vouched_ca.as_deref());
        match (self.ca_hash.as_deref(), vouched) {
            (Some(found), Some(known)) => {
                match [Some(known), ca_hash].into_iter().flatten().find(|known| *known != found) {
                    None => Ownership::Ours,
                    Some(other) => Ownership::Foreign(format!("its CA is {found}, not {other}")),
                }
            }
            (Some(found), None) => Ownership::Foreign(format!(
                "it carries the CA {found}, which this provider did not make"
            )),
            (None, _) => {
                Ownership::Foreign(format!("{} which this provider did not make", self.files))
            }
        }
    }
}

impl std::fmt::Display for ClusterFiles {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let found = [
            (self.admin, "/etc/kubernetes/admin.conf"),
            (self.kubelet, "/etc/kubernetes/kubelet.conf"),
            (self.bootstrap_kubelet, "/etc/kubernetes/bootstrap-kubelet.conf"),
            (self.manifests, "static pods in /etc/kubernetes/manifests"),
            (self.etcd_data, "data in /var/lib/etcd"),
        ];
        let names: Vec<_> =
            found.iter().filter(|(there, _)| *there).map(|(_, name)| *name).collect();
        write!(formatter, "it has {}", names.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(claim: Option<(&str, Option<&str>)>, ca_hash: Option<&str>) -> HostState {
        HostState {
            claim: claim.map(|(id, ca_hash)| Claim {
                ca_hash: ca_hash.map(str::to_owned),
                ..Claim::new(id, Role::ControlPlane, Entry::Init)
            }),
            ca_hash: ca_hash.map(str::to_owned),
            files: ClusterFiles { kubelet: true, ..ClusterFiles::default() },
            ..HostState::default()
        }
    }

    #[track_caller]
    fn check(host: &HostState, known: Option<&str>, ours: bool) {
        let ownership = host.ownership("id", known);
        assert_eq!(ownership == Ownership::Ours, ours, "{ownership:?}");
    }

    #[test]
    fn who_owns_what() {
        check(&host(Some(("id", None)), None), None, true);
        check(&host(Some(("id", None)), Some("a")), None, true);
        check(&host(Some(("id", Some("a"))), Some("a")), Some("a"), true);
        check(&host(Some(("id", Some("a"))), Some("b")), None, false);
        check(&host(Some(("id", None)), Some("b")), Some("a"), false);
        check(&host(Some(("other", Some("a"))), Some("a")), Some("a"), false);
        check(&host(None, Some("a")), Some("a"), true);
        check(&host(None, Some("a")), None, false);
        check(&host(None, None), Some("a"), false);
    }

    #[test]
    fn a_control_plane_without_a_mark_is_ours_on_the_users_word_alone() {
        let mut found = host(None, Some("a"));
        found.files.manifests = true;
        check(&found, Some("a"), false);
        assert!(!found.is_adopted());
        let vouched = found.clone().vouched_by(Some("a"));
        check(&vouched, None, true);
        check(&vouched, Some("b"), false);
        assert!(vouched.is_adopted());
        let another = found.vouched_by(Some("b"));
        check(&another, Some("a"), false);
        assert!(!another.is_adopted());
        let marked = host(Some(("other", Some("a"))), Some("a")).vouched_by(Some("a"));
        check(&marked, None, false);
        assert!(!marked.is_adopted(), "a mark for another cluster stands");
    }

    #[test]
    fn a_mark_without_a_ca_is_of_an_unfinished_member() {
        let unfinished = |claim, ca_hash| host(claim, ca_hash).is_unfinished("id");
        assert!(unfinished(Some(("id", None)), Some("a")) && unfinished(Some(("id", None)), None));
        assert!(!unfinished(Some(("id", Some("a"))), Some("a")), "it is a member");
        assert!(!unfinished(Some(("other", None)), Some("a")), "it is another cluster's");
        assert!(!unfinished(None, Some("a")), "it was imported");
        let clean =
            HostState { claim: host(Some(("id", None)), None).claim, ..HostState::default() };
        assert!(!clean.is_unfinished("id"), "it has not begun");
    }

    #[test]
    fn a_claim_without_traces_is_a_clean_host() {
        let host =
            HostState { claim: host(Some(("other", None)), None).claim, ..HostState::default() };
        assert_eq!(host.ownership("id", None), Ownership::Clean);
    }

    #[test]
    fn a_reset_host_forgets_the_authority() {
        let renewed =
            |host: &HostState, id| host.renewed_claim(id, Role::ControlPlane, Entry::Init).ca_hash;
        let mut member = host(Some(("id", Some("a"))), Some("a"));
        assert_eq!(renewed(&member, "id"), None, "a kubelet's credentials make no member");
        assert!(!member.is_finished_member());
        member.files.manifests = true;
        assert!(member.is_finished_member());
        assert_eq!(renewed(&member, "id").as_deref(), Some("a"));
        assert_eq!(renewed(&member, "other"), None);
        let reset = HostState { claim: member.claim.clone(), ..HostState::default() };
        assert_eq!(renewed(&reset, "id"), None);
    }
}
