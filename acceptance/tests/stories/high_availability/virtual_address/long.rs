//! Failures that take too long for every run: `make test-long` tells them.

use acceptance::{Core, Story, wait_until_whole};
use anyhow::Result;

use super::{Kind, keepalived, kube_vip, tailscale};

#[test]
fn keepalived_survives_all_else() -> Result<()> {
    survives_all_else(&keepalived::KIND)
}

#[test]
fn kube_vip_survives_all_else() -> Result<()> {
    survives_all_else(&kube_vip::KIND)
}

#[test]
fn a_tailnet_survives_all_else() -> Result<()> {
    survives_all_else(&tailscale::KIND)
}

fn survives_all_else(kind: &Kind) -> Result<()> {
    let vip = &kind.vip;
    let story = Story::begin(Core::OpenTofu, &(kind.form)(&vip.members), &[])?;
    story.workspace.apply()?;
    wait_until_whole(&story.lab, &vip.members, &[vip.worker])?;
    kind.failures.others_are_survived(&story, vip)?;
    story.workspace.destroy()?;
    story.end()
}
