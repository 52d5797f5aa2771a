//! The hosts on which cells are run, one after the other.

use std::time::{Duration, Instant};

use acceptance::{
    BALANCER, Cluster, Core, Listing, LoadBalancer, Story, Topology, wait_until_whole,
};
use anyhow::{Context, Result};

use crate::attempt::Attempt;
use crate::cell::Cell;
use crate::change::{Change, FIRST, MEMBERS, SECOND};
use crate::converged::require_converged;
use crate::leader::let_lead;
use crate::strike::strike;

/// Hosts, and the members that they are now.
pub(crate) struct Stage {
    story: Story,
    members: &'static [&'static str],
    /// The second host as it was before it ever joined.
    untouched: Listing,
}

impl Stage {
    /// Boots fresh hosts. The load balancer knows both from the beginning, and leaves out which does
    /// not answer.
    pub(crate) fn begin() -> Result<Self> {
        let story = Story::begin(Core::OpenTofu, &form(&[FIRST]), &[SECOND])?;
        LoadBalancer::of(&story.lab, BALANCER).set_backends(&MEMBERS)?;
        let untouched = Listing::of(&story.lab, SECOND)?;
        Ok(Self { story, members: &[], untouched })
    }

    /// Makes the cell's change with its fault, and applies once more: that must converge. The time
    /// from the fault to the end of that apply.
    pub(crate) fn run(&mut self, cell: Cell) -> Result<Duration> {
        self.bring_to(cell.change.before()).context("before the cell")?;
        self.story.rearrange(&form(cell.change.after()))?;
        if cell.change == Change::Leave {
            let_lead(&Cluster::of(&self.story.lab, FIRST), SECOND)?;
        }
        let mut attempt = Attempt::start(&self.story.workspace)?;
        strike(&self.story.lab, &mut attempt, cell)?;
        let since = Instant::now();
        let last_words = attempt.end()?;
        self.converge(cell.change, since)
            .with_context(|| format!("the disturbed apply ended with\n{last_words}\n"))
    }

    /// Removes the hosts.
    pub(crate) fn end(self) -> Result<()> {
        self.story.end()
    }

    fn converge(&mut self, change: Change, since: Instant) -> Result<Duration> {
        self.story.workspace.apply().context("the next apply")?;
        let taken = since.elapsed();
        self.members = change.after();
        require_converged(&self.story, self.members)?;
        if change == Change::Leave {
            self.untouched.require_restored(&self.story.lab)?;
        }
        Ok(taken)
    }

    /// Changes the members without any fault.
    fn bring_to(&mut self, members: &'static [&'static str]) -> Result<()> {
        if self.members == members {
            return Ok(());
        }
        if members.is_empty() {
            self.story.workspace.destroy()?;
        } else {
            self.story.rearrange(&form(members))?;
            self.story.workspace.apply()?;
            wait_until_whole(&self.story.lab, members, &[])?;
        }
        self.members = members;
        Ok(())
    }
}

fn form(members: &[&str]) -> Topology {
    Topology::new(members, &[]).behind(BALANCER)
}
