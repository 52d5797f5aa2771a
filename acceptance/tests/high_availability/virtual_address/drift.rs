//! What somebody changes by hand.

use acceptance::{Story, wait_until_whole};
use anyhow::{Result, ensure};

use super::vip::holder;
use super::{MEMBERS, WORKER};

/// Each on another member: a configuration, a service, and what keepalived runs.
const CHANGES: [(&str, &str); 3] = [
    (
        "k1",
        "sed -i 's/server k2 .*/server k2 10.77.0.250:6443/' /etc/haproxy/haproxy.cfg && systemctl reload haproxy",
    ),
    ("k2", "systemctl disable --quiet --now keepalived"),
    (
        "k3",
        "echo 'exit 0' > /etc/keepalived/terraform-provider-kubeadm-check; \
         rm /etc/systemd/system/keepalived.service.d/*.conf && systemctl daemon-reload",
    ),
];
/// How the plan shows them.
const SHOWN: [&str; 4] = [
    "/etc/haproxy/haproxy.cfg",
    "stopped, not at boot",
    "terraform-provider-kubeadm-check",
    "keepalived.service.d",
];

/// Shown in the plan in its own words, put back by one apply, by a reload alone.
pub(super) fn what_somebody_changes_is_put_back(story: &Story) -> Result<()> {
    let started = "systemctl show --property=MainPID --value haproxy";
    let before = MEMBERS.map(|host| story.lab.ssh(host, started));
    for (host, change) in CHANGES {
        story.lab.ssh(host, change)?;
    }
    let members = MEMBERS.map(|host| format!("kubeadm_control_plane_member.this[\"{host}\"]"));
    let update: &[&str] = &["update"];
    let wanted: Vec<(&str, &[&str])> =
        members.iter().map(|member| (member.as_str(), update)).collect();
    story.require_changes(&wanted)?;
    let text = story.workspace.detailed_plan()?.text;
    for words in SHOWN {
        ensure!(text.contains(words), "the plan should show {words:?}\n{text}");
    }
    story.workspace.apply()?;
    story.require_no_changes()?;
    wait_until_whole(&story.lab, &MEMBERS, &[WORKER])?;
    for (host, before) in MEMBERS.into_iter().zip(before) {
        let (before, after) = (before?, story.lab.ssh(host, started)?);
        ensure!(before == after, "haproxy on {host} should not have restarted: {before} {after}");
    }
    let servers = story.lab.ssh("k1", "cat /etc/haproxy/haproxy.cfg")?;
    ensure!(!servers.contains("10.77.0.250"), "it should be put back:\n{servers}");
    holder(&story.lab).map(drop)
}
