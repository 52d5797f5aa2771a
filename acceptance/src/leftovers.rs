//! What a host holds before the provider came and after it left.

use std::collections::BTreeSet;

use anyhow::{Result, bail, ensure};

use crate::Lab;

/// What lives in the kernel and in systemd rather than in files: links, addresses, packet filter rules (which libvirt
/// makes in any order), kernel
/// settings, units that are enabled, have failed or run, processes of a cluster, mounts of pods.
const LIVE: &str = "ip -brief link | cut -d' ' -f1 | cut -d@ -f1; \
    ip -4 -oneline address | awk '{ print $2, $4 }'; iptables-save 2>/dev/null | grep '^-A' | sort; \
    sysctl net.ipv4.ip_forward net.bridge.bridge-nf-call-iptables net.bridge.bridge-nf-call-ip6tables 2>/dev/null; \
    systemctl list-unit-files --state=enabled,masked --no-legend | cut -d' ' -f1,2; \
    systemctl list-units --failed --plain --no-legend | cut -d' ' -f1; \
    ps -eo comm | grep -E '^(kube|etcd|containerd|coredns|flanneld)'; \
    grep -E 'kubelet|containerd|/run/netns' /proc/mounts; true";

/// A host as a whole: its files, and what lives outside of them.
#[derive(Debug, Clone)]
pub struct Listing {
    host: String,
    files: String,
    live: String,
}

impl Listing {
    /// A host as it is now.
    ///
    /// # Errors
    /// When it cannot be looked at.
    pub fn of(lab: &Lab, host: &str) -> Result<Self> {
        let files = lab.verb("files", host)?;
        Ok(Self { host: host.to_owned(), files, live: lab.ssh(host, LIVE)? })
    }

    /// Several hosts as they are now.
    ///
    /// # Errors
    /// When one cannot be looked at.
    pub fn of_all(lab: &Lab, hosts: &[&str]) -> Result<Vec<Self>> {
        hosts.iter().map(|host| Self::of(lab, host)).collect()
    }

    /// The host is again as it was, but for packages and what lives by itself.
    ///
    /// # Errors
    /// When it differs, with each difference.
    pub fn require_restored(&self, lab: &Lab) -> Result<()> {
        let of_packages = package_files(lab, &self.host)?;
        self.require_same(&Self::of(lab, &self.host)?, &of_packages)
    }

    fn require_same(&self, after: &Self, of_packages: &BTreeSet<String>) -> Result<()> {
        let (host, before_live, after_live) = (&self.host, &self.live, &after.live);
        ensure!(before_live == after_live, "{host} was\n{before_live}\nand is\n{after_live}");
        let (old, new) = (lines(&self.files), lines(&after.files));
        let unexpected: Vec<&str> = new
            .symmetric_difference(&old)
            .copied()
            .filter(|line| !is_expected(path_of(line), of_packages))
            .collect();
        if !unexpected.is_empty() {
            bail!("{host} differs from what it was:\n{}", unexpected.join("\n"));
        }
        Ok(())
    }
}

/// Places that may differ afterwards, each with its reason.
const EXPECTED: &[(&str, &str)] = &[
    ("/var/log/", "logs of what ran"),
    ("/var/cache/", "caches of the package manager and of the dynamic linker"),
    ("/var/lib/apt/", "package lists"),
    ("/var/lib/dpkg/", "the package database: packages stay or leave their records"),
    ("/var/lib/systemd/", "timers, random seed and catalogs of systemd"),
    ("/var/lib/containerd", "images and content of the container runtime"),
    ("/var/lib/NetworkManager/", "NetworkManager's own notes"),
    ("/var/lib/tailscale/", "likewise of Tailscale's client; its preferences are looked at apart"),
    ("/var/lib/private", "state of systemd's own services"),
    ("/var/tmp/", "temporary directories of services"),
    ("/tmp", "temporary files"),
    ("/etc/ld.so.cache", "written by the dynamic linker when packages bring libraries"),
    ("/etc/mtab", "a link to the running kernel's mounts"),
    ("/root/", "shell history and kubectl's discovery cache"),
    ("/etc/passwd-", "what the tools for users keep of the time before"),
    ("/etc/shadow-", "likewise"),
    ("/etc/group-", "likewise"),
    ("/etc/gshadow-", "likewise"),
    ("/var/lib/ucf/", "what packages note of configuration that they brought"),
    ("/etc/machine-id", "committed by systemd at first boot"),
    ("/etc/resolv.conf", "written by the lab at boot"),
];

/// What packages brought, and caches beside it.
fn package_files(lab: &Lab, host: &str) -> Result<BTreeSet<String>> {
    let list = "cat /var/lib/dpkg/info/*.list /var/lib/dpkg/info/*.conffiles 2>/dev/null; \
                find /usr -name __pycache__ -o -name '*.cache'";
    Ok(lab.ssh(host, list)?.lines().map(|line| line.trim().to_owned()).collect())
}

fn lines(listing: &str) -> BTreeSet<&str> {
    listing.lines().collect()
}

/// A listing's line begins with the path.
fn path_of(line: &str) -> &str {
    line.split('\t').next().unwrap_or(line)
}

fn is_expected(path: &str, of_packages: &BTreeSet<String>) -> bool {
    of_packages.contains(path) || EXPECTED.iter().any(|(place, _)| path.starts_with(place))
}
