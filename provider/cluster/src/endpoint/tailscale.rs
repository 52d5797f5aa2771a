//! Tailscale on a control plane host: the endpoint's address on its loopback, and a route to it for all
//! hosts of the tailnet. The control server takes one of the hosts that advertise the route, and another
//! when that one leaves.
//!
//! The client's preferences are changed by `tailscale set` alone: `tailscale up` demands all others again, or
//! resets them.

use super::attachment::{Configuration, Service};
use crate::finding::Finding;
use crate::intent::{Endpoint, HealthGate, Tailscale};
use crate::membership::Serving;
use crate::node::{Difference, HEADER};
use crate::observed::{Fact, InterfaceAddress, ManagedFile, Observed};
use ipnet::IpNet;
use std::net::IpAddr;

pub(super) const UNIT: &str = "kubeadm-endpoint-tailscale.service";
pub(super) const FILE: &str = "/var/lib/terraform-provider-kubeadm/endpoint-tailscale.sh";
pub(super) const UNIT_FILE: &str = "/etc/systemd/system/kubeadm-endpoint-tailscale.service";
/// All files of this kind.
pub(super) const FILES: [&str; 2] = [FILE, UNIT_FILE];
/// curl asks the API server.
pub(super) const PACKAGES: [&str; 1] = ["curl"];

const FUNCTIONS: &str = include_str!("tailscale.sh");

const BECAUSE: &str = "it serves the cluster's endpoint";

/// The service of one host, one of so many `members`.
pub(super) fn service(kind: &Tailscale, members: usize, serving: Serving) -> Service {
    let gate = kind.health_gate == HealthGate::On && serving == Serving::Cluster && members > 1;
    let loopback = if kind.address.is_ipv4() { "127.0.0.1" } else { "[::1]" };
    let settings = format!(
        "address={}\napi_server=https://{loopback}:{}\ngate={}\nmembers={}\n",
        route(kind.address),
        Endpoint::DEFAULT_PORT,
        if gate { "yes" } else { "no" },
        if members > 1 { "several" } else { "one" },
    );
    let script = format!("#!/bin/sh\n{HEADER}{settings}\n{FUNCTIONS}");
    Service {
        unit: UNIT,
        configuration: Configuration {
            path: FILE,
            file: ManagedFile { content: script, mode: 0o755 },
            check: &["sh", "-n"],
            package: None,
        },
        others: [(UNIT_FILE.to_owned(), ManagedFile::public(unit()))].into(),
    }
}

/// It ends and begins with the client, and ends before it does, so that others serve by then.
fn unit() -> String {
    format!(
        "{HEADER}[Unit]\nDescription=Endpoint of the control plane in a tailnet\n\
         Wants=tailscaled.service\nPartOf=tailscaled.service\n\
         After=network.target tailscaled.service\nStartLimitIntervalSec=0\n\n\
         [Service]\nExecStart=/bin/sh {FILE} serve\nExecReload=/bin/kill -HUP $MAINPID\n\
         ExecStopPost=/bin/sh {FILE} withdraw\nTimeoutStopSec=30\nRestart=always\nRestartSec=1\n\n\
         [Install]\nWantedBy=multi-user.target tailscaled.service\n"
    )
}

/// The route that leads to an address alone.
#[must_use]
pub fn route(address: IpAddr) -> IpNet {
    address.into()
}

/// An address of the hosts' own network is reached there, by whoever has it, and not by the tailnet.
///
/// # Errors
/// When one of the host's interfaces is in a network with it.
pub(super) fn require_apart(
    address: IpAddr,
    host: &str,
    observed: &Observed,
) -> Result<(), Finding> {
    let all = observed.network.addresses.known().into_iter().flatten();
    let is_beside = |one: &&InterfaceAddress| {
        one.address.addr() != address
            && one.address.prefix_len() > 0
            && one.address.contains(&address)
    };
    let Some(beside) = all.into_iter().find(is_beside) else { return Ok(()) };
    let (network, interface) = (beside.address.trunc(), &beside.interface);
    let summary = format!("the endpoint's address {address} is in the network {network} of {host}");
    Err(Finding::error("PF-ENDPOINT-PLACE", summary)
        .because(format!("Hosts look for it on {interface}, and not in the tailnet"))
        .advise("Take an address that is in none of the hosts' networks"))
}

/// What of the address and the route is not as the service makes it.
pub(super) fn lacks(address: IpAddr, observed: &Observed) -> Vec<Difference> {
    let mut lacks = Vec::new();
    let mut differs = |what: String, wanted: &str, found: &str| {
        lacks.push(Difference::new(what, wanted, found, BECAUSE));
    };
    if observed.network.has_address(address) != Fact::Known(true) {
        differs(format!("address {address}"), "on the host's loopback", "not there");
    }
    let tailnet = observed.tailnet.known().cloned().unwrap_or_default();
    if !tailnet.advertised.contains(&route(address)) {
        differs(format!("route {}", route(address)), "advertised by Tailscale", "not advertised");
    }
    if tailnet.accepts_routes {
        differs("Tailscale's accept-routes".to_owned(), "false", "true");
    }
    lacks
}
