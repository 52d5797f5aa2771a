//! keepalived on a control plane host: agrees with the others on who holds the endpoint's address.
//!
//! All hosts are alike, so that nothing moves when one comes back. What fails behind its load balancer
//! takes a host's priority down rather than taking the host out: when all fail, as before the cluster
//! begins, one of them still holds the address.

use super::attachment::{Configuration, Service};
use super::place::Place;
use crate::intent::{Endpoint, HealthGate, Keepalived};
use crate::node::HEADER;
use crate::observed::ManagedFile;
use std::fmt::Write as _;

pub(super) const UNIT: &str = "keepalived.service";
pub(super) const FILE: &str = "/etc/keepalived/keepalived.conf";
pub(super) const CHECK_FILE: &str = "/etc/keepalived/terraform-provider-kubeadm-check";
pub(super) const DROP_IN: &str =
    "/etc/systemd/system/keepalived.service.d/90-terraform-provider-kubeadm.conf";
/// All files of this kind.
pub(super) const FILES: [&str; 4] = [super::haproxy::FILE, FILE, CHECK_FILE, DROP_IN];
/// curl asks the API server.
pub(super) const PACKAGES: [&str; 3] = ["curl", "haproxy", "keepalived"];

/// Priority of a host on which all is well.
const PRIORITY: u8 = 150;

/// What is asked every second. Without a load balancer a host is out at once, and says so; one that
/// leads nowhere, or beside an API server that is not ready, is but the worse choice.
const CHECKS: [Check; 3] = [
    Check { name: "haproxy", question: "listens", fall: 1, weight: 0, gate: false },
    Check { name: "endpoint", question: "ready", fall: 2, weight: 100, gate: false },
    Check { name: "api_server", question: "ready", fall: 2, weight: 20, gate: true },
];

/// Something that is asked, and what its failure takes from the host's priority.
struct Check {
    name: &'static str,
    question: &'static str,
    fall: u8,
    weight: u8,
    /// Whether it is of the host's own API server.
    gate: bool,
}

/// Ready is, too, what takes nobody without a name. 7 is curl's word for a connection that was refused.
const CHECK: &str = "\
#!/bin/sh
# Written by terraform-provider-kubeadm: changes by hand are undone by the next apply.
# listens URL: whether somebody takes connections there.
# ready URL: whether an API server answers there that it is ready.
code=$(curl --silent --insecure --noproxy '*' --max-time 2 --output /dev/null \
--write-out '%{http_code}' \"$2/readyz\")
status=$?
case $1:$code in
listens:*) test \"$status\" != 7 ;;
ready:200 | ready:401) true ;;
*) false ;;
esac
";

/// A keepalived that was killed leaves the address behind, on two hosts then.
const RESTART: &str = "[Service]\nRestart=always\nRestartSec=1\n";

/// keepalived of one host.
pub(super) fn service(kind: &Keepalived, port: u16, host: &str, place: &Place) -> Service {
    let check = ManagedFile { content: CHECK.to_owned(), mode: 0o755 };
    let drop_in = ManagedFile::public(format!("{HEADER}{RESTART}"));
    Service {
        unit: UNIT,
        configuration: Configuration {
            path: FILE,
            file: ManagedFile::public(configuration(kind, port, host, place)),
            check: &["keepalived", "--config-test", "--use-file"],
            package: Some("keepalived"),
        },
        others: [(CHECK_FILE.to_owned(), check), (DROP_IN.to_owned(), drop_in)].into(),
    }
}

fn configuration(kind: &Keepalived, port: u16, host: &str, place: &Place) -> String {
    let asked = |check: &&Check| !check.gate || kind.health_gate == HealthGate::On;
    let checks: Vec<&Check> = CHECKS.iter().filter(asked).collect();
    let loopback = if kind.address.is_ipv4() { "127.0.0.1" } else { "[::1]" };
    let mut text = format!("{HEADER}{}", GLOBAL.replace("HOST", host));
    for check in &checks {
        let port = if check.gate { Endpoint::DEFAULT_PORT } else { port };
        check.render(&mut text, &format!("https://{loopback}:{port}"));
    }
    text + &instance(kind, place, &checks)
}

/// Announcements of the address are repeated: for switches that missed one, and after a second for
/// hosts, whose kernels take no news of an address that they heard of less than a second ago
/// (`net.ipv4.neigh.*.locktime`). keepalived's own default lets them wait for 5 s.
const GLOBAL: &str = "\
global_defs {
    router_id HOST
    vrrp_version 3
    vrrp_garp_master_delay 1
    vrrp_garp_master_refresh 10
    script_user root
    enable_script_security
}
";

impl Check {
    fn render(&self, text: &mut String, url: &str) {
        let Self { name, question, fall, weight, .. } = self;
        let weight = if *weight == 0 { "0".to_owned() } else { format!("-{weight}") };
        let _ = write!(
            text,
            "\nvrrp_script {name} {{\n    script \"{CHECK_FILE} {question} {url}\"\n    \
             interval 1\n    timeout 3\n    fall {fall}\n    rise 2\n    weight {weight}\n}}\n"
        );
    }
}

/// Announcements go to all hosts of the network: with a list of peers, a host that joins would hold the
/// address as well until those that were there before it have it on theirs.
fn instance(kind: &Keepalived, place: &Place, checks: &[&Check]) -> String {
    let Keepalived { router_id, address: endpoint, .. } = kind;
    let interface = &place.interface;
    let prefix = if endpoint.is_ipv4() { 32 } else { 128 };
    let addresses = [format!("{endpoint}/{prefix} dev {interface}")];
    let addresses = block("virtual_ipaddress", addresses.into_iter());
    let checks = block("track_script", checks.iter().map(|check| check.name.to_owned()));
    format!(
        "\nvrrp_instance kubernetes {{\n    state BACKUP\n    interface {interface}\n    \
         virtual_router_id {router_id}\n    priority {PRIORITY}\n    advert_int 0.5\n\
         {addresses}{checks}}}\n"
    )
}

/// Lines in braces.
fn block(name: &str, lines: impl Iterator<Item = String>) -> String {
    let lines = lines.fold(String::new(), |all, line| all + "        " + &line + "\n");
    format!("    {name} {{\n{lines}    }}\n")
}
