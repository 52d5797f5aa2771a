//! The hosts on which cells are run, one after the other.

use std::time::{Duration, Instant};

use acceptance::{Cluster, Core, Listing, LoadBalancer, Story, Topology, wait_until_whole};
use anyhow::{Context, Result};

use crate::faults::attempt::Attempt;
use crate::faults::cell::Cell;
use crate::faults::change::Change;
use crate::faults::converged::require_converged;
use crate::faults::lane::Lane;
use crate::faults::leader::let_lead;
use crate::faults::strike::strike;

/// Hosts, and the members that they are now.
pub(crate) struct Stage {
    lane: Lane,
    story: Story,
    members: &'static [&'static str],
    /// The second host as it was before it ever joined.
    untouched: Listing,
}

impl Stage {
    /// Boots fresh hosts. The load balancer knows both from the beginning, and leaves out which does
    /// not answer.
    pub(crate) fn begin(lane: Lane) -> Result<Self> {
        let [first, second] = lane.members;
        let form = Topology::new(&[first], &[]).behind(lane.balancer);
        let story = Story::begin(Core::OpenTofu, &form, &[second])?;
        LoadBalancer::of(&story.lab, lane.balancer).set_backends(lane.members)?;
        let untouched = Listing::of(&story.lab, second)?;
        Ok(Self { lane, story, members: &[], untouched })
    }

    /// Makes the cell's change with its fault, and applies once more: that must converge. The time
    /// from the fault to the end of that apply.
    pub(crate) fn run(&mut self, cell: Cell) -> Result<Duration> {
        let Self { lane, .. } = *self;
        self.bring_to(lane.before(cell.change)).context("before the cell")?;
        self.rearrange(lane.after(cell.change))?;
        if cell.change == Change::Leave {
            let [first, second] = lane.members;
            let_lead(&Cluster::of(&self.story.lab, first), second)?;
        }
        let mut attempt = Attempt::start(&self.story.workspace)?;
        strike(&self.story.lab, lane.host(cell.change), &mut attempt, cell)?;
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
        self.members = self.lane.after(change);
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
            self.rearrange(members)?;
            self.story.workspace.apply()?;
            wait_until_whole(&self.story.lab, members, &[])?;
        }
        self.members = members;
        Ok(())
    }

    fn rearrange(&self, members: &[&str]) -> Result<()> {
        self.story.rearrange(&Topology::new(members, &[]).behind(self.lane.balancer))
    }
}
