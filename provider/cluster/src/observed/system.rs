//! What the host is: operating system, machine, resources.

use super::{Fact, Sections};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What the host is: operating system, machine, resources.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct System {
    /// From `/etc/os-release`.
    pub os: Fact<OperatingSystem>,
    /// Kernel release, such as `6.1.0-18-amd64`.
    pub kernel: Fact<String>,
    /// Architecture as the kernel names it, such as `x86_64` or `aarch64`.
    pub architecture: Fact<String>,
    /// The kernel's host name.
    pub hostname: Fact<String>,
    /// Content of `/etc/machine-id`.
    pub machine_id: Fact<String>,
    /// Changes with every boot.
    pub boot_id: Fact<String>,
    /// The machine's UUID as its firmware knows it.
    pub product_uuid: Fact<String>,
    /// Memory in MiB.
    pub memory_mib: Fact<u64>,
    /// CPUs that processes may use.
    pub cpus: Fact<u32>,
    /// Free bytes of the file system that holds a path.
    pub disk_free: BTreeMap<String, u64>,
    /// Which cgroups the host has.
    pub cgroups: Fact<Cgroups>,
    /// Whether `SELinux` enforces; absent where there is none.
    pub selinux: Fact<String>,
}

/// Facts of `/etc/os-release`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct OperatingSystem {
    /// Such as `debian`.
    pub id: String,
    /// Families it descends from, such as `debian`.
    pub id_like: Vec<String>,
    /// Such as `12`; empty where a distribution rolls.
    pub version_id: String,
    /// Code name such as `bookworm`.
    pub codename: String,
    /// For people: `Debian GNU/Linux 12 (bookworm)`.
    pub name: String,
}

/// The cgroup version and its controllers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cgroups {
    /// 1 (also hybrid) or 2.
    pub version: u8,
    /// Controllers that are on.
    pub controllers: BTreeSet<String>,
}

impl System {
    pub(super) fn parse(sections: &Sections) -> Self {
        Self {
            os: sections.text("os").map(|text| OperatingSystem::parse(&text)),
            kernel: sections.word("kernel"),
            architecture: sections.word("architecture"),
            hostname: sections.word("hostname"),
            machine_id: sections.word("machine_id"),
            boot_id: sections.word("boot_id"),
            product_uuid: sections.word("product_uuid"),
            memory_mib: sections.text("meminfo").and_then(|text| memory_mib(&text)),
            cpus: sections.word("cpus").and_then(|word| Fact::understood(word.parse())),
            disk_free: sections
                .text("disk")
                .known()
                .map(|text| disk_free(text))
                .unwrap_or_default(),
            cgroups: cgroups(sections),
            selinux: sections.word("selinux"),
        }
    }
}

impl OperatingSystem {
    fn parse(text: &str) -> Self {
        let value = |key: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
            line.map(|value| value.trim().trim_matches(['"', '\'']).to_owned()).unwrap_or_default()
        };
        Self {
            id: value("ID"),
            id_like: value("ID_LIKE").split_whitespace().map(str::to_owned).collect(),
            version_id: value("VERSION_ID"),
            codename: value("VERSION_CODENAME"),
            name: value("PRETTY_NAME"),
        }
    }

    /// Whether it is `family` or descends from it.
    #[must_use]
    pub fn is_like(&self, family: &str) -> bool {
        self.id == family || self.id_like.iter().any(|parent| parent == family)
    }
}

fn memory_mib(meminfo: &str) -> Fact<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"));
    let kibibytes =
        line.and_then(|rest| rest.trim().trim_end_matches("kB").trim().parse::<u64>().ok());
    kibibytes
        .map_or_else(|| Fact::Unreadable("no MemTotal".to_owned()), |size| Fact::Known(size / 1024))
}

/// `PATH BYTES` a line.
fn disk_free(text: &str) -> BTreeMap<String, u64> {
    let pair = |line: &str| {
        let (path, free) = line.rsplit_once(' ')?;
        Some((path.to_owned(), free.parse().ok()?))
    };
    text.lines().filter_map(pair).collect()
}

fn cgroups(sections: &Sections) -> Fact<Cgroups> {
    sections.word("cgroup_fs").and_then(|kind| {
        let version = if kind == "cgroup2fs" { 2 } else { 1 };
        sections
            .text("cgroup_controllers")
            .map(|text| Cgroups { version, controllers: controllers(&text) })
    })
}

/// Either version 2's one line of names, or `/proc/cgroups` with a table.
fn controllers(text: &str) -> BTreeSet<String> {
    let row = |line: &str| {
        let mut columns = line.split_whitespace();
        let name = columns.next()?;
        (columns.nth(2)? == "1").then(|| name.to_owned())
    };
    if text.starts_with('#') {
        return text.lines().skip(1).filter_map(row).collect();
    }
    text.split_whitespace().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn os_release_is_read_with_and_without_quotes() {
        let text = "PRETTY_NAME=\"Ubuntu 24.04.1 LTS\"\nID=ubuntu\nID_LIKE=debian\nVERSION_ID=\"24.04\"\nVERSION_CODENAME=noble\n";
        let os = OperatingSystem::parse(text);
        assert_eq!(
            (os.id.as_str(), os.version_id.as_str(), os.codename.as_str()),
            ("ubuntu", "24.04", "noble")
        );
        assert!(os.is_like("debian") && os.is_like("ubuntu") && !os.is_like("fedora"));
    }

    #[test]
    fn controllers_of_both_versions() {
        let one =
            "#subsys_name\thierarchy\tnum_cgroups\tenabled\ncpuset\t3\t5\t1\nmemory\t9\t100\t0\n";
        assert_eq!(controllers(one), BTreeSet::from(["cpuset".to_owned()]));
        assert_eq!(controllers("cpu memory pids\n").len(), 3);
    }

    #[test]
    fn memory_and_disk() {
        assert_eq!(memory_mib("MemTotal:        2048000 kB\nMemFree: 1 kB\n"), Fact::Known(2000));
        assert!(memory_mib("x").is_unreadable());
        assert_eq!(
            disk_free("/var/lib 1024\nbroken\n"),
            BTreeMap::from([("/var/lib".to_owned(), 1024)])
        );
    }
}
