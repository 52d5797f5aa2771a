//! Files as they are rendered, and plans that come to rest.

use super::*;
use crate::intent::samples::full_cluster;
use crate::intent::{ClusterIntent, EndpointKind, HealthGate, Keepalived, KubeVip, NodeReference};
use crate::membership::Serving;
use crate::node::{Action, Change, Record, Scope, check_plan};
use crate::observed::{Fact, InterfaceAddress, ManagedFile, Observed, Package, UnitState};

pub(super) fn node(name: &str, address: &str) -> NodeReference {
    NodeReference {
        name: name.to_owned(),
        address: address.to_owned(),
        port: 22,
        node_ip: None,
        ssh_profile: None,
        host_key: None,
        machine_id: None,
    }
}

pub(super) fn cluster() -> ClusterIntent {
    let mut cluster = full_cluster();
    cluster.endpoint.port = Keepalived::DEFAULT_PORT;
    cluster.endpoint.kind = EndpointKind::Keepalived(Keepalived {
        address: "10.0.0.100".parse().unwrap(),
        interface: None,
        router_id: 51,
        health_gate: HealthGate::On,
    });
    // Not in the order of their names.
    cluster.control_plane_nodes = vec![node("cp2", "10.0.0.12"), node("cp1", "10.0.0.11")];
    cluster
}

/// A host of which everything is seen, and nothing is there.
pub(super) fn host(addresses: &[(&str, &str)]) -> Observed {
    let mut observed = Observed { record: Fact::Absent, ..Observed::default() };
    let address = |(interface, address): &(&str, &str)| InterfaceAddress {
        interface: (*interface).to_owned(),
        address: address.parse().unwrap(),
        dynamic: false,
    };
    observed.network.addresses = Fact::Known(addresses.iter().map(address).collect());
    observed.packages.0 = Fact::Known([].into());
    observed.directories.0 = Fact::Known([].into());
    let absent = |unit: &&str| {
        let state = UnitState { load: "not-found".to_owned(), ..UnitState::default() };
        ((*unit).to_owned(), state)
    };
    observed.units.0 = Fact::Known(UNITS.iter().map(absent).collect());
    observed.files.by_path =
        watched_files().into_iter().map(|path| (path.to_owned(), Fact::Absent)).collect();
    observed
}

fn own() -> Observed {
    host(&[("lo", "127.0.0.1/8"), ("eth0", "10.0.0.11/24")])
}

fn wanted(observed: &Observed) -> Attachment {
    attachment(&cluster(), &node("cp1", "10.0.0.11"), observed, Serving::Cluster).unwrap().unwrap()
}

/// What the steps make of a host, if everything does what it promises.
pub(super) fn made(mut host: Observed, steps: &[crate::node::Step]) -> Observed {
    let mut record = host.record.known().cloned().unwrap_or_default();
    for change in steps.iter().flat_map(|step| &step.changes) {
        record.add(Scope::Endpoint, change.clone());
    }
    for action in steps.iter().flat_map(|step| &step.actions) {
        match action {
            Action::InstallPackages(requests) => {
                let Fact::Known(packages) = &mut host.packages.0 else { panic!("they are seen") };
                let package = Package { version: "1".to_owned(), held: false };
                packages.extend(requests.iter().map(|it| (it.name.clone(), package.clone())));
                let default = ManagedFile::public("# as the package brings it\n");
                host.files.by_path.insert(haproxy::FILE.to_owned(), Fact::Known(default));
            }
            Action::WriteFile { path, file } | Action::WriteChecked { path, file, .. } => {
                host.files.by_path.insert(path.clone(), Fact::Known(file.clone()));
            }
            Action::ReloadOrStart(unit) => {
                let Fact::Known(units) = &mut host.units.0 else { panic!("they are seen") };
                let state = UnitState {
                    load: "loaded".to_owned(),
                    active: "active".to_owned(),
                    file: "enabled".to_owned(),
                    ..UnitState::default()
                };
                units.insert(unit.clone(), state);
            }
            Action::PutInForce { path, sha256 } => {
                let (path, after) = (path.clone(), Some(sha256.clone()));
                record.add(
                    Scope::Endpoint,
                    Change::File { path, before: None, after, made_from: None },
                );
            }
            _ => {}
        }
    }
    host.record = Fact::Known(record);
    host
}

#[test]
fn all_hosts_have_the_same_servers() {
    let attachment = wanted(&own());
    let [balancer, keepalived] = attachment.services.as_slice() else { panic!("two services") };
    let text = &balancer.configuration.file.content;
    assert!(text.contains("    bind *:8443\n"), "{text}");
    let servers = "    server cp1 10.0.0.11:6443\n    server cp2 10.0.0.12:6443\n";
    assert!(text.ends_with(servers), "{text}");
    let text = &keepalived.configuration.file.content;
    let begin = text.find("vrrp_instance").unwrap();
    assert_eq!(
        &text[begin..],
        "vrrp_instance kubernetes {\n    state BACKUP\n    interface eth0\n    virtual_router_id 51\n    \
         priority 150\n    advert_int 0.5\n    virtual_ipaddress {\n        10.0.0.100/32 dev eth0\n    }\n    \
         track_script {\n        haproxy\n        endpoint\n        api_server\n    }\n}\n"
    );
    assert!(text.contains("-check ready https://127.0.0.1:6443\""), "{text}");
    assert!(text.contains("    vrrp_garp_master_delay 1\n"), "clients would wait for 5 s: {text}");
}

#[test]
fn without_the_gate_only_the_load_balancer_counts() {
    let mut cluster = cluster();
    if let EndpointKind::Keepalived(kind) = &mut cluster.endpoint.kind {
        kind.health_gate = HealthGate::Off;
    }
    let attachment =
        attachment(&cluster, &node("cp1", "10.0.0.11"), &own(), Serving::Cluster).unwrap().unwrap();
    let text = &attachment.services[1].configuration.file.content;
    assert!(text.contains("track_script {\n        haproxy\n        endpoint\n    }"), "{text}");
    assert!(!text.contains("api_server"), "{text}");
}

#[test]
fn a_host_needs_an_address_of_its_own_and_the_interface() {
    let code = |cluster: &ClusterIntent, node: &NodeReference| {
        attachment(cluster, node, &own(), Serving::Cluster).unwrap_err().code
    };
    assert_eq!(code(&cluster(), &node("cp1", "203.0.113.5")), "PF-ENDPOINT-PLACE");
    let mut on_another = cluster();
    if let EndpointKind::Keepalived(kind) = &mut on_another.endpoint.kind {
        kind.interface = Some("eth7".to_owned());
    }
    assert_eq!(code(&on_another, &node("cp1", "10.0.0.11")), "PF-ENDPOINT-PLACE");
    let blind = Observed::default();
    assert!(attachment(&cluster(), &node("cp1", "10.0.0.11"), &blind, Serving::Cluster).is_err());
}

#[test]
fn a_plan_converges_and_what_drifts_is_put_back() {
    let host = own();
    let wanted = wanted(&host);
    let steps = plan(&wanted, &host).unwrap();
    assert_eq!(check_plan(&steps, &Record::default()), Vec::<String>::new());
    let mut host = made(host, &steps);
    assert_eq!(plan(&wanted, &host).unwrap(), []);
    assert_eq!(left(&wanted, &host), []);
    let kind = cluster().endpoint.kind;
    let before = found(&kind, &host).unwrap();
    assert_eq!(before.files.len(), 4);
    assert!(before.services.values().all(|state| state == "running"), "{before:?}");

    let external = found(&EndpointKind::External, &host).unwrap();
    assert_eq!(external, before, "what another kind left is shown");
    assert_eq!(found(&EndpointKind::External, &own()), None);

    let edited = ManagedFile::public("by hand");
    host.files.by_path.insert(haproxy::FILE.to_owned(), Fact::Known(edited));
    if let Fact::Known(units) = &mut host.units.0 {
        "inactive".clone_into(&mut units.get_mut(keepalived::UNIT).unwrap().active);
    }
    let after = found(&kind, &host).unwrap();
    assert_ne!(after.files, before.files);
    let changes: Vec<Change> = plan(&wanted, &host).unwrap().remove(0).changes;
    let is_unit = |change: &Change| matches!(change, Change::Unit { .. });
    assert!(!changes.iter().any(is_unit), "it goes with its package: {changes:?}");
    assert_eq!(after.services[keepalived::UNIT], "stopped");
    let steps = plan(&wanted, &host).unwrap();
    let host = made(host, &steps);
    assert_eq!(found(&kind, &host).unwrap(), before);
}

/// The run was killed after the files were written and before the services read them.
#[test]
fn what_no_service_has_read_is_no_peace() {
    let host = own();
    let wanted = wanted(&host);
    let mut host = made(host.clone(), &plan(&wanted, &host).unwrap());
    if let Fact::Known(record) = &mut host.record {
        for entry in &mut record.entries {
            if let Change::File { path, after, .. } = &mut entry.change
                && path == keepalived::FILE
            {
                *after = None;
            }
        }
    }
    let steps = plan(&wanted, &host).unwrap();
    let actions: Vec<&Action> = steps.iter().flat_map(|step| &step.actions).collect();
    assert!(actions.contains(&&Action::ReloadOrStart(keepalived::UNIT.to_owned())), "{actions:?}");
    assert!(!found(&cluster().endpoint.kind, &host).unwrap().files.contains_key(keepalived::FILE));
    assert_eq!(plan(&wanted, &made(host, &steps)).unwrap(), []);
}

#[test]
fn somebody_elses_configuration_is_not_overwritten() {
    let mut host = own();
    let theirs = ManagedFile::public("frontend theirs");
    host.files.by_path.insert(haproxy::FILE.to_owned(), Fact::Known(theirs));
    for refused in [plan(&wanted(&host), &host).err(), install(&wanted(&host), &host).err()] {
        assert_eq!(refused.unwrap().code, "PF-ENDPOINT-FOREIGN");
    }
    // A record that was lost makes nobody else of us.
    let ours = ManagedFile::public(format!("{}frontend ours", crate::node::HEADER));
    host.files.by_path.insert(haproxy::FILE.to_owned(), Fact::Known(ours));
    assert!(plan(&wanted(&host), &host).is_ok());
}

#[test]
fn what_a_package_of_ours_brought_is_not_put_back() {
    let host = own();
    let wanted = wanted(&host);
    let installed = made(host.clone(), &Vec::from_iter(install(&wanted, &host).unwrap()));
    assert!(!is_retired(Some(&wanted), installed.record.known().unwrap()), "it is to be used");
    assert!(!was_attached(installed.record.known().unwrap()), "packages serve nobody");
    let host = made(installed.clone(), &plan(&wanted, &installed).unwrap());
    let record = host.record.known().unwrap();
    let change = record.change(&format!("file:{}", haproxy::FILE)).unwrap();
    assert!(matches!(change, Change::File { before: None, .. }), "{change:?}");
    assert!(!is_retired(Some(&wanted), record));
    assert!(is_retired(None, record) && was_attached(record));
    assert!(!is_retired(None, &Record::default()));
}

/// kube-vip goes by credentials that may do something: before and after `kubeadm init` they are others.
#[test]
fn a_static_pod_is_all_that_kube_vip_needs() {
    let mut cluster = cluster();
    cluster.endpoint.port = 6443;
    cluster.endpoint.kind = EndpointKind::KubeVip(KubeVip {
        address: "10.0.0.100".parse().unwrap(),
        interface: None,
        image: None,
    });
    let of = |serving| attachment(&cluster, &node("cp1", "10.0.0.11"), &own(), serving);
    let before = of(Serving::BeforeCluster).unwrap().unwrap();
    let text = before.static_pods[kube_vip::FILE].content.clone();
    let pod: serde_json::Value = crate::yaml::read(&text).unwrap();
    assert_eq!(pod["spec"]["containers"][0]["image"], KubeVip::DEFAULT_IMAGE);
    assert_eq!(pod["spec"]["volumes"][0]["hostPath"]["path"], "/etc/kubernetes/super-admin.conf");
    assert!(text.contains("{name: vip_interface, value: \"eth0\"}"), "{text}");
    let host = made(own(), &plan(&before, &own()).unwrap());
    let after = of(Serving::Cluster).unwrap().unwrap();
    let steps = plan(&after, &host).unwrap();
    assert_eq!(check_plan(&steps, host.record.known().unwrap()), Vec::<String>::new());
    let host = made(host, &steps);
    assert_eq!(plan(&after, &host).unwrap(), []);
    let found = found(&cluster.endpoint.kind, &host).unwrap();
    assert!(found.files.keys().eq([kube_vip::FILE]), "{found:?}");
    assert!(is_retired(Some(&wanted(&host)), host.record.known().unwrap()), "another kind's");
}
