//! What became of a try, as the host that tried tells it.

use super::{Evidence, Outcome};

/// One try, as the host that tried tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Exit status.
    pub status: u32,
    /// By how much the host's count of ICMP's "unreachable" grew.
    pub icmp: u64,
    /// What was said.
    pub text: String,
}

/// The tries that a host tells of, each by its number: `NUMBER STATUS ICMP TEXT`.
#[must_use]
pub fn attempts(printed: &str) -> Vec<(usize, Attempt)> {
    let attempt = |line: &str| {
        let mut words = line.splitn(4, ' ');
        let number = words.next()?.parse().ok()?;
        let status = words.next()?.parse().ok()?;
        let icmp = words.next()?.parse().ok()?;
        let text = words.next().unwrap_or_default().trim().to_owned();
        Some((number, Attempt { status, icmp, text }))
    };
    printed.lines().filter_map(attempt).collect()
}

/// What a program is told where there is no route, or one that leads nowhere: `unreachable`, `prohibit`,
/// `blackhole`.
const UNROUTED: [&str; 4] = ["No route", "unreachable", "Permission denied", "Invalid argument"];

/// What became of a try of a TCP port.
#[must_use]
pub fn outcome(attempt: &Attempt) -> Outcome {
    let says = |text: &str| attempt.text.contains(text);
    let from_afar = attempt.icmp > 0;
    match attempt.status {
        0 => Outcome::Open,
        124 => Outcome::Timeout,
        127 => Outcome::Unknown,
        _ if says("refused") && from_afar => Outcome::Rejected,
        _ if says("refused") => Outcome::Refused,
        _ if UNROUTED.into_iter().any(says) && from_afar => Outcome::Rejected,
        _ if UNROUTED.into_iter().any(says) => Outcome::NoRoute,
        _ => Outcome::Unknown,
    }
}

/// What became of datagrams to a UDP port, by what the other host counted meanwhile.
#[must_use]
pub fn outcome_of_datagrams(attempt: &Attempt, port: u16, grown: &Evidence) -> Outcome {
    if grown.no_port > 0 {
        return Outcome::Refused;
    }
    match outcome(attempt) {
        // Whoever listens need not answer.
        Outcome::Open if grown.listeners.contains(&port) => Outcome::Unknown,
        Outcome::Open | Outcome::Timeout => Outcome::Timeout,
        Outcome::Refused => Outcome::Rejected,
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(line: &str) -> Attempt {
        attempts(line).pop().unwrap().1
    }

    #[test]
    fn a_try_is_judged_by_what_came_back() {
        let cases = [
            ("0 0 0 ", Outcome::Open),
            ("0 1 0 bash: connect: Connection refused", Outcome::Refused),
            ("0 1 1 bash: connect: Connection refused", Outcome::Rejected),
            ("0 1 0 bash: connect: No route to host", Outcome::NoRoute),
            ("0 1 2 bash: connect: No route to host", Outcome::Rejected),
            ("0 1 0 bash: connect: Network is unreachable", Outcome::NoRoute),
            ("0 1 0 try: line 1: /dev/tcp/10.0.0.1/9: Invalid argument", Outcome::NoRoute),
            ("0 124 0 ", Outcome::Timeout),
            ("0 127 0 bash: not found", Outcome::Unknown),
            ("0 1 0 name or service not known", Outcome::Unknown),
        ];
        for (line, expected) in cases {
            assert_eq!(outcome(&attempt(line)), expected, "{line}");
        }
    }

    #[test]
    fn datagrams_are_judged_by_what_the_other_host_counted() {
        let counted = |no_port, listeners: &[u16]| Evidence {
            no_port,
            listeners: listeners.to_vec(),
            ..Evidence::default()
        };
        let judge = |line: &str, grown| outcome_of_datagrams(&attempt(line), 8472, &grown);
        assert_eq!(
            judge("0 1 1 printf: write error: Connection refused", counted(3, &[])),
            Outcome::Refused
        );
        assert_eq!(
            judge("0 1 1 printf: write error: Connection refused", counted(0, &[])),
            Outcome::Rejected
        );
        assert_eq!(judge("0 0 0 ", counted(0, &[])), Outcome::Timeout);
        assert_eq!(judge("0 0 0 ", counted(0, &[8472])), Outcome::Unknown);
    }
}
