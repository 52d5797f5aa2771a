//! The mark that this provider leaves on a host, and what it says.

use crate::node::MembershipMark;
use crate::static_pod::Component;
use std::collections::BTreeSet;

const ROLE: &str = "role";
const ENTRY: &str = "entry";
const CERTIFICATES_DIR: &str = "certificates_dir";
const KUBELET_ARGUMENTS: &str = "kubelet_arguments";
const SHARED_FILES: &str = "shared_files";
const RESTARTS: &str = "restarts";

/// The mark that this provider leaves on a host before it makes it a member.
///
/// It is what tells our own half-finished work from somebody else's cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Id of the `kubeadm_cluster` resource.
    pub cluster_id: String,
    /// What the host is in that cluster.
    pub role: Role,
    /// How it came, or was to come, into it.
    pub entry: Entry,
    /// Hash of the cluster's CA; absent between the claim and the CA's creation or first sight.
    pub ca_hash: Option<String>,
    /// Directory of the cluster's certificates on the host, when it is not kubeadm's default.
    pub certificates_dir: Option<String>,
    /// Names of the kubelet arguments that are ours in the kubelet's environment file.
    pub kubelet_arguments: BTreeSet<String>,
    /// Paths of what the members share, CA keys and an external etcd's files, that came with the join:
    /// they go with the membership, wherever they are.
    pub shared_files: BTreeSet<String>,
    /// Components that have to start anew, since certificates that they read are being renewed or were:
    /// else nobody could tell after an apply that was interrupted.
    pub restarts: BTreeSet<Component>,
}

/// What a host is in a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Runs the API server, etcd and the controllers.
    ControlPlane,
    /// Runs workloads only.
    Worker,
}

/// How a host comes into a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Entry {
    /// By `kubeadm init`: the cluster begins with it.
    Init,
    /// By `kubeadm join`: the cluster was there before it.
    Join,
}

impl Claim {
    /// A mark for a host that is about to enter, with no CA seen yet.
    #[must_use]
    pub fn new(cluster_id: &str, role: Role, entry: Entry) -> Self {
        Self {
            cluster_id: cluster_id.to_owned(),
            role,
            entry,
            ca_hash: None,
            certificates_dir: None,
            kubelet_arguments: BTreeSet::new(),
            shared_files: BTreeSet::new(),
            restarts: BTreeSet::new(),
        }
    }

    /// How the mark tells of another cluster than `id`; `None` when it does not.
    #[must_use]
    pub fn of_other_cluster(&self, id: &str) -> Option<String> {
        let other = &self.cluster_id;
        (other != id).then(|| format!("it was set up for the cluster with id {other}"))
    }

    /// The claim as the record keeps it.
    #[must_use]
    pub fn mark(&self) -> MembershipMark {
        let restarts: BTreeSet<String> = self.restarts.iter().map(Component::to_string).collect();
        let notes = [
            Some((ROLE, self.role.as_str().to_owned())),
            Some((ENTRY, self.entry.as_str().to_owned())),
            Some((KUBELET_ARGUMENTS, joined(&self.kubelet_arguments, ","))),
            self.certificates_dir.clone().map(|path| (CERTIFICATES_DIR, path)),
            (!self.shared_files.is_empty())
                .then(|| (SHARED_FILES, joined(&self.shared_files, "\n"))),
            (!restarts.is_empty()).then(|| (RESTARTS, joined(&restarts, ","))),
        ];
        MembershipMark {
            cluster_id: self.cluster_id.clone(),
            ca_hash: self.ca_hash.clone(),
            notes: notes
                .into_iter()
                .flatten()
                .map(|(key, value)| (key.to_owned(), value))
                .collect(),
        }
    }

    /// The claim that a record keeps; one without a role is taken for a worker's, the lesser. A
    /// control plane host whose record does not say how it came is one of a time without joins.
    #[must_use]
    pub fn of(mark: &MembershipMark) -> Self {
        let note = |key: &str| mark.notes.get(key).map(String::as_str).unwrap_or_default();
        let role = if note(ROLE) == Role::ControlPlane.as_str() {
            Role::ControlPlane
        } else {
            Role::Worker
        };
        let joined = role == Role::Worker || note(ENTRY) == Entry::Join.as_str();
        Self {
            cluster_id: mark.cluster_id.clone(),
            role,
            entry: if joined { Entry::Join } else { Entry::Init },
            ca_hash: mark.ca_hash.clone(),
            certificates_dir: mark.notes.get(CERTIFICATES_DIR).cloned(),
            kubelet_arguments: parted(note(KUBELET_ARGUMENTS), ','),
            shared_files: parted(note(SHARED_FILES), '\n'),
            restarts: parted(note(RESTARTS), ',')
                .iter()
                .filter_map(|name| Component::of(name))
                .collect(),
        }
    }
}

impl Entry {
    /// `init` or `join`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Init => "init",
            Self::Join => "join",
        }
    }
}

impl Role {
    /// `control-plane` or `worker`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ControlPlane => "control-plane",
            Self::Worker => "worker",
        }
    }
}

fn joined(words: &BTreeSet<String>, separator: &str) -> String {
    words.iter().map(String::as_str).collect::<Vec<_>>().join(separator)
}

fn parted(text: &str, separator: char) -> BTreeSet<String> {
    text.split(separator).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_read_back() {
        let claim = Claim {
            ca_hash: Some("sha256:ab".to_owned()),
            certificates_dir: Some("/srv/pki".to_owned()),
            kubelet_arguments: ["node-ip".to_owned(), "v".to_owned()].into(),
            shared_files: ["/etc/etcd/ca, the old.crt".to_owned(), "/etc/etcd/key".to_owned()]
                .into(),
            restarts: [Component::Etcd, Component::KubeScheduler].into(),
            ..Claim::new("id", Role::ControlPlane, Entry::Join)
        };
        assert_eq!(Claim::of(&claim.mark()), claim);
        let plain = Claim::new("id", Role::Worker, Entry::Join);
        assert_eq!(Claim::of(&plain.mark()), plain);
    }
}
