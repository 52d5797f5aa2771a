//! How packets leave a host and pass through it: looked at where routes are kept.

use super::live_route::{profile_route, route};
use super::{Fact, LiveRoute, Sections};
use crate::node::Record;
use ipnet::IpNet;
use serde::Serialize;
use serde_json::Value;

/// How packets leave a host and pass through it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Routing {
    /// Unicast routes of all tables.
    pub routes: Fact<Vec<LiveRoute>>,
    /// What keeps the settings of an interface, by its name: what is not listed is kept by nothing.
    pub managers: Fact<Vec<(String, Manager)>>,
    /// Rules of the packet filters, by program and table.
    pub filters: [(Filter, Fact<Vec<String>>); 4],
    /// Names of nftables' tables.
    pub tables: Fact<Vec<String>>,
    /// What was changed for routes here earlier.
    pub record: Fact<Record>,
}

/// What keeps the settings of an interface over a boot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Manager {
    /// systemd-networkd, on its own or for netplan.
    Networkd {
        /// The file it has the settings from.
        file: String,
    },
    /// NetworkManager.
    NetworkManager {
        /// UUID of the profile that is in use.
        profile: String,
        /// The profile's routes, as far as they can be understood.
        routes: Vec<LiveRoute>,
    },
    /// ifupdown, by `/etc/network/interfaces`.
    Ifupdown,
}

/// One table of a packet filter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Filter {
    /// What passes, IPv4.
    #[default]
    Pass4,
    /// What gets another address, IPv4.
    Translate4,
    /// What passes, IPv6.
    Pass6,
    /// What gets another address, IPv6.
    Translate6,
}

impl Filter {
    /// All that are looked at.
    pub const ALL: [Self; 4] = [Self::Pass4, Self::Translate4, Self::Pass6, Self::Translate6];

    /// Its program, its table, and the chain that forwarded packets come through.
    #[must_use]
    pub fn place(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Pass4 => ("iptables", "filter", "FORWARD"),
            Self::Translate4 => ("iptables", "nat", "POSTROUTING"),
            Self::Pass6 => ("ip6tables", "filter", "FORWARD"),
            Self::Translate6 => ("ip6tables", "nat", "POSTROUTING"),
        }
    }

    /// Whether it sees packets to this network.
    #[must_use]
    pub fn sees(self, network: &IpNet) -> bool {
        matches!(self, Self::Pass4 | Self::Translate4) == matches!(network, IpNet::V4(_))
    }
}

impl Routing {
    pub(super) fn parse(sections: &Sections) -> Self {
        Self {
            routes: routes(sections),
            managers: sections
                .text("managers")
                .map(|text| text.lines().filter_map(manager).collect()),
            filters: Filter::ALL.map(|filter| (filter, rules(sections, filter))),
            tables: sections
                .text("nft_tables")
                .map(|text| text.lines().map(str::to_owned).collect()),
            record: sections
                .text("route_record")
                .and_then(|text| Fact::understood(Record::parse(&text))),
        }
    }

    /// The route of the same entry that is in force.
    #[must_use]
    pub fn found(&self, route: &LiveRoute) -> Fact<LiveRoute> {
        self.routes.as_ref().and_then(|all| {
            let found = all.iter().find(|one| one.is_same_entry(route));
            found.cloned().map_or(Fact::Absent, Fact::Known)
        })
    }

    /// What keeps an interface's settings.
    #[must_use]
    pub fn manager(&self, device: &str) -> Option<&Manager> {
        let managers = self.managers.known()?;
        managers.iter().find(|(name, _)| name == device).map(|(_, manager)| manager)
    }

    /// Whether a profile of NetworkManager has a route, whatever interface it is used for at the moment.
    #[must_use]
    pub fn profile_has(&self, uuid: &str, route: &LiveRoute) -> bool {
        let same =
            |one: &LiveRoute| LiveRoute { device: route.device.clone(), ..one.clone() } == *route;
        self.managers.known().into_iter().flatten().any(|(_, manager)| match manager {
            Manager::NetworkManager { profile, routes } => {
                profile == uuid && routes.iter().any(same)
            }
            _ => false,
        })
    }

    /// Whether nftables has a table of this name.
    #[must_use]
    pub fn has_table(&self, name: &str) -> bool {
        self.tables.known().is_some_and(|tables| tables.iter().any(|one| one == name))
    }

    /// The rules of a packet filter.
    #[must_use]
    pub fn rules(&self, filter: Filter) -> &Fact<Vec<String>> {
        let [first, ..] = &self.filters;
        let found = self.filters.iter().find(|(one, _)| *one == filter);
        &found.unwrap_or(first).1
    }
}

fn rules(sections: &Sections, filter: Filter) -> Fact<Vec<String>> {
    let (program, table, _) = filter.place();
    let text = sections.text(&format!("rules:{program}:{table}"));
    text.map(|text| text.lines().map(|line| line.trim().to_owned()).collect())
}

fn routes(sections: &Sections) -> Fact<Vec<LiveRoute>> {
    let parsed = |key: &str, any: &str| {
        let values = sections.word(key);
        let values = if values.is_absent() { Fact::Known("[]".to_owned()) } else { values };
        let any: Option<IpNet> = any.parse().ok();
        let values: Fact<Vec<Value>> =
            values.and_then(|text| Fact::understood(serde_json::from_str(&text)));
        values.map(|all| all.iter().filter_map(|one| route(one, any?)).collect::<Vec<_>>())
    };
    let (four, six) = (parsed("routes4", "0.0.0.0/0"), parsed("routes6", "::/0"));
    four.and_then(|four| six.map(|six| [four, six].concat()))
}

/// `networkd NAME FILE`, `ifupdown NAME`, or `profile NAME UUID`, tab, routes, tab, routes.
fn manager(line: &str) -> Option<(String, Manager)> {
    let mut words = line.splitn(3, ' ');
    let (kind, name) = (words.next()?, words.next()?.to_owned());
    let rest = words.next().unwrap_or_default();
    let manager = match kind {
        "networkd" => Manager::Networkd { file: rest.to_owned() },
        "ifupdown" => Manager::Ifupdown,
        "profile" => {
            let mut columns = rest.split('\t');
            let profile = columns.next()?.to_owned();
            let routes = columns.flat_map(|routes| routes.split(','));
            let routes = routes.filter_map(|route| profile_route(route, &name)).collect();
            Manager::NetworkManager { profile, routes }
        }
        _ => return None,
    };
    Some((name, manager))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(key: &str, value: &str) -> Routing {
        let output = format!("@{key} 0 {}\n{value}\n@routes6 0 0\n\n@end 0 0\n\n", value.len());
        Routing::parse(&Sections::parse(output.as_bytes()))
    }

    #[test]
    fn routes_of_all_tables_are_read_and_addresses_are_not() {
        let text = r#"[{"type":"unicast","dst":"10.10.10.0/24","gateway":"192.168.71.2","dev":"d1","table":"254","protocol":"4","prefsrc":"192.168.71.1"},
            {"type":"unicast","dst":"default","gateway":"10.77.0.1","dev":"eth0","table":"100","metric":7},
            {"dst":"10.9.9.9","via":{"family":"inet","host":"10.9.9.8"},"dev":"d1"},
            {"type":"local","dst":"192.168.71.1","table":"255","dev":"d1"},{"type":"2","dst":"127.0.0.1","dev":"lo"}]"#;
        let found = read("routes4", text).routes.known().cloned().unwrap();
        let shown: Vec<_> = found.iter().map(|it| format!("{} {}", it.entry(), it.way())).collect();
        assert_eq!(
            shown,
            [
                "10.10.10.0/24 via 192.168.71.2 dev d1 src 192.168.71.1",
                "0.0.0.0/0 table 100 metric 7 via 10.77.0.1 dev eth0",
                "10.9.9.9/32 via 10.9.9.8 dev d1",
            ]
        );
    }

    #[test]
    fn what_keeps_an_interface_is_told_apart() {
        let text = "networkd d1 /etc/systemd/network/10-d1.network\nifupdown d3\n\
                    profile d2 f9e2\t10.10.20.0/24 192.168.72.2 50 src=192.168.72.1, 10.9.0.0/16 192.168.72.3 table=7\t\n";
        let found = read("managers", text);
        assert_eq!(found.manager("d3"), Some(&Manager::Ifupdown));
        assert_eq!(found.manager("d4"), None);
        let Some(Manager::NetworkManager { routes, .. }) = found.manager("d2") else {
            panic!("{:?}", found.managers);
        };
        let entries: Vec<_> = routes.iter().map(LiveRoute::entry).collect();
        assert_eq!(entries, ["10.10.20.0/24 metric 50"], "one without a metric gets another");
        let elsewhere = LiveRoute { device: "d9".to_owned(), ..routes[0].clone() };
        assert!(found.profile_has("f9e2", &elsewhere) && !found.profile_has("f9e3", &elsewhere));
        let file = "/etc/systemd/network/10-d1.network".to_owned();
        assert_eq!(found.manager("d1"), Some(&Manager::Networkd { file }));
    }

    #[test]
    fn what_was_not_looked_at_is_unreadable() {
        let nothing = Routing::parse(&Sections::parse(b"@end 0 0\n\n"));
        assert!(nothing.routes.is_unreadable() && nothing.rules(Filter::Pass6).is_unreadable());
    }
}
