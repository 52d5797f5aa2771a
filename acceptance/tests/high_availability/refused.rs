//! A member that must not join for now.

use acceptance::{BALANCER, Listing, Story, Topology, one_line, wait_until_whole};
use anyhow::{Result, ensure};

use crate::three_members::{MEMBERS, WORKERS};

const APPLY: [&str; 4] = ["apply", "-auto-approve", "-no-color", "-input=false"];
const NEWCOMER: &str = "cp4";
/// What a host has of a control plane, or of its mark.
const TRACES: &str = "ls -d /etc/kubernetes/manifests/* /etc/kubernetes/pki 2>/dev/null; \
                      grep -o cluster_id /var/lib/terraform-provider-kubeadm/record.json; true";

/// Moves the manifest of etcd, `$1` to `$2`, and waits until the server is there or not.
const MOVE: &str = r#"
mv "$1" "$2"
for _ in $(seq 120); do
    ss -Hlnt 'sport = :2379' | grep -q . && served=yes || served=no
    [ "$served" != "$3" ] || exit 0
    sleep 0.5
done
exit 1"#;
const MANIFEST: &str = "/etc/kubernetes/manifests/etcd.yaml";
const ASIDE: &str = "/root/etcd.yaml";

/// etcd takes no new member while one of its voters does not serve: that is said, with nothing begun
/// on the new host, which can be taken back.
pub(crate) fn join_beside_a_silent_voter(story: &Story, silent: &str) -> Result<()> {
    let before = Listing::of(&story.lab, NEWCOMER)?;
    story.lab.ssh(silent, &moved(MANIFEST, ASIDE, "no"))?;
    let mut members = MEMBERS.to_vec();
    members.push(NEWCOMER);
    story.rearrange(&form(&members))?;
    let text = one_line(&story.workspace.run(&APPLY)?.require_failure()?);
    story.lab.ssh(silent, &moved(ASIDE, MANIFEST, "yes"))?;
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

fn moved(from: &str, to: &str, served: &str) -> String {
    format!("set -- {from} {to} {served}{MOVE}")
}
