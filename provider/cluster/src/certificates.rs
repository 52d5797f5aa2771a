//! Which certificates of a host end soon.

use crate::finding::Finding;
use crate::observed::Fact;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

/// Whoever applies once a month still hears of it. kubeadm's own certificates live for a year, and
/// kubelets renew theirs when a fifth of that is left.
const SOON: SignedDuration = SignedDuration::from_hours(30 * 24);

const ADVICE: &str = "renew kubeadm's on the host with `kubeadm certs renew all` and restart the \
     control plane's static pods, one host at a time; a kubelet renews its own as long as it \
     reaches the API";

/// A warning where certificates of a host end within 30 days, or have ended, with the path of each.
#[must_use]
pub fn ending(
    host: &str,
    certificates: &BTreeMap<String, Fact<Timestamp>>,
    now: Timestamp,
) -> Option<Finding> {
    let soon = certificates.iter().filter_map(|(path, ends)| Some((path, ends.known()?)));
    let mut soon: Vec<_> = soon.filter(|(_, ends)| ends.duration_since(now) < SOON).collect();
    soon.sort_by_key(|(path, ends)| (*ends, *path));
    let (_, first) = soon.first()?;
    let summary = if **first <= now {
        format!("certificates of host {host} have ended")
    } else {
        format!("certificates of host {host} end within 30 days")
    };
    let each = soon.iter().map(|(path, ends)| format!("{path}: {ends}"));
    let all = each.collect::<Vec<_>>().join("\n");
    Some(Finding::warning("PW-CERTIFICATES-END", summary).because(all).advise(ADVICE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(ends: &[(&str, &str)], summary: Option<&str>, detail: &str) {
        let known = |(path, ends): &(&str, &str)| {
            ((*path).to_owned(), Fact::Known(ends.parse::<Timestamp>().unwrap()))
        };
        let mut all: BTreeMap<_, _> = ends.iter().map(known).collect();
        all.insert("odd".to_owned(), Fact::Unreadable("no certificate".to_owned()));
        let found = ending("cp1", &all, "2026-11-26T12:00:00Z".parse().unwrap());
        assert_eq!(found.as_ref().map(|found| found.summary.as_str()), summary);
        assert_eq!(found.map(|found| found.detail).unwrap_or_default(), detail);
    }

    #[test]
    fn thirty_days_before_their_end_certificates_are_named() {
        check(&[], None, "");
        check(&[("a", "2026-12-26T12:00:00Z"), ("b", "2027-11-26T12:00:00Z")], None, "");
        check(
            &[
                ("a", "2026-12-26T11:59:59Z"),
                ("b", "2026-12-01T00:00:00Z"),
                ("c", "2036-01-01T00:00:00Z"),
            ],
            Some("certificates of host cp1 end within 30 days"),
            "b: 2026-12-01T00:00:00Z\na: 2026-12-26T11:59:59Z",
        );
        check(
            &[("a", "2026-11-26T12:00:00Z")],
            Some("certificates of host cp1 have ended"),
            "a: 2026-11-26T12:00:00Z",
        );
    }
}
