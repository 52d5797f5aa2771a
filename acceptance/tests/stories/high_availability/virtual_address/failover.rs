//! What may fail on the host that holds the address.

use std::time::Duration;

use acceptance::{Story, wait_until, wait_until_whole};
use anyhow::{Context, Result};

use super::vip::Vip;

/// What may fail, and for how long the address may lead nowhere then.
pub(super) struct Failures {
    pub(super) longest: Duration,
    /// The same after the loss of a host, which nobody ends in an orderly way.
    pub(super) longest_after_loss: Duration,
    /// What is seen in every run, and what takes too long for that.
    pub(super) always: &'static [Failure],
    pub(super) others: &'static [Failure],
}

/// Something that fails on the host that holds the address.
pub(super) struct Failure {
    name: &'static str,
    strike: &'static str,
    heal: &'static str,
    moves: bool,
}

impl Failure {
    pub(super) const API_SERVER_STOPPED: Self = Self::moves(
        "API server stopped",
        "mv /etc/kubernetes/manifests/kube-apiserver.yaml /root/",
        "mv /root/kube-apiserver.yaml /etc/kubernetes/manifests/",
    );
    pub(super) const API_SERVER_HUNG: Self = Self::moves(
        "API server hung",
        "pkill -STOP -x kube-apiserver",
        "pkill -CONT -x kube-apiserver; true",
    );

    /// One after which another host has the address.
    pub(super) const fn moves(
        name: &'static str,
        strike: &'static str,
        heal: &'static str,
    ) -> Self {
        Self { name, strike, heal, moves: true }
    }

    /// One that heals by itself, wherever the address then is.
    pub(super) const fn stays(name: &'static str, strike: &'static str) -> Self {
        Self { name, strike, heal: "true", moves: false }
    }
}

impl Failures {
    /// One after the other, each on the host that holds the address then, and at last the host itself.
    pub(super) fn are_survived(&self, story: &Story, vip: &Vip) -> Result<()> {
        self.each_is_survived(self.always, story, vip)?;
        self.the_host_is_gone(story, vip)?;
        story.require_no_changes()
    }

    /// Likewise those that are not seen in every run.
    pub(super) fn others_are_survived(&self, story: &Story, vip: &Vip) -> Result<()> {
        self.each_is_survived(self.others, story, vip)?;
        story.require_no_changes()
    }

    fn each_is_survived(&self, failures: &[Failure], story: &Story, vip: &Vip) -> Result<()> {
        failures
            .iter()
            .try_for_each(|failure| self.is_survived(story, vip, failure).context(failure.name))
    }

    fn is_survived(&self, story: &Story, vip: &Vip, failure: &Failure) -> Result<()> {
        let lab = &story.lab;
        let victim = vip.holder(lab)?;
        let gaps = vip.watch(lab)?;
        lab.ssh(victim, failure.strike)?;
        if failure.moves {
            wait_until(Duration::from_secs(30), || Ok(vip.holder(lab)? != victim))
                .context("the address should move")?;
        }
        vip.wait_until_it_leads_somewhere(lab)?;
        gaps.require_at_most(failure.name, self.longest)?;
        lab.ssh(victim, failure.heal)?;
        wait_until_whole(lab, &vip.members, &[vip.worker])?;
        vip.holder(lab).map(drop)
    }

    fn the_host_is_gone(&self, story: &Story, vip: &Vip) -> Result<()> {
        let victim = vip.holder(&story.lab)?;
        let gaps = vip.watch(&story.lab)?;
        story.lab.verb("stop", victim)?;
        vip.wait_until_it_leads_somewhere(&story.lab)?;
        gaps.require_at_most("the host gone", self.longest_after_loss)?;
        story.lab.verb("start", victim)?;
        wait_until_whole(&story.lab, &vip.members, &[vip.worker])
    }
}
