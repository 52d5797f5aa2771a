//! A route in a tailnet: what the host has of it, and who lets it.

use super::tests::{cluster, host, made, node};
use super::*;
use crate::intent::{ClusterIntent, EndpointKind, HealthGate, Tailscale};
use crate::membership::Serving;
use crate::node::{Action, Change, Record, Releases, Scope, check_plan, release};
use crate::observed::{Fact, Observed, Tailnet};
use std::net::IpAddr;

fn address() -> IpAddr {
    "10.200.0.1".parse().unwrap()
}

fn tailnet() -> Tailnet {
    Tailnet {
        state: "Running".to_owned(),
        id: "7".to_owned(),
        control_url: "https://headscale.example".to_owned(),
        addresses: vec!["100.64.0.1".parse().unwrap()],
        accepts_routes: true,
        ..Tailnet::default()
    }
}

fn in_tailnet() -> ClusterIntent {
    let mut cluster = cluster();
    let health_gate = HealthGate::On;
    cluster.endpoint.port = 6443;
    cluster.endpoint.kind = EndpointKind::Tailscale(Tailscale { address: address(), health_gate });
    cluster
}

fn enrolled() -> Observed {
    let mut host = host(&[("lo", "127.0.0.1/8"), ("eth0", "10.0.0.11/24")]);
    host.tailnet = Fact::Known(tailnet());
    host
}

fn wanted(cluster: &ClusterIntent, serving: Serving) -> Attachment {
    attachment(cluster, &node("cp1", "10.0.0.11"), &enrolled(), serving).unwrap().unwrap()
}

/// What the service makes of a host.
fn served(mut host: Observed) -> Observed {
    let Fact::Known(addresses) = &mut host.network.addresses else { panic!("they are seen") };
    let own = crate::observed::InterfaceAddress {
        interface: "lo".to_owned(),
        address: "10.200.0.1/32".parse().unwrap(),
        dynamic: false,
    };
    addresses.push(own);
    let Fact::Known(tailnet) = &mut host.tailnet else { panic!("it is seen") };
    tailnet.accepts_routes = false;
    tailnet.advertised.push(route(address()));
    host
}

#[test]
fn a_host_comes_to_serve_and_goes_back() {
    let cluster = in_tailnet();
    let wanted = wanted(&cluster, Serving::Cluster);
    let steps = plan(&wanted, &enrolled()).unwrap();
    assert_eq!(check_plan(&steps, &Record::default()), Vec::<String>::new());
    let host = made(enrolled(), &steps);
    let lacks: Vec<String> = left(&wanted, &host).iter().map(ToString::to_string).collect();
    assert_eq!(lacks.len(), 3, "the service has not done its part yet: {lacks:?}");
    let host = served(host);
    assert_eq!(plan(&wanted, &host).unwrap(), []);
    let found = found(&cluster.endpoint.kind, &host).unwrap();
    assert_eq!(found.services[TAILSCALE], "running");
    let record = host.record.known().unwrap();
    let actions: Vec<Action> =
        release(record, &host, Releases::Endpoint).into_iter().flat_map(|it| it.actions).collect();
    let at = |wanted: &dyn Fn(&Action) -> bool| actions.iter().position(wanted).unwrap();
    let stop = at(&|it| matches!(it, Action::StopUnit(unit) if unit == TAILSCALE));
    let withdraw = at(&|it| matches!(it, Action::WithdrawRoute(one) if *one == route(address())));
    assert!(stop < withdraw, "else it would be advertised again: {actions:?}");
    let remove = at(&|it| matches!(it, Action::RemoveFile(path) if *path == tailscale::FILE));
    assert!(stop < remove, "it leaves the route by its script: {actions:?}");
}

/// What the service would put back by itself, it puts back at once.
#[test]
fn a_route_that_is_not_advertised_lets_the_service_look() {
    let wanted = wanted(&in_tailnet(), Serving::Cluster);
    let mut host = served(made(enrolled(), &plan(&wanted, &enrolled()).unwrap()));
    if let Fact::Known(tailnet) = &mut host.tailnet {
        tailnet.advertised.clear();
    }
    let steps = plan(&wanted, &host).unwrap();
    let actions: Vec<&Action> = steps.iter().flat_map(|step| &step.actions).collect();
    assert_eq!(actions, [&Action::ReloadOrStart(TAILSCALE.to_owned())]);
}

#[test]
fn an_address_of_the_hosts_own_network_is_refused() {
    let mut host = enrolled();
    let address = "10.0.0.9".parse().unwrap();
    let mut cluster = in_tailnet();
    let health_gate = HealthGate::On;
    cluster.endpoint.kind = EndpointKind::Tailscale(Tailscale { address, health_gate });
    let code = |host: &Observed| {
        let attached = attachment(&cluster, &node("cp1", "10.0.0.11"), host, Serving::Cluster);
        attached.map(|_| ()).map_err(|finding| finding.code)
    };
    assert_eq!(code(&host), Err("PF-ENDPOINT-PLACE"));
    host.network.addresses = Fact::Known(Vec::new());
    assert_eq!(code(&host), Ok(()));
}

/// Both kinds ask by curl, and none of the files is another's.
#[test]
fn a_package_that_two_kinds_need_does_not_make_them_one() {
    let mut record = Record::default();
    let package = Change::Package { name: "curl".to_owned() };
    let path = super::kube_vip::FILE.to_owned();
    let file = Change::File { path, before: None, after: None, made_from: None };
    let wanted = wanted(&in_tailnet(), Serving::Cluster);
    record.add(Scope::Endpoint, package);
    assert!(!is_retired(Some(&wanted), &record), "it is to be used");
    record.add(Scope::Endpoint, file);
    assert!(is_retired(Some(&wanted), &record));
}

/// Nobody would take over before there is a cluster, or where there is one member alone.
#[test]
fn a_host_leaves_the_route_to_others_where_there_are_some() {
    let gate = |cluster: &ClusterIntent, serving| {
        let script = wanted(cluster, serving).services[0].configuration.file.content.clone();
        script.lines().any(|line| line == "gate=yes")
    };
    let several = in_tailnet();
    let mut alone = in_tailnet();
    alone.control_plane_nodes.truncate(1);
    let mut off = in_tailnet();
    let health_gate = HealthGate::Off;
    off.endpoint.kind = EndpointKind::Tailscale(Tailscale { address: address(), health_gate });
    assert!(gate(&several, Serving::Cluster));
    assert!(!gate(&several, Serving::BeforeCluster));
    assert!(!gate(&alone, Serving::Cluster) && !gate(&off, Serving::Cluster));
}

#[test]
fn who_is_in_no_tailnet_is_told() {
    let code = |tailnet| {
        let host = Observed { tailnet, ..enrolled() };
        require_tailnet("cp1", &host).map(|_| ()).map_err(|finding| finding.code)
    };
    assert_eq!(code(Fact::Known(tailnet())), Ok(()));
    let logged_out = Tailnet { state: "NeedsLogin".to_owned(), ..tailnet() };
    assert_eq!(code(Fact::Known(logged_out)), Err("PF-TAILSCALE"));
    assert_eq!(code(Fact::Absent), Err("PF-TAILSCALE"));
    assert_eq!(code(Fact::Unreadable("no answer".to_owned())), Err("PF-TAILSCALE"));
}

/// What the client did before is noted once, and put back on the day on which the host leaves.
#[test]
fn a_host_that_joins_goes_by_the_others() {
    let takes_none = Tailnet { accepts_routes: false, ..tailnet() };
    assert_eq!(reach_endpoint(&tailnet(), &enrolled()), None);
    let step = reach_endpoint(&takes_none, &enrolled()).unwrap();
    assert_eq!(step.changes, [Change::AcceptRoutes { before: false }]);
    assert_eq!(step.actions, [Action::AcceptRoutes(true)]);
    let mut host = enrolled();
    let mut record = Record::default();
    record.add(Scope::Membership, Change::AcceptRoutes { before: false });
    host.record = Fact::Known(record.clone());
    assert_eq!(note_preference(&tailnet(), &host), None);
    let actions: Vec<Action> = release(&record, &host, Releases::Membership)
        .into_iter()
        .flat_map(|step| step.actions)
        .collect();
    assert_eq!(actions, [Action::AcceptRoutes(false)]);
}

#[test]
fn who_serves_is_told_by_those_who_were_asked() {
    let at = |last: u8| IpAddr::from([100, 64, 0, last]);
    let (own, both) = ([at(1)], [vec![at(1)], vec![at(2)]]);
    let alone = Servers::seen(&own, &[], &[]);
    assert!(alone == Servers::default() && alone.lead_somewhere(), "nobody knows");
    let nobody = Servers::seen(&own, &[], &[Vec::new()]);
    assert!(nobody.was_asked && !nobody.lead_somewhere());
    let others = Servers::seen(&own, &[vec![at(2)]], &[vec![vec![at(1)]]]);
    assert!(others.itself && others.another && others.lead_somewhere());
    assert_eq!(stranger(&both, &[at(1)]), Some(at(2)));
    assert_eq!(stranger(&both, &[at(1), at(2)]), None);
}

#[test]
fn an_approval_is_as_certain_as_the_control_server_lets_it_be() {
    let of = |control_url: &str, itself, another, was_asked| {
        let tailnet = Tailnet { control_url: control_url.to_owned(), ..tailnet() };
        approval(address(), &tailnet, Servers { itself, another, was_asked })
    };
    let (tailscale, headscale) =
        ("https://controlplane.tailscale.com", "https://headscale.example");
    assert_eq!(of(headscale, true, false, true), Approval::Given);
    assert_eq!(of(headscale, false, true, true), Approval::Hidden);
    assert_eq!(of(headscale, false, false, true), Approval::Missing);
    assert_eq!(of(headscale, false, false, false), Approval::Hidden, "nobody else was asked");
    assert_eq!(of(tailscale, false, false, false), Approval::Missing);
    assert_eq!(
        of(tailscale, false, true, true),
        Approval::Hidden,
        "of hosts that stand by nobody was seen to tell"
    );
    assert_eq!(of("", false, false, false), Approval::Missing, "a client's default");
    let allowed = Tailnet { allowed: vec![route(address())], ..tailnet() };
    assert_eq!(approval(address(), &allowed, Servers::default()), Approval::Given);
}

#[test]
fn who_has_to_approve_a_route_is_told() {
    let told = |asked| not_approved(address(), "cp1", &tailnet(), asked).advice;
    assert!(told(false).contains("--identifier 7 --routes 10.200.0.1/32"), "{}", told(false));
    assert!(!told(true).contains("tailscale_api"), "it was asked");
}
