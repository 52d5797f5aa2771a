use super::forward::{self, FORWARD_UNIT};
use super::intent::{RouteIntent, RpFilter, StaticRoute};
use super::keep::{HOOK, UNIT_FILE, dropin};
use super::plan::{SYSCTL_FILE, left, plan, rp_filter_key};
use super::remarks::remarks;
use super::retired::is_moved;
use super::settings::settings;
use crate::intent::NodeReference;
use crate::node::simulated::carry_out;
use crate::node::{Area, Change, Record, Releases, check_plan, release, unreleased};
use crate::observed::{
    DirectoryState, Fact, Filter, InterfaceAddress, LiveRoute, Manager, Observed, SysctlKey,
};
use std::collections::BTreeMap;

const FORWARDING: &str = "net.ipv4.ip_forward";

/// A host with an interface for each way in which settings are kept, and with libvirt's rules.
pub(super) fn host() -> Observed {
    let mut host = Observed::default();
    let interfaces = ["eth0", "eth1", "eth2", "eth3"];
    host.network.links = Fact::Known(interfaces.map(str::to_owned).to_vec());
    let address = |(index, name): (usize, &&str)| InterfaceAddress {
        interface: (*name).to_owned(),
        address: format!("192.168.{index}.1/24").parse().unwrap(),
        dynamic: false,
    };
    host.network.addresses = Fact::Known(interfaces.iter().enumerate().map(address).collect());
    host.routing.routes = Fact::Known(vec![route("10.9.0.0/16", "192.168.0.9", "eth0")]);
    let file = "/run/systemd/network/10-netplan-eth1.network".to_owned();
    let profile = Manager::NetworkManager { profile: "f9e2".to_owned(), routes: Vec::new() };
    host.routing.managers = Fact::Known(vec![
        ("eth1".to_owned(), Manager::Networkd { file }),
        ("eth2".to_owned(), profile),
        ("eth3".to_owned(), Manager::Ifupdown),
    ]);
    host.routing.filters = Filter::ALL.map(|filter| {
        let (_, _, parent) = filter.place();
        (
            filter,
            Fact::Known(vec![format!("-P {parent} ACCEPT"), format!("-A {parent} -j LIBVIRT_FWX")]),
        )
    });
    host.routing.record = Fact::Absent;
    for (key, value) in [
        (FORWARDING, "0"),
        ("net.ipv4.conf.all.rp_filter", "0"),
        ("net.ipv4.conf.eth0.rp_filter", "1"),
    ] {
        host.kernel.sysctls.insert(SysctlKey::new(key), Fact::Known(value.to_owned()));
    }
    host.kernel.sysctls.insert(rp_filter_key("virbr9"), Fact::Absent);
    host.files.by_path = super::FILES.map(|path| (path.to_owned(), Fact::Absent)).into();
    host.files.all_listed = true;
    host.units.0 = Fact::Known(
        super::UNITS
            .map(|unit| {
                (
                    unit.to_owned(),
                    crate::observed::UnitState {
                        load: "not-found".to_owned(),
                        ..Default::default()
                    },
                )
            })
            .into(),
    );
    let there =
        ["/etc/network/if-up.d", "/etc/sysctl.d", "/etc/systemd/system", "/etc/systemd/network"];
    host.directories.0 =
        Fact::Known(there.map(|path| (path.to_owned(), DirectoryState::Used)).into());
    host
}

fn route(to: &str, via: &str, device: &str) -> LiveRoute {
    LiveRoute {
        destination: to.parse().unwrap(),
        gateway: Some(via.parse().unwrap()),
        device: device.to_owned(),
        source: None,
        metric: 0,
        table: LiveRoute::MAIN,
    }
}

fn wanted(to: &str, via: &str) -> StaticRoute {
    let (to, via) = (to.parse().unwrap(), Some(via.parse().unwrap()));
    StaticRoute { to, via, device: None, source: None, metric: None, table: None }
}

pub(super) fn intent() -> RouteIntent {
    RouteIntent {
        node: serde_json::from_value::<NodeReference>(
            serde_json::json!({ "name": "h1", "address": "192.168.0.1", "port": 22 }),
        )
        .unwrap(),
        static_routes: vec![
            wanted("10.9.0.0/16", "192.168.0.254"),
            wanted("10.1.0.0/16", "192.168.1.254"),
            wanted("10.2.0.0/16", "192.168.2.254"),
            wanted("10.3.0.0/16", "192.168.3.254"),
        ],
        rp_filter: BTreeMap::from([
            ("eth0".to_owned(), RpFilter::Loose),
            ("virbr9".to_owned(), RpFilter::Off),
        ]),
        ip_forward: None,
        accept_routes: None,
        between: vec!["172.20.112.0/24".parse().unwrap(), "10.10.10.0/24".parse().unwrap()],
        declaration: None,
    }
}

/// Carries a plan out and lets the service do its part; the record of routes stands in for the host's.
pub(super) fn apply(host: &mut Observed, intent: &RouteIntent) {
    let steps = plan(intent, host).unwrap();
    let record = host.routing.record.known().cloned().unwrap_or_default();
    assert_eq!(check_plan(&steps, &record), Vec::<String>::new());
    host.record = std::mem::take(&mut host.routing.record);
    carry_out(host, &steps);
    host.routing.record = std::mem::take(&mut host.record);
    serve(host, &intent.between);
}

fn serve(host: &mut Observed, between: &[ipnet::IpNet]) {
    let Fact::Known(units) = &mut host.units.0 else { return };
    for (unit, file) in [(super::keep::UNIT, UNIT_FILE), (FORWARD_UNIT, forward::UNIT_FILE)] {
        let is_there = host.files.file(file).known().is_some();
        let load = if is_there { "loaded" } else { "not-found" };
        load.clone_into(&mut units.get_mut(unit).unwrap().load);
    }
    let runs =
        host.units.unit(FORWARD_UNIT).known().is_some_and(crate::observed::UnitState::is_active);
    for (filter, rules) in &mut host.routing.filters {
        let (_, _, parent) = filter.place();
        let Fact::Known(rules) = rules else { continue };
        rules.retain(|rule| !rule.contains(forward::CHAIN));
        let ours = forward::rules(*filter, between);
        if runs && !ours.is_empty() {
            rules.insert(1, format!("-A {parent} -j {}", forward::CHAIN));
            rules.extend(ours);
        }
    }
}

pub(super) fn put_back(host: &mut Observed) {
    let record = host.routing.record.known().cloned().unwrap_or_default();
    let steps = release(&record, host, Releases::Everything);
    host.record = Fact::Known(record.clone());
    carry_out(host, &steps);
    assert_eq!(unreleased(&record, host, Releases::Everything), Vec::<String>::new());
    host.record = Fact::default();
    host.routing.record = Fact::Absent;
    serve(host, &[]);
}

#[test]
fn a_host_gets_its_routes_and_is_as_before_when_they_go() {
    let before = host();
    let mut host = host();
    apply(&mut host, &intent());
    assert_eq!(left(&intent(), &host), Vec::new());
    assert_eq!(plan(&intent(), &host), Ok(Vec::new()), "a second plan does nothing");

    let shown = settings(&intent(), &host);
    assert_eq!(shown["route 10.9.0.0/16"], "via 192.168.0.254 dev eth0");
    assert_eq!(shown["sysctl net.ipv4.ip_forward"], "1");
    assert_eq!(shown["forward IPv4"], "accepted before all else");
    assert_eq!(shown["NetworkManager f9e2 route 10.2.0.0/16"], "via 192.168.2.254 dev eth2");
    assert_eq!(shown[FORWARD_UNIT], "active, enabled");

    put_back(&mut host);
    assert_eq!(host.routing, before.routing);
    assert_eq!(host.kernel.sysctls, before.kernel.sysctls);
    assert!(host.files.by_path.values().all(Fact::is_absent), "{:?}", host.files.by_path);
    let dropins = "/etc/systemd/network/10-netplan-eth1.network.d";
    assert!(host.directories.directory(dropins).is_absent(), "{:?}", host.directories);
}

#[test]
fn each_route_is_kept_by_what_keeps_its_interface() {
    let mut host = host();
    apply(&mut host, &intent());
    let content = |path: &str| host.files.file(path).known().unwrap().content.clone();
    let dropin = dropin("/run/systemd/network/10-netplan-eth1.network");
    assert_eq!(
        dropin,
        "/etc/systemd/network/10-netplan-eth1.network.d/60-kubeadm-endpoint-route.conf"
    );
    assert!(
        content(&dropin).ends_with("\n[Route]\nDestination=10.1.0.0/16\nGateway=192.168.1.254\n")
    );
    assert!(content(HOOK).contains("case $IFACE in\neth3) ip -4 route replace 10.3.0.0/16 via 192.168.3.254 dev eth3 metric 0 table 254 proto static ;;\nesac\n"));
    let unit = content(UNIT_FILE);
    assert!(
        unit.contains(
            "ExecStart=/bin/sh -c 'ip -4 route replace 10.9.0.0/16 via 192.168.0.254 dev eth0 "
        ),
        "{unit}"
    );
    assert!(!unit.contains("10.1.0.0"), "{unit}");
    assert!(host.routing.profile_has("f9e2", &route("10.2.0.0/16", "192.168.2.254", "eth2")));
    assert!(content(SYSCTL_FILE).contains("-net.ipv4.conf.virbr9.rp_filter = 0\n"));
}

/// What somebody does to a host, and what it is called.
type Spoil = (&'static str, fn(&mut Observed));

#[test]
fn whatever_is_changed_by_hand_is_put_right() {
    let mut whole = host();
    apply(&mut whole, &intent());
    let spoils: [Spoil; 6] = [
        ("a route that is gone", |host| host.routing.routes = Fact::Known(Vec::new())),
        ("a route that leads elsewhere", |host| {
            host.routing.routes = Fact::Known(vec![route("10.1.0.0/16", "192.168.1.7", "eth1")]);
        }),
        ("a file", |host| drop(host.files.by_path.insert(HOOK.to_owned(), Fact::Absent))),
        ("a kernel setting", |host| {
            host.kernel.sysctls.insert(SysctlKey::new(FORWARDING), Fact::Known("0".to_owned()));
        }),
        ("another first rule", |host| {
            let [(_, rules), ..] = &mut host.routing.filters;
            let Fact::Known(rules) = rules else { return };
            rules.insert(1, "-A FORWARD -j REJECT".to_owned());
        }),
        ("a profile without the route", |host| {
            let Fact::Known(managers) = &mut host.routing.managers else { return };
            managers.retain(|(name, _)| name != "eth2");
            let profile =
                Manager::NetworkManager { profile: "f9e2".to_owned(), routes: Vec::new() };
            managers.push(("eth2".to_owned(), profile));
        }),
    ];
    for (what, spoil) in spoils {
        let mut host = whole.clone();
        spoil(&mut host);
        assert_ne!(settings(&intent(), &host), settings(&intent(), &whole), "{what} should show");
        apply(&mut host, &intent());
        assert_eq!(settings(&intent(), &host), settings(&intent(), &whole), "{what}");
    }
}

#[test]
fn what_is_no_longer_wanted_goes_and_the_rest_stays() {
    let before = host();
    let mut host = host();
    apply(&mut host, &intent());
    let mut fewer = intent();
    fewer.static_routes.truncate(1);
    fewer.between = Vec::new();
    let steps = plan(&fewer, &host).unwrap();
    assert_eq!(steps.first().unwrap().area, Area::Retired);
    apply(&mut host, &fewer);
    assert_eq!(left(&fewer, &host), Vec::new());
    assert_eq!(plan(&fewer, &host), Ok(Vec::new()));
    assert_eq!(host.routing.managers, before.routing.managers);
    assert_eq!(host.routing.filters, before.routing.filters);
    assert_eq!(host.kernel.sysctl(&SysctlKey::new(FORWARDING)), Fact::Known("0".to_owned()));
    put_back(&mut host);
    assert_eq!(
        host.routing.routes, before.routing.routes,
        "the route that was there before is back"
    );
}

#[test]
fn a_route_that_leads_nowhere_is_refused_before_anything_is_changed() {
    let refused = |change: fn(&mut StaticRoute, &mut Observed)| {
        let (mut host, mut intent) = (host(), intent());
        change(&mut intent.static_routes[1], &mut host);
        let found = plan(&intent, &host).unwrap_err();
        assert_eq!(found.len(), 1, "{found:?}");
        format!("{} {}", found[0].path.join("."), found[0])
    };
    assert_eq!(
        refused(|route, _| route.via = Some("172.16.0.1".parse().unwrap())),
        "static_routes.1.via PF-GATEWAY: the next hop 172.16.0.1 is no neighbour of the host"
    );
    assert_eq!(
        refused(|route, _| route.device = Some("eth9".to_owned())),
        "static_routes.1.device PF-ROUTE-DEVICE: the host has no interface eth9"
    );
    assert_eq!(
        refused(|route, _| route.source = Some("192.168.7.7".parse().unwrap())),
        "static_routes.1.source PF-ROUTE-SOURCE: the host has no address 192.168.7.7"
    );
    assert_eq!(
        refused(|_, host| {
            let Fact::Known(managers) = &mut host.routing.managers else { return };
            let same = managers[0].1.clone();
            managers.push(("eth4".to_owned(), same));
        })
        .split(": ")
        .next(),
        Some("static_routes.1 PF-ROUTE-SHARED")
    );
    assert_eq!(
        refused(|_, host| host.routing.filters[0].1 =
            Fact::Unreadable("the command is not installed".to_owned())),
        "forward PF-FORWARD: iptables does not answer on the host"
    );
}

#[test]
fn a_filter_that_is_not_in_force_is_told() {
    let (mut host, mut intent) = (host(), intent());
    intent.rp_filter.insert("eth0".to_owned(), RpFilter::Off);
    host.kernel.sysctls.insert(rp_filter_key("all"), Fact::Known("1".to_owned()));
    let told: Vec<String> = remarks(&intent, &host).iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "PW-RPFILTER: rp_filter of eth0 is strict all the same",
            "PW-RPFILTER: the host has no interface virbr9 yet",
        ]
    );
    intent.rp_filter.insert("all".to_owned(), RpFilter::Off);
    assert_eq!(remarks(&intent, &host).len(), 2, "as it was found, until it is set");
}

#[test]
fn a_setting_that_was_as_wanted_before_stays_so_afterwards() {
    let mut host = host();
    let set = |host: &mut Observed, value: &str| {
        host.kernel.sysctls.insert(SysctlKey::new(FORWARDING), Fact::Known(value.to_owned()));
    };
    set(&mut host, "1");
    apply(&mut host, &intent());
    set(&mut host, "0");
    apply(&mut host, &intent());
    put_back(&mut host);
    assert_eq!(host.kernel.sysctl(&SysctlKey::new(FORWARDING)), Fact::Known("1".to_owned()));
}

#[test]
fn what_an_apply_would_make_otherwise_is_not_promised() {
    let mut host = host();
    assert!(is_moved(&intent(), &host), "nothing is recorded");
    apply(&mut host, &intent());
    assert!(!is_moved(&intent(), &host));
    let spoiled = |change: fn(&mut Observed)| {
        let mut host = host.clone();
        change(&mut host);
        is_moved(&intent(), &host)
    };
    assert!(spoiled(|host| host.routing.record = Fact::Absent));
    assert!(spoiled(|host| {
        let Fact::Known(addresses) = &mut host.network.addresses else { return };
        addresses[0].interface = "br0".to_owned();
    }));
    assert!(spoiled(|host| host.routing.managers = Fact::Known(Vec::new())));
    assert!(spoiled(|host| {
        let Fact::Known(record) = &mut host.routing.record else { return };
        for entry in &mut record.entries {
            if let Change::File { after, .. } = &mut entry.change {
                *after = Some("of an older provider".to_owned());
            }
        }
    }));
    assert!(!spoiled(|host| host.routing.routes = Fact::Known(Vec::new())), "that is drift");
}

#[test]
fn a_route_that_leads_nowhere_any_more_is_no_goal_that_was_reached() {
    let mut host = host();
    apply(&mut host, &intent());
    host.network.addresses = Fact::Known(Vec::new());
    host.routing.routes = Fact::Known(Vec::new());
    assert_eq!(left(&intent(), &host).len(), 4);
}

#[test]
fn a_next_hop_by_a_link_route_is_a_neighbour() {
    let mut host = host();
    let Fact::Known(routes) = &mut host.routing.routes else { panic!() };
    routes.push(LiveRoute { gateway: None, ..route("172.31.1.1/32", "172.31.1.1", "eth0") });
    let mut intent = intent();
    intent.static_routes = vec![wanted("10.7.0.0/16", "172.31.1.1")];
    apply(&mut host, &intent);
    assert_eq!(settings(&intent, &host)["route 10.7.0.0/16"], "via 172.31.1.1 dev eth0");
}

#[test]
fn what_iptables_cannot_overrule_is_told() {
    let mut host = host();
    host.routing.tables = Fact::Known(vec!["firewalld".to_owned()]);
    let told: Vec<&str> = remarks(&intent(), &host).iter().map(|finding| finding.code).collect();
    assert!(told.contains(&"PW-FIREWALL"), "{told:?}");
    host.routing.tables = Fact::Known(vec!["libvirt_network".to_owned()]);
    assert_eq!(plan(&intent(), &host).unwrap_err()[0].code, "PF-FORWARD");
}

#[test]
fn a_record_of_routes_is_read_again() {
    let mut host = host();
    apply(&mut host, &intent());
    let record = host.routing.record.known().unwrap();
    assert_eq!(Record::parse(&record.render()).unwrap(), *record);
}
