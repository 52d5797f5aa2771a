//! Lets packets pass between networks, whatever else filters them.
//!
//! libvirt ends its chains with a rule that rejects whatever comes for a network of its own, and makes
//! them anew as networks start; so a service looks every other second that our chain comes first.

use crate::node::HEADER;
use crate::observed::{Fact, Filter, ManagedFile, Observed};
use ipnet::IpNet;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The chain with our rules.
pub const CHAIN: &str = "ENDPOINT-ROUTES";
/// Keeps the chain in its place.
pub const FORWARD_UNIT: &str = "kubeadm-endpoint-forward.service";
pub(super) const UNIT_FILE: &str = "/etc/systemd/system/kubeadm-endpoint-forward.service";
pub(super) const SCRIPT: &str = "/var/lib/terraform-provider-kubeadm/endpoint-forward.sh";

const FUNCTIONS: &str = include_str!("forward.sh");

/// The files of the service; none where nothing is to pass.
pub(super) fn files(between: &[IpNet]) -> BTreeMap<String, ManagedFile> {
    if between.is_empty() {
        return BTreeMap::new();
    }
    let calls = Filter::ALL.into_iter().fold(String::new(), |mut text, filter| {
        let (program, table, parent) = filter.place();
        let rules = rules(filter, between).join("\n");
        let _ = writeln!(text, "    \"$1\" {program} {table} {parent} '{rules}'");
        text
    });
    let script = format!("#!/bin/sh\n{HEADER}chain={CHAIN}\neach() {{\n{calls}}}\n\n{FUNCTIONS}");
    BTreeMap::from([
        (SCRIPT.to_owned(), ManagedFile { content: script, mode: 0o755 }),
        (UNIT_FILE.to_owned(), ManagedFile::public(unit())),
    ])
}

/// The rules that should be in our chain of a table, as the program prints them.
pub(super) fn rules(filter: Filter, between: &[IpNet]) -> Vec<String> {
    let seen = || between.iter().filter(move |network| filter.sees(network));
    let pairs = seen().flat_map(|from| seen().map(move |to| (from, to)));
    let pairs = pairs.filter(|(from, to)| from != to);
    pairs.map(|(from, to)| format!("-A {CHAIN} -s {from} -d {to} -j ACCEPT")).collect()
}

/// Whether our chain is as it should be and comes before all else.
pub(super) fn holds(filter: Filter, between: &[IpNet], observed: &Observed) -> bool {
    let wanted = rules(filter, between);
    let Fact::Known(found) = observed.routing.rules(filter) else { return wanted.is_empty() };
    let (_, _, parent) = filter.place();
    let ours: Vec<&String> =
        found.iter().filter(|rule| rule.starts_with(&format!("-A {CHAIN} "))).collect();
    let first = found.iter().find(|rule| rule.starts_with(&format!("-A {parent} ")));
    let jump = format!("-A {parent} -j {CHAIN}");
    ours.into_iter().eq(&wanted) && (wanted.is_empty() || first == Some(&jump))
}

fn unit() -> String {
    format!(
        "{HEADER}[Unit]\nDescription=Packets pass between the networks of a cluster\n\
         After=network.target libvirtd.service virtnetworkd.service firewalld.service docker.service\n\
         StartLimitIntervalSec=0\n\n\
         [Service]\nExecStart=/bin/sh {SCRIPT} keep\nExecStopPost=/bin/sh {SCRIPT} remove\n\
         Restart=always\nRestartSec=2\n\n\
         [Install]\nWantedBy=multi-user.target\n"
    )
}
