//! Whether a host reaches a port of another, and what is in the way.
//!
//! A port on which nobody listens yet is reached all the same: the other host itself says so. What a
//! firewall on the way rejects looks alike to the program that tries, and comes by ICMP; so its
//! counter is looked at, too.

mod attempt;
mod evidence;
mod join;

pub use attempt::{Attempt, attempts, outcome, outcome_of_datagrams};
pub use evidence::{Evidence, cause};
pub use join::ports_of_a_join;

use crate::finding::Finding;
use std::fmt;

/// What is tried.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Way {
    /// Name of the host that tries.
    pub from: String,
    /// Name of the host that is tried.
    pub to: String,
    /// Its address.
    pub address: String,
    /// Its port.
    pub port: u16,
    /// By what.
    pub protocol: Protocol,
}

/// What a port is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Protocol {
    /// Connections.
    Tcp,
    /// Single packets, which nobody need answer.
    Udp,
}

/// What became of a try.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Somebody listens.
    Open,
    /// The other host is reached, and nobody listens there.
    Refused,
    /// Somebody on the way, or a firewall of the other host, says no.
    Rejected,
    /// There is no way there, or nobody has the address.
    NoRoute,
    /// Nobody says anything: packets are dropped on the way there, or on the way back.
    Timeout,
    /// It cannot be told.
    Unknown,
}

impl fmt::Display for Protocol {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(if *self == Self::Tcp { "tcp" } else { "udp" })
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Open => "open",
            Self::Refused => "refused",
            Self::Rejected => "rejected",
            Self::NoRoute => "no route",
            Self::Timeout => "timeout",
            Self::Unknown => "unknown",
        })
    }
}

impl Outcome {
    /// Whether the other host is reached; none where that cannot be told.
    #[must_use]
    pub fn is_reached(self) -> Option<bool> {
        match self {
            Self::Open | Self::Refused => Some(true),
            Self::Rejected | Self::NoRoute | Self::Timeout => Some(false),
            Self::Unknown => None,
        }
    }
}

impl fmt::Display for Way {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { from, to, address, port, protocol } = self;
        write!(formatter, "from {from} to {to}, {address} port {port}/{protocol}")
    }
}

/// Said of a host that is about to join, or that others cannot reach.
#[must_use]
pub fn unreached(way: &Way, outcome: Outcome, cause: Option<&str>) -> Finding {
    let summary =
        format!("{} does not reach port {}/{} of {}", way.from, way.port, way.protocol, way.to);
    let said = match outcome {
        Outcome::Rejected => {
            "it is rejected, by a firewall on the way or on the host, or since nobody has the address"
        }
        Outcome::NoRoute => "there is no way there, or nobody has the address",
        _ => "nobody answers: a firewall drops it, or there is no way back",
    };
    let cause = cause.map(|cause| format!("; {cause}")).unwrap_or_default();
    Finding::error("PF-REACH", summary)
        .because(format!("At {}, {said}{cause}", way.address))
        .advise(
            "Let the cluster's hosts reach each other: security groups and firewalls of the hosts and between \
             them, routes both ways (kubeadm_endpoint_route). Then apply again, or name PF-REACH in \
             ignore_preflight_errors",
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_names_both_hosts_and_the_cause() {
        let way = Way {
            from: "cp1".to_owned(),
            to: "w1".to_owned(),
            address: "10.10.10.11".to_owned(),
            port: 10250,
            protocol: Protocol::Tcp,
        };
        let finding =
            unreached(&way, Outcome::Rejected, Some("hv1 has a rule against it: -A X -j REJECT"));
        assert_eq!(finding.to_string(), "PF-REACH: cp1 does not reach port 10250/tcp of w1");
        assert!(
            finding.detail.ends_with("has the address; hv1 has a rule against it: -A X -j REJECT"),
            "{}",
            finding.detail
        );
    }
}
