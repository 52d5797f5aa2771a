//! A look leaves no trace on a host but those that logging in leaves.

use std::collections::BTreeSet;

use acceptance::Lab;
use anyhow::{Result, bail};

/// Everything about hosts that a look might change: their files, and what the kernel and systemd
/// hold.
pub(crate) struct Trace(BTreeSet<String>);

/// A line for each thing, with what it is about. Files have the time of their last change, which
/// tells of a file that was written as it was, and of a directory in which one came and went. Pipes
/// have none: whatever containers print goes through theirs.
const EVERYTHING: &str = r#"
say() { sed "s|^|$1: |"; }
find / /var /run -xdev \( -path /proc -o -path /sys -o -path /dev \) -prune \
    -o -type p -printf 'file: %p %y %m %U %G\n' -o -printf 'file: %p %y %m %U %G %s %C@ %l\n'
sysctl --all --pattern '^net\.' 2>/dev/null | say sysctl
ip -brief address | say address; ip route show table all | say route; ip rule | say rule
nft --stateless list ruleset | say filter
cut -d' ' -f1 /proc/modules | say module; cut -d' ' -f1-4 /proc/mounts | say mount
cat /proc/swaps | say swap
systemctl list-unit-files --no-legend | say 'unit file'
systemctl list-units --all --no-legend --plain | say unit
processes=$(ps -eo user,args --no-headers); echo "$processes" | sort | uniq -c | say process
"#;

/// Beginnings of lines that may differ, each with its reason.
const EXPECTED: &[(&str, &str)] = &[
    ("file: /var/log/", "logs"),
    ("file: /run d ", "where sshd makes the message of the day at each login"),
    ("file: /run/motd.dynamic ", "the message of the day"),
    ("file: /run/systemd/journal/", "the journal's own counters"),
    ("file: /run/systemd/transient/kubepods", "written anew by the kubelet once a minute"),
    ("file: /var/lib/kubelet/image_manager/", "the kubelet's notes of images, which it tidies"),
    ("file: /var/lib/containerd/io.containerd.metadata.v1.bolt/", "containerd's own database"),
    ("file: /var/lib/etcd/member/snap", "etcd's database, which lives while it runs"),
    ("file: /var/lib/etcd/member/wal", "etcd's log of changes"),
    ("sysctl: net.netfilter.nf_conntrack_count ", "connections under way"),
];

impl Trace {
    /// Some hosts as they are now.
    pub(crate) fn of(lab: &Lab, hosts: &[&str]) -> Result<Self> {
        let mut lines = BTreeSet::new();
        for host in hosts {
            let text = lab.ssh(host, EVERYTHING)?;
            let kept = text.lines().filter(|line| !is_expected(line));
            lines.extend(kept.map(|line| format!("{host}: {line}")));
        }
        Ok(Self(lines))
    }

    /// Nothing differs between two looks.
    pub(crate) fn require_same(&self, later: &Self) -> Result<()> {
        let gone = self.0.difference(&later.0).map(|line| format!("- {line}"));
        let new = later.0.difference(&self.0).map(|line| format!("+ {line}"));
        let differences: Vec<String> = gone.chain(new).collect();
        if !differences.is_empty() {
            bail!("looking changed something:\n{}", differences.join("\n"));
        }
        Ok(())
    }
}

fn is_expected(line: &str) -> bool {
    EXPECTED.iter().any(|(place, _)| line.starts_with(place))
}
