//! What the user should hear of a host that has its routes.

use super::intent::{RouteIntent, RpFilter};
use super::plan::rp_filter_key;
use crate::finding::Finding;
use crate::observed::Observed;

/// What the user should hear of a host that has its routes.
#[must_use]
pub fn remarks(intent: &RouteIntent, observed: &Observed) -> Vec<Finding> {
    let all = observed.kernel.sysctl(&rp_filter_key("all"));
    let all = all.known().and_then(|value| value.parse::<u8>().ok()).unwrap_or_default();
    let lost = |(device, wanted): (&String, &RpFilter)| {
        let found = observed.kernel.sysctl(&rp_filter_key(device));
        let missing = found.is_absent().then(|| late(device));
        missing.or_else(|| {
            (wanted.value() < all && device != "all").then(|| overruled(device, *wanted, all))
        })
    };
    let firewall = !intent.between.is_empty() && observed.routing.has_table(FIREWALLD_TABLE);
    let lost = intent.rp_filter.iter().filter_map(lost);
    lost.chain(firewall.then(another_firewall)).collect()
}

const FIREWALLD_TABLE: &str = "firewalld";

fn another_firewall() -> Finding {
    Finding::warning("PW-FIREWALL", "firewalld looks at packets apart from iptables")
        .at(["forward"])
        .because("What it rejects does not pass, whatever iptables accepts")
        .advise("let it pass packets between the networks as well, by a policy between their zones")
}

fn late(device: &str) -> Finding {
    Finding::warning("PW-RPFILTER", format!("the host has no interface {device} yet"))
        .at(["rp_filter", device])
        .because("Its rp_filter is set when udev sees it come up")
}

fn overruled(device: &str, wanted: RpFilter, all: u8) -> Finding {
    let word = if all == 1 { "strict" } else { "loose" };
    Finding::warning("PW-RPFILTER", format!("rp_filter of {device} is {word} all the same"))
        .at(["rp_filter", device])
        .because(format!(
            "In force is the larger of the interface's {} and the {all} of net.ipv4.conf.all.rp_filter",
            wanted.value()
        ))
        .advise("Give rp_filter.all as well")
}
