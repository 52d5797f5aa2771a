//! keepalived on a control plane host: agrees with the others on who holds the endpoint's address.
//!
//! All hosts are alike, so that nothing moves when one comes back. What fails takes a host's priority
//! down rather than taking the host out: when all fail, as before the cluster begins, one of them
//! still holds the address.

use super::attachment::{Configuration, Service};
use super::place::Place;
use crate::intent::{Endpoint, HealthGate, Keepalived};
use crate::node::HEADER;
use crate::observed::ManagedFile;
use std::fmt::Write as _;
use std::net::IpAddr;

pub(super) const UNIT: &str = "keepalived.service";
pub(super) const FILE: &str = "/etc/keepalived/keepalived.conf";
pub(super) const CHECK_FILE: &str = "/etc/keepalived/terraform-provider-kubeadm-check";
pub(super) const DROP_IN: &str =
    "/etc/systemd/system/keepalived.service.d/90-terraform-provider-kubeadm.conf";
/// curl asks the API server.
pub(super) const PACKAGES: [&str; 3] = ["curl", "haproxy", "keepalived"];

/// Priority of a host on which all is well.
const PRIORITY: u8 = 150;
/// What a load balancer that leads nowhere takes from it: such a host serves nobody.
const NO_BALANCER: u8 = 100;
/// What an API server that is not ready takes from it: the balancer leads to others meanwhile.
const NO_API_SERVER: u8 = 20;

/// Ready, or an API server that takes nobody without a name.
const CHECK: &str = "\
#!/bin/sh
# Written by terraform-provider-kubeadm: changes by hand are undone by the next apply.
# Whether an API server answers at the URL $1 that it is ready.
code=$(curl --silent --insecure --noproxy '*' --max-time 2 --output /dev/null \
--write-out '%{http_code}' \"$1/readyz\")
case $code in
200 | 401) exit 0 ;;
esac
exit 1
";

/// A keepalived that was killed leaves the address behind, on two hosts then.
const RESTART: &str = "[Service]\nRestart=always\nRestartSec=1\n";

/// keepalived of one host, among its peers.
pub(super) fn service(
    kind: &Keepalived,
    port: u16,
    host: &str,
    place: &Place,
    peers: impl Iterator<Item = IpAddr>,
) -> Service {
    let check = ManagedFile { content: CHECK.to_owned(), mode: 0o755 };
    let drop_in = ManagedFile::public(format!("{HEADER}{RESTART}"));
    Service {
        unit: UNIT,
        configuration: Configuration {
            path: FILE,
            file: ManagedFile::public(configuration(kind, port, host, place, peers)),
            check: &["keepalived", "--config-test", "--use-file"],
            package: "keepalived",
        },
        others: [(CHECK_FILE.to_owned(), check), (DROP_IN.to_owned(), drop_in)].into(),
    }
}

fn configuration(
    kind: &Keepalived,
    port: u16,
    host: &str,
    place: &Place,
    peers: impl Iterator<Item = IpAddr>,
) -> String {
    let mut checks = vec![Check { name: "balancer", port, weight: NO_BALANCER }];
    if kind.health_gate == HealthGate::On {
        let port = Endpoint::DEFAULT_PORT;
        checks.push(Check { name: "api_server", port, weight: NO_API_SERVER });
    }
    let loopback = if kind.address.is_ipv4() { "127.0.0.1" } else { "[::1]" };
    let mut text = format!("{HEADER}{}", GLOBAL.replace("HOST", host));
    for check in &checks {
        check.render(&mut text, loopback);
    }
    text + &instance(kind, place, peers, &checks)
}

/// Announcements are repeated, for switches that missed one.
const GLOBAL: &str = "\
global_defs {
    router_id HOST
    vrrp_version 3
    vrrp_garp_master_refresh 10
    script_user root
    enable_script_security
}
";

/// What is asked all the time, and what its failure takes from the host's priority.
struct Check {
    name: &'static str,
    port: u16,
    weight: u8,
}

impl Check {
    fn render(&self, text: &mut String, loopback: &str) {
        let Self { name, port, weight } = self;
        let _ = write!(
            text,
            "\nvrrp_script {name} {{\n    script \"{CHECK_FILE} https://{loopback}:{port}\"\n    \
             interval 1\n    timeout 3\n    fall 2\n    rise 2\n    weight -{weight}\n}}\n"
        );
    }
}

/// Among peers that are known, announcements go straight to each.
fn instance(
    kind: &Keepalived,
    place: &Place,
    peers: impl Iterator<Item = IpAddr>,
    checks: &[Check],
) -> String {
    let Place { interface, address } = place;
    let Keepalived { router_id, address: endpoint, .. } = kind;
    let prefix = if endpoint.is_ipv4() { 32 } else { 128 };
    let peers = block("unicast_peer", peers.map(|peer| peer.to_string()));
    let unicast =
        if peers.is_empty() { peers } else { format!("    unicast_src_ip {address}\n{peers}") };
    let addresses = [format!("{endpoint}/{prefix} dev {interface}")];
    let addresses = block("virtual_ipaddress", addresses.into_iter());
    let checks = block("track_script", checks.iter().map(|check| check.name.to_owned()));
    format!(
        "\nvrrp_instance kubernetes {{\n    state BACKUP\n    interface {interface}\n    \
         virtual_router_id {router_id}\n    priority {PRIORITY}\n    advert_int 0.5\n\
         {unicast}{addresses}{checks}}}\n"
    )
}

/// Lines in braces; nothing where there is none.
fn block(name: &str, lines: impl Iterator<Item = String>) -> String {
    let lines = lines.fold(String::new(), |all, line| all + "        " + &line + "\n");
    if lines.is_empty() { lines } else { format!("    {name} {{\n{lines}    }}\n") }
}
