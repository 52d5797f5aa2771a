//! What somebody changes by hand.

use acceptance::{Story, wait_until_whole};
use anyhow::{Result, ensure};

use super::vip::Vip;

/// Changes by hand, and what becomes of them.
pub(super) struct Drift {
    /// Host, and what is done to it.
    pub(super) changes: &'static [(&'static str, &'static str)],
    /// How the plan shows them.
    pub(super) shown: &'static [&'static str],
    /// Prints what must not restart.
    pub(super) untouched: &'static str,
}

impl Drift {
    /// Shown in the plan in its own words, on the hosts where it is, and put back by one apply.
    pub(super) fn is_put_back(&self, story: &Story, vip: &Vip) -> Result<()> {
        let before = vip.members.map(|host| story.lab.ssh(host, self.untouched));
        for (host, change) in self.changes {
            story.lab.ssh(host, change)?;
        }
        let member =
            |(host, _): &(&str, _)| format!("kubeadm_control_plane_member.this[\"{host}\"]");
        let members: Vec<String> = self.changes.iter().map(member).collect();
        let update: &[&str] = &["update"];
        let wanted: Vec<(&str, &[&str])> =
            members.iter().map(|member| (member.as_str(), update)).collect();
        story.require_changes(&wanted)?;
        let text = story.workspace.detailed_plan()?.text;
        for words in self.shown {
            ensure!(text.contains(words), "the plan should show {words:?}\n{text}");
        }
        story.workspace.apply()?;
        story.require_no_changes()?;
        wait_until_whole(&story.lab, &vip.members, &[vip.worker])?;
        for (host, before) in vip.members.into_iter().zip(before) {
            let (before, after) = (before?, story.lab.ssh(host, self.untouched)?);
            ensure!(before == after, "{host} should not have restarted it: {before} {after}");
        }
        vip.holder(&story.lab).map(drop)
    }
}
