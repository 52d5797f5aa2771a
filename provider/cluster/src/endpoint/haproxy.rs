//! haproxy on a control plane host: takes connections at the endpoint's port to an API server that
//! is ready.

use super::attachment::{Configuration, Service};
use crate::intent::Endpoint;
use crate::node::HEADER;
use crate::observed::ManagedFile;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::IpAddr;

pub(super) const UNIT: &str = "haproxy.service";
/// Root of its processes, in which systemd makes what leads to the log.
pub(super) const DATA: &str = "/var/lib/haproxy";
pub(super) const FILE: &str = "/etc/haproxy/haproxy.cfg";

/// Watches are silent for long, hence timeouts of hours. What a reload leaves of the former process no
/// longer checks its servers, hence its end. An API server that takes nobody without a name answers
/// 401, ready or not.
const BEFORE_PORT: &str = "\
global
    user haproxy
    group haproxy
    chroot /var/lib/haproxy
    hard-stop-after 30s

defaults
    mode tcp
    retries 3
    option redispatch 1
    timeout connect 2s
    timeout check 2s
    timeout client 4h
    timeout server 4h

frontend kubernetes
";

const BEFORE_SERVERS: &str = "    default_backend control_plane

backend control_plane
    balance roundrobin
    option httpchk GET /readyz
    http-check expect rstatus ^(200|401)$
    default-server check check-ssl verify none inter 1s fastinter 500ms fall 2 rise 2 \
    on-marked-down shutdown-sessions
";

/// The load balancer of one host, in front of all API servers.
pub(super) fn service(port: u16, endpoint: IpAddr, servers: &BTreeMap<&str, IpAddr>) -> Service {
    let any = if endpoint.is_ipv4() { "*" } else { "::" };
    let mut text = format!("{HEADER}{BEFORE_PORT}    bind {any}:{port}\n{BEFORE_SERVERS}");
    for (name, address) in servers {
        let address = std::net::SocketAddr::new(*address, Endpoint::DEFAULT_PORT);
        let _ = writeln!(text, "    server {name} {address}");
    }
    Service {
        unit: UNIT,
        configuration: Configuration {
            path: FILE,
            file: ManagedFile::public(text),
            check: &["haproxy", "-c", "-q", "-f"],
            package: Some("haproxy"),
        },
        others: BTreeMap::new(),
    }
}
