//! Each check on a host that has its fault, and on one that has none.

use super::*;
use crate::membership::Role;
use crate::node::tests::{fresh, node};
use crate::node::{ContainerRuntime, SwapPolicy};
use crate::observed::{
    Cgroups, Fact, InterfaceAddress, KubernetesFiles, Listener, ManagedFile, Route, UnitState,
};
use std::collections::BTreeMap;

#[track_caller]
fn found(findings: &[Finding], expected: &[(&str, Severity)]) {
    let codes: Vec<_> = findings.iter().map(|finding| (finding.code, finding.severity)).collect();
    assert_eq!(codes, expected);
}

#[track_caller]
fn check(change: impl FnOnce(&mut NodeIntent, &mut Observed), expected: &[(&str, Severity)]) {
    let (mut intent, mut host) = (node(), fresh());
    change(&mut intent, &mut host);
    found(&preflight(&intent, &host), expected);
}

fn default_route(interface: &str) -> Route {
    Route { destination: None, interface: interface.to_owned(), gateway: None }
}

fn address(interface: &str, address: &str) -> InterfaceAddress {
    let address = address.parse().unwrap();
    InterfaceAddress { interface: interface.to_owned(), address, dynamic: true }
}

#[test]
fn a_fresh_host_has_no_fault() {
    check(|_, _| {}, &[]);
}

#[test]
fn swap_is_mended_or_warned_of() {
    let on = |host: &mut Observed| host.swap.active = Fact::Known(vec!["/swap".to_owned()]);
    check(|_, host| on(host), &[("PF-SWAP", Severity::Info)]);
    check(
        |intent, host| {
            on(host);
            intent.swap = SwapPolicy::Ignore;
        },
        &[("PF-SWAP", Severity::Warning)],
    );
}

#[test]
fn cgroups_need_memory() {
    let cgroups = |version, names: &[&str]| {
        let controllers = names.iter().map(|name| (*name).to_owned()).collect();
        Fact::Known(Cgroups { version, controllers })
    };
    check(
        |_, host| host.system.cgroups = cgroups(1, &["memory"]),
        &[("PF-CGROUP", Severity::Warning)],
    );
    check(|_, host| host.system.cgroups = cgroups(2, &["cpu"]), &[("PF-CGROUP", Severity::Error)]);
}

#[test]
fn small_disks_and_odd_names() {
    check(
        |intent, host| {
            host.system.disk_free = BTreeMap::from([("/var/lib".to_owned(), 1 << 30)]);
            host.system.hostname = Fact::Known("w1.novalocal".to_owned());
            intent.preflight_ignore.insert("PF-DISK".to_owned());
        },
        &[("PF-DISK", Severity::Warning), ("PW-NOVALOCAL", Severity::Warning)],
    );
    check(
        |_, host| host.system.hostname = Fact::Known("localhost".to_owned()),
        &[("PF-HOSTNAME", Severity::Warning)],
    );
}

#[test]
fn the_runtime_s_faults() {
    check(
        |_, host| {
            let file = ManagedFile::public("version = 2\ndisabled_plugins = [\"cri\"]\n");
            let path = crate::node::CONFIGURATION_FILE.to_owned();
            host.files.by_path.insert(path, Fact::Known(file));
        },
        &[("PF-CRI-DISABLED", Severity::Info)],
    );
    let settings = "[plugins.\"io.containerd.grpc.v1.cri\".containerd.runtimes.runc.options]\nSystemdCgroup = false\n";
    check(
        |intent, _| {
            let settings = Some(settings.to_owned());
            intent.container_runtime = ContainerRuntime { settings, ..ContainerRuntime::default() };
        },
        &[("PF-SYSTEMD-CGROUP", Severity::Error)],
    );
    let cni = |names: &[&str]| Fact::Known(names.iter().map(|name| (*name).to_owned()).collect());
    check(
        |_, host| host.kubernetes.cni_configurations = cni(&["05-bridge.conf", "00-notes.txt"]),
        &[("PF-FOREIGN-CNI", Severity::Error)],
    );
    check(|_, host| host.kubernetes.cni_configurations = cni(&["87-podman.conflist"]), &[]);
}

#[test]
fn networks_that_would_confuse() {
    let two = [default_route("eth0"), default_route("eth1"), default_route("eth0")];
    check(
        |_, host| host.network.routes = Fact::Known(two.to_vec()),
        &[("PF-MULTI-DEFAULT", Severity::Error)],
    );
    check(
        |intent, host| {
            host.network.addresses = Fact::Known(vec![address("eth0", "10.0.0.5/24")]);
            intent.node.node_ip = Some("10.9.9.9".parse().unwrap());
        },
        &[("PF-NODE-IP", Severity::Error)],
    );
    check(
        |_, host| {
            if let Fact::Known(units) = &mut host.units.0 {
                let unit = UnitState { active: "active".to_owned(), ..UnitState::default() };
                units.insert("ufw.service".to_owned(), unit);
            }
        },
        &[("PW-FIREWALL", Severity::Warning)],
    );
    check(
        |_, host| host.network.drops_forwarded = Fact::Known(true),
        &[("PW-FORWARD-DROP", Severity::Warning)],
    );
    check(
        |_, host| {
            host.network.rule_dumps = Fact::Known(vec!["/etc/iptables/rules.v4".to_owned()]);
        },
        &[("PW-IPTABLES-DUMP", Severity::Warning)],
    );
}

fn requirements(role: Role) -> MemberRequirements {
    MemberRequirements {
        role,
        networks: vec![("pod", "10.244.0.0/16".parse().unwrap())],
        kubelet: serde_json::Map::new(),
        advertise_address: Some("10.0.0.5".parse().unwrap()),
        pause_image: Some("registry.k8s.io/pause:3.10.1".to_owned()),
        ignored: BTreeSet::new(),
    }
}

/// A host that is too small, has swap on and its ports taken, and lives in the pods' range.
fn unfit() -> Observed {
    let mut host = fresh();
    host.swap.active = Fact::Known(vec!["/swap".to_owned()]);
    host.system.cpus = Fact::Known(1);
    host.system.memory_mib = Fact::Known(1024);
    let addresses = vec![
        address("eth0", "10.0.0.5/24"),
        address("eth1", "10.244.3.1/24"),
        address("cni0", "10.244.0.1/24"),
    ];
    host.network.addresses = Fact::Known(addresses);
    let listener = |program: &str, port| Listener {
        protocol: "tcp".to_owned(),
        address: "*".to_owned(),
        port,
        program: Some(program.to_owned()),
    };
    host.network.listeners = Fact::Known(vec![listener("nginx", 6443), listener("kubelet", 10250)]);
    host.files.by_path.insert("/etc/resolv.conf".to_owned(), Fact::Absent);
    host
}

#[test]
fn a_member_must_be_fit() {
    found(
        &member_preflight(&requirements(Role::ControlPlane), &unfit()),
        &[
            ("PF-SWAP", Severity::Error),
            ("PF-CIDR-HOST-OVERLAP", Severity::Error),
            ("PF-RESOLVCONF", Severity::Error),
            ("PW-DHCP-ADVERTISE", Severity::Warning),
            ("PF-CPU", Severity::Error),
            ("PF-MEM", Severity::Error),
            ("PF-PORT", Severity::Error),
        ],
    );
}

#[test]
fn what_may_hurt_later_is_told() {
    let remarks = |sandbox: &str, address_of_eth1: &str| {
        let mut host = fresh();
        let addresses = vec![address("eth0", "10.0.0.9/24"), address("eth1", address_of_eth1)];
        host.network.addresses = Fact::Known(addresses);
        let text = format!(
            "version = 2\n[plugins.\"io.containerd.grpc.v1.cri\"]\nsandbox_image = \"{sandbox}\"\n"
        );
        let file = Fact::Known(ManagedFile::public(text));
        host.files.by_path.insert("/etc/containerd/config.toml".to_owned(), file);
        let servers = Fact::Known(ManagedFile::public("nameserver 10.0.0.1\n"));
        host.files.by_path.insert("/etc/resolv.conf".to_owned(), servers);
        member_preflight(&requirements(Role::Worker), &host)
    };
    found(&remarks("registry.k8s.io/pause:3.10.1", "192.168.0.1/24"), &[]);
    found(
        &remarks("registry.k8s.io/pause:3.6", "8.8.4.4/24"),
        &[("PW-PUBLIC-API", Severity::Warning), ("PW-PAUSE", Severity::Warning)],
    );
}

#[test]
fn kubeadm_s_own_names_are_ignored_too() {
    let mut requirements = requirements(Role::ControlPlane);
    let names = ["NumCPU", "Mem", "Port-6443", "Swap", "PF-RESOLVCONF", "PF-CIDR-HOST-OVERLAP"];
    requirements.ignored = names.into_iter().map(str::to_owned).collect();
    let findings = member_preflight(&requirements, &unfit());
    assert!(findings.iter().all(|finding| !finding.is_error()), "{findings:?}");
}

#[test]
fn a_member_already_keeps_its_ports() {
    let mut host = unfit();
    let files = BTreeMap::from([(
        KubernetesFiles::KUBELET_KUBECONFIG.to_owned(),
        crate::observed::FileDigest::default(),
    )]);
    host.kubernetes.files = Fact::Known(files);
    let findings = member_preflight(&requirements(Role::Worker), &host);
    assert!(findings.iter().all(|finding| finding.code != "PF-PORT"), "{findings:?}");
}

#[test]
fn name_servers_that_pods_cannot_use_are_warned_of_without_resolved() {
    for text in ["# x\nnameserver 127.0.0.53\n", "# generated by tailscale\nsearch lab.test\n"] {
        let mut host = fresh();
        let file = ManagedFile::public(text);
        host.files.by_path.insert("/etc/resolv.conf".to_owned(), Fact::Known(file));
        let findings = member_preflight(&requirements(Role::Worker), &host);
        found(&findings, &[("PF-RESOLVCONF", Severity::Warning)]);
    }
}
