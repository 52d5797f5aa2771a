//! What a host must be to become a member of a cluster, beyond being prepared.

use super::{exposure, ignoring};
use crate::finding::Finding;
use crate::membership::Role;
use crate::node::containerd::configuration_facts;
use crate::node::runtime::CONFIGURATION_FILE;
use crate::observed::{Fact, KubernetesFiles, Observed};
use ipnet::IpNet;
use std::collections::BTreeSet;
use std::net::IpAddr;

/// What a cluster asks of a host.
#[derive(Clone, Debug)]
pub struct MemberRequirements {
    /// What the host is to become.
    pub role: Role,
    /// The cluster's own ranges, which nothing on the host may meet: pods, services.
    pub networks: Vec<(&'static str, IpNet)>,
    /// The kubelet's configuration as far as it is decided: `failSwapOn`, `failCgroupV1`.
    pub kubelet: serde_json::Map<String, serde_json::Value>,
    /// Address the member announces, where it is given.
    pub advertise_address: Option<IpAddr>,
    /// Image that the cluster's pods are held by, where it is known.
    pub pause_image: Option<String>,
    /// Findings, by our codes or kubeadm's names, that do not refuse.
    pub ignored: BTreeSet<String>,
}

/// kubeadm's names for what we find ourselves.
const ALIASES: [(&str, &str); 3] = [("NumCPU", "PF-CPU"), ("Mem", "PF-MEM"), ("Swap", "PF-SWAP")];

/// Everything to say about a host before it joins. A host that is a member already is not asked
/// for free ports.
#[must_use]
pub fn member_preflight(requirements: &MemberRequirements, observed: &Observed) -> Vec<Finding> {
    let mut findings = kubelet(requirements, observed);
    findings.extend(overlaps(requirements, observed));
    findings.extend(name_servers(observed));
    findings.extend(dynamic_address(requirements, observed));
    findings.extend(exposure::exposed(requirements.role, observed));
    findings.extend(other_sandbox(requirements, observed));
    if requirements.role == Role::ControlPlane {
        findings.extend(resources(observed));
    }
    if observed.kubernetes.has(KubernetesFiles::KUBELET_KUBECONFIG) != Fact::Known(true) {
        findings.extend(ports(requirements.role, observed));
    }
    ignoring(findings, &ignored(requirements))
}

fn ignored(requirements: &MemberRequirements) -> BTreeSet<String> {
    let all = requirements.ignored.contains("all");
    let alias = |(name, code): &(&str, &str)| {
        (all || requirements.ignored.contains(*name)).then(|| (*code).to_owned())
    };
    let ports = requirements.ignored.iter().any(|name| name.starts_with("Port-"));
    let codes =
        ALIASES.iter().filter_map(alias).chain((all || ports).then(|| "PF-PORT".to_owned()));
    requirements.ignored.iter().cloned().chain(codes).collect()
}

fn resources(observed: &Observed) -> Vec<Finding> {
    let cpus = observed.system.cpus.known().filter(|cpus| **cpus < 2).map(|cpus| {
        Finding::error("PF-CPU", format!("the host has {cpus} CPU"))
            .because("A control plane host needs 2; kubeadm refuses less.")
            .advise("give the machine more CPUs, or name NumCPU in ignore_preflight_errors")
    });
    let memory =
        observed.system.memory_mib.known().filter(|memory| **memory < 1700).map(|memory| {
            Finding::error("PF-MEM", format!("the host has {memory} MiB of memory"))
                .because("A control plane host needs 1700 MiB; kubeadm refuses less.")
                .advise("give the machine more memory, or name Mem in ignore_preflight_errors")
        });
    cpus.into_iter().chain(memory).collect()
}

fn kubelet(requirements: &MemberRequirements, observed: &Observed) -> Vec<Finding> {
    let allowed =
        |setting: &str| requirements.kubelet.get(setting) == Some(&serde_json::Value::Bool(false));
    let swap = observed.swap.active.known().is_some_and(|active| !active.is_empty())
        && !allowed("failSwapOn");
    let swap = swap.then(|| {
        Finding::error("PF-SWAP", "swap is on")
            .because("The kubelet would not start; kubeadm itself only warns of it.")
            .advise("set swap of kubeadm_node to \"off\", or failSwapOn to false in kubelet_configuration")
    });
    let version = observed.system.cgroups.known().map(|cgroups| cgroups.version);
    let cgroups = (version == Some(1)
        && requirements.kubelet.get("failCgroupV1") == Some(&serde_json::Value::Bool(true)))
    .then(|| {
        Finding::error("PF-CGROUP", "the host has cgroups of version 1")
            .because("The kubelet's configuration has failCgroupV1, so that it would not start.")
            .advise("boot with systemd.unified_cgroup_hierarchy=1, or set failCgroupV1 to false")
    });
    swap.into_iter().chain(cgroups).collect()
}

/// A host's own networks win over the cluster's: pods or services there would be out of reach.
fn overlaps(requirements: &MemberRequirements, observed: &Observed) -> Vec<Finding> {
    let addresses = observed.network.addresses.known().into_iter().flatten();
    let addresses = addresses.map(|one| (one.interface.as_str(), one.address.trunc()));
    let routes = observed.network.routes.known().into_iter().flatten();
    let routes = routes.filter_map(|route| Some((route.interface.as_str(), route.destination?)));
    let found: BTreeSet<(&str, IpNet)> =
        addresses.chain(routes).filter(|(name, _)| !is_cluster_link(name)).collect();
    let mut findings = Vec::new();
    for (what, range) in &requirements.networks {
        let meets =
            found.iter().filter(|(_, network)| range.contains(network) || network.contains(range));
        findings.extend(meets.map(|(interface, network)| overlap(what, range, interface, network)));
    }
    findings
}

/// Links that a pod network makes carry the cluster's own ranges.
fn is_cluster_link(name: &str) -> bool {
    ["cni", "flannel", "cali", "cilium", "lxc", "kube-", "vxlan.calico", "tunl", "veth"]
        .iter()
        .any(|prefix| name.starts_with(prefix))
}

fn overlap(what: &str, range: &IpNet, interface: &str, network: &IpNet) -> Finding {
    Finding::error(
        "PF-CIDR-HOST-OVERLAP",
        format!("the {what} range {range} meets {network} on {interface}"),
    )
    .because("Packets to one of the two would never arrive.")
    .advise("choose a range that no host uses; it cannot be changed once the cluster exists")
}

fn name_servers(observed: &Observed) -> Option<Finding> {
    let resolved = observed
        .units
        .unit("systemd-resolved.service")
        .known()
        .is_some_and(crate::observed::UnitState::is_active);
    let file = observed.files.file("/etc/resolv.conf");
    match file {
        Fact::Absent => Some(
            Finding::error("PF-RESOLVCONF", "/etc/resolv.conf is missing")
                .because("The kubelet hands it to pods and cannot start any without it.")
                .advise("create it, or name another file with the kubelet argument resolv-conf"),
        ),
        Fact::Known(file) if !resolved => unusable_servers(&file.content),
        _ => None,
    }
}

fn unusable_servers(text: &str) -> Option<Finding> {
    let servers: Vec<IpAddr> = text
        .lines()
        .filter_map(|line| line.strip_prefix("nameserver")?.trim().parse().ok())
        .collect();
    let (summary, reason) = if servers.is_empty() {
        let reason =
            "CoreDNS passes on to them what it does not know, and ends at once without any.";
        ("/etc/resolv.conf names no server", reason)
    } else if servers.iter().all(IpAddr::is_loopback) {
        let reason = "Pods do not reach it, and CoreDNS would ask itself for ever.";
        ("/etc/resolv.conf names only a server on the host itself", reason)
    } else {
        return None;
    };
    let finding = Finding::warning("PF-RESOLVCONF", summary).because(reason);
    Some(finding.advise(
        "see what writes the file (Tailscale's client does, unless `tailscale set --accept-dns=false`), or name \
         another one with the kubelet argument resolv-conf",
    ))
}

fn dynamic_address(requirements: &MemberRequirements, observed: &Observed) -> Option<Finding> {
    let address = requirements.advertise_address?;
    let leased = observed
        .network
        .addresses
        .known()?
        .iter()
        .any(|one| one.address.addr() == address && one.dynamic);
    leased.then(|| {
        Finding::warning("PW-DHCP-ADVERTISE", format!("the address {address} is leased by DHCP"))
            .because("Certificates and etcd are bound to it; another lease would break the member.")
            .advise("reserve the address, or configure it statically")
    })
}

/// kubeadm pulls its own, and the kubelet keeps that from being cleared away; the runtime's is pulled
/// when the first pod starts, and may be cleared away.
fn other_sandbox(requirements: &MemberRequirements, observed: &Observed) -> Option<Finding> {
    let wanted = requirements.pause_image.as_deref()?;
    let file = observed.files.file(CONFIGURATION_FILE);
    let found = configuration_facts(&file.known()?.content)?.sandbox_image?;
    (found != wanted).then(|| {
        Finding::warning("PW-PAUSE", format!("containerd holds pods by {found}, kubeadm by {wanted}"))
            .because("Hosts need both images then, and only kubeadm's is kept from being cleared away.")
            .advise(format!(
                "Set container_runtime.sandbox_image of the kubeadm_node to {wanted:?}, or name PW-PAUSE in ignore_preflight_errors"
            ))
    })
}

fn ports(role: Role, observed: &Observed) -> Vec<Finding> {
    let wanted: &[u16] = match role {
        Role::ControlPlane => &[6443, 10250, 10257, 10259, 2379, 2380],
        Role::Worker => &[10250],
    };
    let finding = |port: &u16| {
        let listener = observed.network.tcp_listener(*port)?;
        // A run that was interrupted left them; it is resumed, not refused.
        let program = listener.program.as_deref().unwrap_or("another program");
        let ours = ["kube", "etcd"].iter().any(|prefix| program.starts_with(prefix));
        (!ours).then(|| {
            Finding::error("PF-PORT", format!("{program} listens on port {port}"))
                .because("Kubernetes needs the port.")
                .advise(format!("stop it (`ss -lntp sport = :{port}` shows it), or name Port-{port} in ignore_preflight_errors"))
        })
    };
    wanted.iter().filter_map(finding).collect()
}
