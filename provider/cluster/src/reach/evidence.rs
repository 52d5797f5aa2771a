//! What hosts count of the packets that they drop or reject.

use super::{Outcome, Way};

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
    /// prints them, each after its program and table.
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

/// `PROGRAM TABLE [packets:bytes] -A CHAIN ...`, or `PROGRAM TABLE :CHAIN POLICY [packets:bytes]`.
fn rule(line: &str) -> Option<(String, u64)> {
    let mut words = line.splitn(3, ' ');
    let place = format!("{} -t {}", words.next()?, words.next()?);
    let rest = words.next()?;
    let (text, counters) = if let Some(rest) = rest.strip_prefix('[') {
        rest.split_once("] ").map(|(counters, text)| (text.to_owned(), counters))?
    } else {
        let (chain, counters) = rest.strip_prefix(':')?.split_once(" [")?;
        (format!("-P {chain}"), counters.trim_end_matches(']'))
    };
    let ends = ["REJECT", "DROP"].iter().any(|end| text.split(' ').any(|word| word == *end));
    let packets = counters.split(':').next()?.parse().ok()?;
    ends.then_some((format!("{place} {text}"), packets))
}

/// What is in the way, by what hosts counted while it was tried; each with its name. A rule says most; a
/// policy meets whatever else comes meanwhile.
#[must_use]
pub fn cause(way: &Way, outcome: Outcome, counted: &[(String, Evidence)]) -> Option<String> {
    if outcome.is_reached() != Some(false) {
        return None;
    }
    let met = |is_policy: bool| {
        counted.iter().find_map(|(host, evidence)| {
            let rules = evidence
                .rules
                .iter()
                .filter(|(rule, _)| rule.contains(" -P ") == is_policy && concerns(rule, way));
            let (rule, _) = rules.max_by_key(|(_, count)| *count)?;
            Some(format!("{host} has a rule against it: {rule}"))
        })
    };
    let strict = counted.iter().find(|(_, evidence)| evidence.rp_filter > 0).map(|(host, _)| {
        format!("rp_filter of {host} drops it: by its routes the answer would leave by another interface")
    });
    met(false).or(strict).or_else(|| met(true))
}

/// Whether a rule may be about what was tried: it names no other protocol and no other port.
fn concerns(rule: &str, way: &Way) -> bool {
    let words: Vec<&str> = rule.split(' ').collect();
    let after = |name: &str| {
        let place = words.iter().position(|word| *word == name)?;
        words.get(place + 1).copied()
    };
    let protocol = after("-p").is_none_or(|protocol| protocol == way.protocol.to_string());
    let ports = after("--dport").or_else(|| after("--dports"));
    let holds = |range: &str| {
        let (first, last) = range.split_once(':').unwrap_or((range, range));
        let number = |text: &str| text.parse::<u16>().ok();
        number(first)
            .zip(number(last))
            .is_none_or(|(first, last)| (first..=last).contains(&way.port))
    };
    protocol && ports.is_none_or(|ports| ports.split(',').any(holds))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reach::Protocol;

    const REJECT: &str = "-A LIBVIRT_FWI -o virbr10 -j REJECT --reject-with icmp-port-unreachable";

    fn way() -> Way {
        let (from, to, address) = ("cp1".to_owned(), "w1".to_owned(), "10.10.10.11".to_owned());
        Way { from, to, address, port: 10250, protocol: Protocol::Tcp }
    }

    fn told(outcome: Outcome, rules: &[&str], rp_filter: u64) -> Option<String> {
        let rules = rules.iter().map(|rule| ((*rule).to_owned(), 1)).collect();
        let evidence = Evidence { rp_filter, rules, ..Evidence::default() };
        let counted = [("w1".to_owned(), Evidence::default()), ("hv1".to_owned(), evidence)];
        cause(&way(), outcome, &counted)
    }

    #[test]
    fn what_was_counted_since_is_what_matters() {
        let printed = |reject: u64| {
            format!(
                "no_port 2\nrp_filter 0\nudp 8472\niptables filter [{reject}:420] {REJECT}\n\
                 iptables filter [1:60] -A INPUT -j ACCEPT\nip6tables filter [{}:1] {REJECT}\n\
                 iptables filter :FORWARD DROP [4:100]\n",
                90
            )
        };
        let before = Evidence::parse(&printed(7));
        assert_eq!((before.rules.len(), before.listeners.as_slice()), (3, &[8472][..]));
        let grown = Evidence::parse(&printed(9)).since(&before);
        assert_eq!(grown.rules, [(format!("iptables -t filter {REJECT}"), 2)]);
    }

    #[test]
    fn the_cause_is_what_is_about_the_port() {
        let reject = format!("iptables -t filter {REJECT}");
        let policy = "iptables -t filter -P FORWARD DROP";
        let other = "iptables -t filter -A INPUT -p tcp -m tcp --dport 22 -j DROP";
        let datagrams = "iptables -t filter -A INPUT -p udp -j DROP";
        let range =
            "iptables -t filter -A INPUT -p tcp -m multiport --dports 80,10000:11000 -j DROP";
        let said = |rule: &str| Some(format!("hv1 has a rule against it: {rule}"));
        assert_eq!(told(Outcome::Rejected, &[policy, &reject], 0), said(&reject));
        assert_eq!(told(Outcome::Timeout, &[other, datagrams, range], 0), said(range));
        assert_eq!(told(Outcome::Timeout, &[policy, other], 0), said(policy));
        let strict = told(Outcome::Timeout, &[policy], 1).unwrap();
        assert!(strict.starts_with("rp_filter of hv1"), "{strict}");
        assert_eq!(told(Outcome::Open, &[&reject], 0), None);
    }
}
