//! What was seen of a cluster by somebody who looked at it all the time, and what must be true of it.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use acceptance::Cluster;
use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::high_availability::stream::Lines;

/// How long the API may be gone through the load balancer while a member leaves, or dies: etcd
/// elects within two of its timeouts of 1 s, haproxy takes two failed checks of 0.5 s each to leave
/// a backend out, the API server lets go of a silent etcd after some 5 s; the rest is for hosts that
/// share two cores.
pub(crate) const LONGEST_GAP: Duration = Duration::from_secs(10);

/// What was seen, a line for each look and each write.
pub(crate) struct Record {
    /// Status of the API behind the load balancer.
    pub(crate) api: Lines,
    /// The members of etcd, the hosts where it serves, and the members again.
    pub(crate) etcd: Lines,
    /// Number of the `ConfigMap` that was written, and the status of that.
    pub(crate) writer: Lines,
}

impl Record {
    /// A majority of etcd's voters served, and none failed for lack of a leader for longer than an
    /// election may take.
    ///
    /// One look at which a voter does not answer says that it was slow: the members were read
    /// before and after it, and that takes a majority. Two in a row say that it does not serve.
    pub(crate) fn require_quorum(&self) -> Result<()> {
        let looks: Vec<Look> = self.etcd.iter().filter_map(|(_, line)| Look::parse(line)).collect();
        ensure!(!looks.is_empty(), "etcd was never seen: {:?}", self.etcd);
        if let Some(Look { voters, serving }) = lost_quorum(&looks) {
            bail!("of the voters {voters:?} only {serving:?} served");
        }
        require_short_gaps("etcd", &self.etcd, |line| !line.starts_with('\t'))
    }

    /// The API answered through the load balancer, but for short gaps.
    pub(crate) fn require_api(&self) -> Result<()> {
        require_short_gaps("the API", &self.api, |line| line == "200")
    }

    /// Everything that was acknowledged is there.
    pub(crate) fn require_writes_kept(&self, cluster: &Cluster<'_>) -> Result<()> {
        let acknowledged = |line: &str| line.strip_suffix(" 201").map(str::to_owned);
        let wanted: Vec<String> =
            self.writer.iter().filter_map(|(_, line)| acknowledged(line)).collect();
        ensure!(!wanted.is_empty(), "nothing was written: {:?}", self.writer);
        let names = cluster.kubectl("get configmaps -o name")?;
        let found: BTreeSet<&str> =
            names.lines().filter_map(|name| name.strip_prefix("configmap/written-")).collect();
        let lost: Vec<&String> = wanted.iter().filter(|it| !found.contains(it.as_str())).collect();
        ensure!(lost.is_empty(), "of {} writes these were lost: {lost:?}", wanted.len());
        Ok(())
    }
}

/// The second of two looks in a row without a majority of the same voters.
fn lost_quorum(looks: &[Look]) -> Option<&Look> {
    let pairs = looks.iter().zip(looks.iter().skip(1));
    let same = pairs.filter(|(one, other)| one.voters == other.voters);
    same.filter(|(one, other)| !one.has_quorum() && !other.has_quorum())
        .map(|(_, other)| other)
        .next()
}

/// One look at etcd while its members stayed the same.
struct Look {
    /// Addresses of the members with a vote.
    voters: BTreeSet<String>,
    /// Addresses where etcd serves.
    serving: BTreeSet<String>,
}

impl Look {
    fn has_quorum(&self) -> bool {
        self.voters.intersection(&self.serving).count() > self.voters.len() / 2
    }

    /// Nothing when the members changed during the look, or were not told.
    fn parse(line: &str) -> Option<Self> {
        let mut parts = line.split('\t');
        let voters = voters(parts.next()?)?;
        let serving = parts.next()?.split_whitespace().map(str::to_owned).collect();
        (voters == self::voters(parts.next()?)?).then_some(Self { voters, serving })
    }
}

fn voters(members: &str) -> Option<BTreeSet<String>> {
    let list: Value = serde_json::from_str(members).ok()?;
    let members = list.get("members")?.as_array()?;
    let votes = |member: &&Value| member.get("isLearner") != Some(&Value::Bool(true));
    members.iter().filter(votes).map(address).collect()
}

/// `https://ADDRESS:2380`, which a member has before it ever started.
fn address(member: &Value) -> Option<String> {
    let url = member.pointer("/peerURLs/0")?.as_str()?;
    let address = url.strip_prefix("https://")?.split(':').next()?;
    Some(address.to_owned())
}

#[expect(clippy::print_stderr, reason = "how near the limit it was is worth knowing")]
fn require_short_gaps(what: &str, lines: &Lines, good: impl Fn(&str) -> bool) -> Result<()> {
    let looks: Vec<(Instant, bool)> =
        lines.iter().map(|(time, line)| (*time, good(line))).collect();
    let gap = longest_gap(&looks).with_context(|| format!("{what} was never seen"))?;
    eprintln!("{what} was gone for {gap:?} at most");
    ensure!(gap <= LONGEST_GAP, "{what} was gone for {gap:?}, {LONGEST_GAP:?} are allowed");
    Ok(())
}

/// Longest time from a good look over bad ones to the next good one, or to the end; nothing when no look was good.
pub(crate) fn longest_gap(looks: &[(Instant, bool)]) -> Option<Duration> {
    let first_good = looks.iter().position(|(_, good)| *good)?;
    let (mut last_good, _) = *looks.get(first_good)?;
    let mut longest = Duration::ZERO;
    let mut gone = false;
    for (time, good) in looks.iter().skip(first_good) {
        if gone || !good {
            longest = longest.max(*time - last_good);
        }
        gone = !good;
        if *good {
            last_good = *time;
        }
    }
    Some(longest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_counts_while_the_members_stay_the_same() {
        let two =
            r#"{"members":[{"peerURLs":["https://a:2380"]},{"peerURLs":["https://b:2380"]}]}"#;
        let joining = r#"{"members":[{"peerURLs":["https://a:2380"]},
            {"peerURLs":["https://b:2380"],"isLearner":true}]}"#;
        let look = Look::parse(&format!("{two}\ta \t{two}")).unwrap();
        assert_eq!((look.voters.len(), look.serving.len()), (2, 1));
        assert!(Look::parse(&format!("{joining}\ta \t{two}")).is_none());
        assert!(Look::parse(&format!("\ta b \t{two}")).is_none());
        assert_eq!(voters(joining).unwrap().len(), 1);
    }

    #[test]
    fn a_voter_that_is_silent_twice_in_a_row_does_not_serve() {
        let look = |serving: &[&str]| Look {
            voters: ["a", "b"].map(str::to_owned).into(),
            serving: serving.iter().map(|host| (*host).to_owned()).collect(),
        };
        let lost = |looks: &[&[&str]]| {
            lost_quorum(&looks.iter().map(|serving| look(serving)).collect::<Vec<_>>()).is_some()
        };
        assert!(!lost(&[&["a", "b"], &["a"], &["a", "b"], &["b"]]));
        assert!(lost(&[&["a", "b"], &["a"], &["b"]]));
    }

    #[test]
    fn a_gap_lasts_from_good_to_good() {
        let start = Instant::now();
        let gap = |looks: &[(u64, bool)]| {
            let at = |(second, good): &(u64, bool)| (start + Duration::from_secs(*second), *good);
            longest_gap(&looks.iter().map(at).collect::<Vec<_>>()).map(|gap| gap.as_secs())
        };
        assert_eq!(gap(&[(0, false)]), None);
        assert_eq!(gap(&[(0, false), (9, true), (20, true)]), Some(0));
        assert_eq!(gap(&[(0, true), (1, false), (3, true), (4, false)]), Some(3));
        assert_eq!(gap(&[(0, true), (1, false), (8, false)]), Some(8));
    }
}
