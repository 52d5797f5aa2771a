//! What hosts count of the packets that they drop or reject.

use super::Outcome;

/// What is counted on a host that packets may come by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    /// Datagrams that came for a port on which nobody listens.
    pub no_port: u64,
    /// Packets whose source address did not fit the way by which they came.
    pub rp_filter: u64,
    /// UDP ports on which somebody listens.
    pub listeners: Vec<u16>,
    /// Rules that reject or drop, with the packets that they met.
    pub rules: Vec<(String, u64)>,
}

impl Evidence {
    /// Reads what a host prints: `no_port N`, `rp_filter N`, `udp PORT`, and rules as `iptables-save -c`
    /// prints them.
    #[must_use]
    pub fn parse(printed: &str) -> Self {
        let mut evidence = Self::default();
        for line in printed.lines() {
            let number = |text: &str| text.trim().parse().unwrap_or_default();
            match line.split_once(' ') {
                Some(("no_port", count)) => evidence.no_port = number(count),
                Some(("rp_filter", count)) => evidence.rp_filter = number(count),
                Some(("udp", port)) => evidence.listeners.extend(port.trim().parse::<u16>()),
                _ => evidence.rules.extend(rule(line)),
            }
        }
        evidence
    }

    /// What was counted since an earlier look; rules that met nothing are left out.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let before = |rule: &str| {
            let found = earlier.rules.iter().find(|(one, _)| one == rule);
            found.map_or(0, |(_, count)| *count)
        };
        let grown =
            |(rule, count): &(String, u64)| (rule.clone(), count.saturating_sub(before(rule)));
        Self {
            no_port: self.no_port.saturating_sub(earlier.no_port),
            rp_filter: self.rp_filter.saturating_sub(earlier.rp_filter),
            listeners: self.listeners.clone(),
            rules: self.rules.iter().map(grown).filter(|(_, count)| *count > 0).collect(),
        }
    }
}

/// `[packets:bytes] -A CHAIN ...`, or `:CHAIN POLICY [packets:bytes]`.
fn rule(line: &str) -> Option<(String, u64)> {
    let (text, counters) = if let Some(rest) = line.strip_prefix('[') {
        rest.split_once("] ").map(|(counters, text)| (text.to_owned(), counters))?
    } else {
        let (chain, counters) = line.strip_prefix(':')?.split_once(" [")?;
        (format!("-P {chain}"), counters.trim_end_matches(']'))
    };
    let ends = ["REJECT", "DROP"].iter().any(|end| text.split(' ').any(|word| word == *end));
    let packets = counters.split(':').next()?.parse().ok()?;
    ends.then_some((text, packets))
}

/// What is in the way, by what hosts counted while it was tried; each with its name.
#[must_use]
pub fn cause(outcome: Outcome, counted: &[(String, Evidence)]) -> Option<String> {
    if outcome.is_reached() != Some(false) {
        return None;
    }
    let rule = counted.iter().find_map(|(host, evidence)| {
        let (rule, _) = evidence.rules.iter().max_by_key(|(_, count)| *count)?;
        Some(format!("{host} has a rule against it: {rule}"))
    });
    let strict = counted.iter().find(|(_, evidence)| evidence.rp_filter > 0).map(|(host, _)| {
        format!("rp_filter of {host} drops it: by its routes the answer would leave by another interface")
    });
    rule.or(strict)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_counted_names_the_cause() {
        let before = Evidence::parse(
            "no_port 2\nrp_filter 0\nudp 8472\n[7:420] -A LIBVIRT_FWI -o virbr10 -j REJECT --reject-with icmp-port-unreachable\n[1:60] -A INPUT -j ACCEPT\n:FORWARD DROP [4:100]\n",
        );
        assert_eq!(before.rules.len(), 2);
        assert_eq!(before.listeners, [8472]);
        let after = Evidence::parse(
            "no_port 2\nrp_filter 0\n[9:540] -A LIBVIRT_FWI -o virbr10 -j REJECT --reject-with icmp-port-unreachable\n:FORWARD DROP [4:100]\n",
        );
        let grown = after.since(&before);
        let told = cause(
            Outcome::Rejected,
            &[("w1".to_owned(), Evidence::default()), ("hv1".to_owned(), grown)],
        );
        assert_eq!(
            told.as_deref(),
            Some(
                "hv1 has a rule against it: -A LIBVIRT_FWI -o virbr10 -j REJECT --reject-with icmp-port-unreachable"
            )
        );
        let strict = Evidence { rp_filter: 1, ..Evidence::default() };
        assert!(
            cause(Outcome::Timeout, &[("w1".to_owned(), strict)])
                .unwrap()
                .starts_with("rp_filter of w1")
        );
        assert_eq!(cause(Outcome::Open, &[]), None);
    }
}
