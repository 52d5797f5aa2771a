//! Questions to etcd, asked by its own tool in the pod of one of its members.

use anyhow::{Context, Result, ensure};

use crate::Cluster;

const CERTIFICATES: &str = "--cacert /etc/kubernetes/pki/etcd/ca.crt \
    --cert /etc/kubernetes/pki/etcd/server.crt --key /etc/kubernetes/pki/etcd/server.key";

/// One line of `etcdctl member list`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EtcdMember {
    /// Its id in hexadecimal.
    pub id: String,
    /// `started` or `unstarted`.
    pub status: String,
    /// Its name, which is its host's; empty before it has started.
    pub name: String,
    /// Whether it has no vote yet.
    pub learner: bool,
}

impl Cluster<'_> {
    /// What etcdctl prints on the cluster's host.
    ///
    /// # Errors
    /// When it fails.
    pub fn etcdctl(&self, arguments: &str) -> Result<String> {
        let pod = format!("-n kube-system exec etcd-{}", self.host());
        self.kubectl(&format!("{pod} -- etcdctl {CERTIFICATES} {arguments}"))
    }

    /// The members of etcd, by name.
    ///
    /// # Errors
    /// When etcd does not answer.
    pub fn etcd_members(&self) -> Result<Vec<EtcdMember>> {
        let list = self.etcdctl("member list")?;
        let parsed = list.lines().map(EtcdMember::parse);
        let mut members = parsed.collect::<Result<Vec<_>>>()?;
        members.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(members)
    }

    /// etcd has just these members, all started and with a vote.
    ///
    /// # Errors
    /// When it has not.
    pub fn require_voters(&self, names: &[&str]) -> Result<()> {
        let members = self.etcd_members()?;
        let votes = |member: &EtcdMember| member.status == "started" && !member.learner;
        let found: Vec<&str> = members.iter().map(|member| member.name.as_str()).collect();
        ensure!(
            found == names && members.iter().all(votes),
            "{names:?} should be etcd's voters, and it has {members:#?}"
        );
        Ok(())
    }
}

impl EtcdMember {
    /// `ID, STATUS, NAME, PEER URLS, CLIENT URLS, IS LEARNER`.
    fn parse(line: &str) -> Result<Self> {
        let words: Vec<&str> = line.split(", ").collect();
        let [id, status, name, .., learner] = words.as_slice() else {
            return Err(anyhow::anyhow!("{line:?}")).context("a member of etcd");
        };
        Ok(Self {
            id: (*id).to_owned(),
            status: (*status).to_owned(),
            name: (*name).to_owned(),
            learner: learner.trim() == "true",
        })
    }
}
