//! A member that must not join for now.

use acceptance::{BALANCER, Listing, Story, Topology, one_line, wait_until_whole};
use anyhow::{Result, ensure};

use crate::three_members::{MEMBERS, WORKERS};

const APPLY: [&str; 4] = ["apply", "-auto-approve", "-no-color", "-input=false"];
const NEWCOMER: &str = "cp4";
/// What a host has of a control plane. Its mark is made before its turn, with packages and images.
const TRACES: &str =
    "ls -d /etc/kubernetes/manifests/* /etc/kubernetes/pki /var/lib/etcd/member 2>/dev/null; true";

/// Cuts etcd off on its host in every direction, `-I`, and lets it back, `-D`.
const CUT: &str = r#"for chain in INPUT OUTPUT; do
    iptables -w "$1" $chain -p tcp -m multiport --ports 2379,2380 -j DROP || exit 1
done"#;

/// etcd takes no new member while one of its voters does not serve: that is said, with nothing begun
/// on the new host, which can be taken back.
pub(crate) fn join_beside_a_silent_voter(story: &Story, silent: &str) -> Result<()> {
    let before = Listing::of(&story.lab, NEWCOMER)?;
    story.lab.ssh(silent, &format!("set -- -I; {CUT}"))?;
    let mut members = MEMBERS.to_vec();
    members.push(NEWCOMER);
    story.rearrange(&form(&members))?;
    let text = one_line(&story.workspace.run(&APPLY)?.require_failure()?);
    story.lab.ssh(silent, &format!("set -- -D; {CUT}"))?;
    let down = format!("while a voter does not serve: {silent}");
    for words in ["PF-ETCD-UNHEALTHY", &down, &format!("{NEWCOMER} was not joined")] {
        ensure!(text.contains(words), "it should say {words:?}\n{text}");
    }
    let traces = story.lab.ssh(NEWCOMER, TRACES)?;
    ensure!(traces.is_empty(), "nothing should have been begun on {NEWCOMER}:\n{traces}");

    wait_until_whole(&story.lab, &MEMBERS, &WORKERS)?;
    story.rearrange(&form(&MEMBERS))?;
    story.workspace.apply()?;
    before.require_restored(&story.lab)
}

fn form(members: &[&str]) -> Topology {
    Topology::new(members, &WORKERS).behind(BALANCER)
}
