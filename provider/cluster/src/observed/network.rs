//! Addresses, routes and who listens.

use super::{Fact, Sections};
use ipnet::IpNet;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Addresses, routes and who listens.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Network {
    /// Names of all interfaces.
    pub links: Fact<Vec<String>>,
    /// Largest packets of interfaces in bytes, by name; what is not listed could not be read.
    pub mtus: BTreeMap<String, u32>,
    /// Addresses of all interfaces.
    pub addresses: Fact<Vec<InterfaceAddress>>,
    /// Routes of the main table.
    pub routes: Fact<Vec<Route>>,
    /// Sockets that listen.
    pub listeners: Fact<Vec<Listener>>,
    /// Whether the packet filter drops what is forwarded and no rule is about; absent without iptables.
    pub drops_forwarded: Fact<bool>,
    /// Files with rules of Kubernetes in them, which the next boot brings back.
    pub rule_dumps: Fact<Vec<String>>,
}

/// One address of one interface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct InterfaceAddress {
    /// Name of the interface.
    pub interface: String,
    /// The address with its prefix length.
    pub address: IpNet,
    /// Whether it is leased and may change.
    pub dynamic: bool,
}

/// One route.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Route {
    /// Where to; none for the default route.
    pub destination: Option<IpNet>,
    /// Interface it leaves by.
    pub interface: String,
    /// Next hop, if any.
    pub gateway: Option<IpAddr>,
}

/// A socket that listens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Listener {
    /// `tcp` or `udp`.
    pub protocol: String,
    /// Address it is bound to, as printed: `127.0.0.1`, `*`, `[::]`.
    pub address: String,
    /// Its port.
    pub port: u16,
    /// Program that holds it, when that could be seen.
    pub program: Option<String>,
}

impl Network {
    pub(super) fn parse(sections: &Sections) -> Self {
        let links = json(sections, "addresses");
        let names = |all: &Vec<Value>| {
            all.iter().filter_map(|link| text(link, "ifname")).map(str::to_owned).collect()
        };
        let mtu = |link: &Value| {
            let mtu = u32::try_from(link.get("mtu")?.as_u64()?).ok()?;
            Some((text(link, "ifname")?.to_owned(), mtu))
        };
        Self {
            links: links.as_ref().map(names),
            mtus: links.known().into_iter().flatten().filter_map(mtu).collect(),
            addresses: links.map(|links| addresses(&links)),
            routes: json(sections, "routes")
                .map(|routes| routes.iter().filter_map(route).collect()),
            listeners: sections
                .text("listeners")
                .map(|text| text.lines().filter_map(listener).collect()),
            drops_forwarded: sections
                .word("forward_policy")
                .map(|policy| matches!(policy.as_str(), "-P FORWARD DROP")),
            rule_dumps: sections
                .text("rule_dumps")
                .map(|text| text.lines().map(str::to_owned).collect()),
        }
    }

    /// Who listens on a TCP port.
    #[must_use]
    pub fn tcp_listener(&self, port: u16) -> Option<&Listener> {
        let listeners = self.listeners.known()?;
        listeners.iter().find(|listener| listener.protocol == "tcp" && listener.port == port)
    }

    /// Whether the host has this address.
    #[must_use]
    pub fn has_address(&self, address: IpAddr) -> Fact<bool> {
        self.addresses.as_ref().map(|all| all.iter().any(|one| one.address.addr() == address))
    }

    /// Addresses of the interfaces by which default routes leave.
    #[must_use]
    pub fn default_addresses(&self) -> Vec<IpAddr> {
        let routes = self.routes.known().into_iter().flatten();
        let defaults: Vec<&str> = routes
            .filter(|route| route.destination.is_none())
            .map(|route| route.interface.as_str())
            .collect();
        let addresses = self.addresses.known().into_iter().flatten();
        let on_default = addresses.filter(|one| defaults.contains(&one.interface.as_str()));
        on_default.map(|one| one.address.addr()).collect()
    }

    /// Names of all interfaces with an address.
    pub fn interfaces(&self) -> impl Iterator<Item = &str> {
        self.addresses.known().into_iter().flatten().map(|address| address.interface.as_str())
    }
}

fn json(sections: &Sections, key: &str) -> Fact<Vec<Value>> {
    sections.word(key).and_then(|text| Fact::understood(serde_json::from_str(&text)))
}

fn text<'v>(value: &'v Value, key: &str) -> Option<&'v str> {
    value.get(key)?.as_str()
}

fn addresses(links: &[Value]) -> Vec<InterfaceAddress> {
    links.iter().flat_map(of_link).collect()
}

fn of_link(link: &Value) -> Vec<InterfaceAddress> {
    let Some(interface) = text(link, "ifname") else { return Vec::new() };
    let entries = link.get("addr_info").and_then(Value::as_array).into_iter().flatten();
    entries.filter_map(|entry| address(interface, entry)).collect()
}

fn address(interface: &str, entry: &Value) -> Option<InterfaceAddress> {
    let address: IpAddr = text(entry, "local")?.parse().ok()?;
    let length = u8::try_from(entry.get("prefixlen")?.as_u64()?).ok()?;
    let dynamic = entry.get("dynamic").and_then(Value::as_bool).unwrap_or_default();
    Some(InterfaceAddress {
        interface: interface.to_owned(),
        address: IpNet::new(address, length).ok()?,
        dynamic,
    })
}

fn route(value: &Value) -> Option<Route> {
    let destination = match text(value, "dst")? {
        "default" => None,
        network => Some(network.parse().or_else(|_| network.parse().map(IpAddr::into)).ok()?),
    };
    Some(Route {
        destination,
        interface: text(value, "dev").unwrap_or_default().to_owned(),
        gateway: text(value, "gateway").and_then(|gateway| gateway.parse().ok()),
    })
}

/// A line of `ss`: protocol, state, two queues, local address, peer, then the program.
fn listener(line: &str) -> Option<Listener> {
    let mut columns = line.split_whitespace();
    let protocol = columns.next()?.to_owned();
    let (address, port) = columns.nth(3)?.rsplit_once(':')?;
    Some(Listener {
        protocol,
        address: address.to_owned(),
        port: port.parse().ok()?,
        program: line
            .split_once("((\"")
            .and_then(|(_, rest)| rest.split('"').next())
            .map(str::to_owned),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_ip_json() {
        let links = r#"[{},{"ifname":"lo","addr_info":[{"family":"inet","local":"127.0.0.1","prefixlen":8}]},
            {"ifname":"eth0","addr_info":[{"local":"10.77.0.11","prefixlen":24,"dynamic":true},{"local":"fe80::1","prefixlen":64},{}]}]"#;
        let found = addresses(&serde_json::from_str::<Vec<Value>>(links).unwrap());
        let texts: Vec<_> = found
            .iter()
            .map(|one| format!("{} {} {}", one.interface, one.address, one.dynamic))
            .collect();
        assert_eq!(
            texts,
            ["lo 127.0.0.1/8 false", "eth0 10.77.0.11/24 true", "eth0 fe80::1/64 false"]
        );
    }

    #[test]
    fn routes_with_and_without_prefix() {
        let routes = r#"[{"dst":"default","gateway":"10.77.0.1","dev":"eth0"},{"dst":"10.77.0.0/24","dev":"eth0"},{"dst":"10.9.9.9","dev":"eth1"},{"dst":"odd"}]"#;
        let found: Vec<_> =
            serde_json::from_str::<Vec<Value>>(routes).unwrap().iter().filter_map(route).collect();
        assert_eq!(found.len(), 3);
        assert_eq!(found[0].destination, None);
        assert_eq!(found[2].destination, Some("10.9.9.9/32".parse().unwrap()));
    }

    #[test]
    fn listeners_of_ss() {
        let line =
            "tcp   LISTEN 0      128    [::]:22      [::]:*    users:((\"sshd\",pid=1,fd=4))";
        let found = listener(line).unwrap();
        assert_eq!(
            (found.address.as_str(), found.port, found.program.as_deref()),
            ("[::]", 22, Some("sshd"))
        );
        assert_eq!(listener("udp UNCONN 0 0 0.0.0.0:68 0.0.0.0:*").unwrap().program, None);
        assert_eq!(listener("nonsense"), None);
    }
}
