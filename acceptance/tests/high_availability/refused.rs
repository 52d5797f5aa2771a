//! A member that must not join for now.

use acceptance::{BALANCER, Listing, Story, Topology, one_line};
use anyhow::{Result, ensure};

use crate::three_members::{MEMBERS, WORKERS};

const APPLY: [&str; 4] = ["apply", "-auto-approve", "-no-color", "-input=false"];
const NEWCOMER: &str = "cp4";
/// What a host has of a control plane, or of its mark.
const TRACES: &str = "ls -d /etc/kubernetes/manifests/* /etc/kubernetes/pki 2>/dev/null; \
                      grep -o cluster_id /var/lib/terraform-provider-kubeadm/record.json; true";

/// etcd takes no new member while one of its voters is out of the others' reach: that is said, with
/// nothing begun on the new host, which can be taken back.
pub(crate) fn join_beside_a_silent_voter(story: &Story, silent: &str) -> Result<()> {
    let before = Listing::of(&story.lab, NEWCOMER)?;
    story.lab.ssh(silent, &firewall("-I"))?;
    let mut members = MEMBERS.to_vec();
    members.push(NEWCOMER);
    story.rearrange(&form(&members))?;
    let text = one_line(&story.workspace.run(&APPLY)?.require_failure()?);
    story.lab.ssh(silent, &firewall("-D"))?;
    let down = format!("while a voter does not serve: {silent}");
    for words in ["PF-ETCD-UNHEALTHY", &down, &format!("{NEWCOMER} was not joined")] {
        ensure!(text.contains(words), "it should say {words:?}\n{text}");
    }
    let traces = story.lab.ssh(NEWCOMER, TRACES)?;
    ensure!(traces.is_empty(), "nothing should have been begun on {NEWCOMER}:\n{traces}");

    story.rearrange(&form(&MEMBERS))?;
    story.workspace.apply()?;
    before.require_restored(&story.lab)
}

fn form(members: &[&str]) -> Topology {
    Topology::new(members, &WORKERS).behind(BALANCER)
}

/// The host's own API server still reaches its etcd; nobody else does.
fn firewall(change: &str) -> String {
    format!("iptables {change} INPUT ! -i lo -p tcp --dport 2379:2380 -j DROP")
}
