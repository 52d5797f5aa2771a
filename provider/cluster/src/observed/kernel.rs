//! Kernel modules and sysctls: as they are now and as the next boot makes them.

use super::{Fact, Sections};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Kernel modules and sysctls: as they are now and as the next boot makes them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Kernel {
    /// Modules that are loaded or part of the kernel, dashes written as underscores.
    pub modules: Fact<BTreeSet<String>>,
    /// Values that were looked at, by the key of [`SysctlKey`]; absent when the kernel lacks the key.
    pub sysctls: BTreeMap<SysctlKey, Fact<String>>,
    /// Lines of all sysctl files, in the order in which they are applied at boot.
    pub sysctl_lines: Fact<Vec<SysctlLine>>,
}

/// A sysctl's name in one spelling: `net.ipv4.ip_forward`, `net/ipv4/conf/eth0.1/forwarding`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct SysctlKey(String);

/// One assignment in a sysctl file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SysctlLine {
    /// File it stands in.
    pub file: String,
    /// What it sets.
    pub key: SysctlKey,
    /// To what.
    pub value: String,
}

impl SysctlKey {
    /// Takes either spelling: with the first separator a dot, slashes stand for dots in names.
    #[must_use]
    pub fn new(name: &str) -> Self {
        let name = name.trim();
        let dotted = name.find(['.', '/']).is_none_or(|at| name.as_bytes().get(at) == Some(&b'.'));
        let path = if dotted { swapped(name) } else { name.to_owned() };
        Self(if path.contains('.') { path } else { path.replace('/', ".") })
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The path below `/proc/sys`.
    #[must_use]
    pub fn path(&self) -> String {
        if self.0.contains('/') { self.0.clone() } else { self.0.replace('.', "/") }
    }
}

impl std::fmt::Display for SysctlKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

fn swapped(name: &str) -> String {
    let swap = |letter| match letter {
        '.' => '/',
        '/' => '.',
        other => other,
    };
    name.chars().map(swap).collect()
}

/// Values as the kernel prints them: columns are separated by tabs there, by anything in files.
#[must_use]
pub fn sysctl_value(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl Kernel {
    pub(super) fn parse(sections: &Sections) -> Self {
        Self {
            modules: modules(sections),
            sysctls: sections
                .below("sysctl:")
                .map(|(path, fact)| {
                    (SysctlKey::new(path), fact.clone().map(|text| sysctl_value(&text)))
                })
                .collect(),
            sysctl_lines: sections.text("sysctl_files").map(|text| boot_order(&text)),
        }
    }

    /// Whether a module is loaded or built in.
    #[must_use]
    pub fn has_module(&self, name: &str) -> Fact<bool> {
        self.modules.as_ref().map(|modules| modules.contains(&module_name(name)))
    }

    /// The live value of a key; unreadable when it was not looked at.
    #[must_use]
    pub fn sysctl(&self, key: &SysctlKey) -> Fact<String> {
        self.sysctls.get(key).cloned().unwrap_or_default()
    }

    /// The line that wins at boot.
    #[must_use]
    pub fn sysctl_at_boot(&self, key: &SysctlKey) -> Option<&SysctlLine> {
        self.sysctl_lines.known()?.iter().rfind(|line| line.key == *key)
    }
}

/// The kernel's spelling of a module's name.
#[must_use]
pub fn module_name(name: &str) -> String {
    name.trim().replace('-', "_")
}

fn modules(sections: &Sections) -> Fact<BTreeSet<String>> {
    sections.text("modules").map(|loaded| {
        let built_in = sections.text("builtin_modules").known().cloned().unwrap_or_default();
        loaded.split_whitespace().chain(built_in.split_whitespace()).map(module_name).collect()
    })
}

/// Directories of sysctl files, the one whose file of a name wins first.
const DIRECTORIES: [&str; 5] = [
    "/etc/sysctl.d",
    "/run/sysctl.d",
    "/usr/local/lib/sysctl.d",
    "/usr/lib/sysctl.d",
    "/lib/sysctl.d",
];

/// Files are applied in the order of their names whatever their directory; of several with one
/// name only the first directory's counts. `/etc/sysctl.conf` itself is not read at boot, only
/// where a link leads to it.
fn boot_order(text: &str) -> Vec<SysctlLine> {
    let lines: Vec<SysctlLine> = text.lines().filter_map(sysctl_line).collect();
    let mut files: BTreeMap<&str, (usize, &str)> = BTreeMap::new();
    for line in &lines {
        let Some((rank, name)) = rank(&line.file) else { continue };
        let winner = files.entry(name).or_insert((rank, &line.file));
        *winner = (*winner).min((rank, &line.file));
    }
    files
        .values()
        .flat_map(|(_, file)| lines.iter().filter(move |line| line.file == *file))
        .cloned()
        .collect()
}

fn rank(file: &str) -> Option<(usize, &str)> {
    let (directory, name) = file.rsplit_once('/')?;
    let rank = DIRECTORIES.iter().position(|known| *known == directory)?;
    Some((rank, name))
}

/// `FILE:KEY = VALUE`, as grep prints it; a leading dash makes failures of the line harmless.
fn sysctl_line(line: &str) -> Option<SysctlLine> {
    let (file, assignment) = line.split_once(':')?;
    let (key, value) = assignment.split_once('=')?;
    let key = key.trim().trim_start_matches('-');
    let comment = key.starts_with(['#', ';']) || key.is_empty();
    (!comment).then(|| SysctlLine {
        file: file.to_owned(),
        key: SysctlKey::new(key),
        value: sysctl_value(value),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_one_spelling() {
        for (written, name, path) in [
            ("net.ipv4.ip_forward", "net.ipv4.ip_forward", "net/ipv4/ip_forward"),
            ("net/ipv4/ip_forward", "net.ipv4.ip_forward", "net/ipv4/ip_forward"),
            (
                "net.ipv4.conf.eth0/1.rp_filter",
                "net/ipv4/conf/eth0.1/rp_filter",
                "net/ipv4/conf/eth0.1/rp_filter",
            ),
            (
                "net/ipv4/conf/eth0.1/rp_filter",
                "net/ipv4/conf/eth0.1/rp_filter",
                "net/ipv4/conf/eth0.1/rp_filter",
            ),
        ] {
            let key = SysctlKey::new(written);
            assert_eq!((key.as_str(), key.path().as_str()), (name, path));
        }
    }

    #[test]
    fn the_last_file_by_name_wins() {
        let text = "/etc/sysctl.d/99-zz-x.conf:net.ipv4.ip_forward = 1\n/usr/lib/sysctl.d/99-zzz.conf:-net.ipv4.ip_forward=0\n/usr/lib/sysctl.d/10-a.conf:net.ipv4.ip_forward=5\n/etc/sysctl.d/10-a.conf:kernel.panic=1\n/etc/sysctl.conf:kernel.panic=7\n/etc/sysctl.d/50.conf:# kernel.panic=3\n";
        let kernel = Kernel { sysctl_lines: Fact::Known(boot_order(text)), ..Kernel::default() };
        let last = |key| {
            kernel
                .sysctl_at_boot(&SysctlKey::new(key))
                .map(|line| (line.file.clone(), line.value.clone()))
        };
        assert_eq!(
            last("net.ipv4.ip_forward"),
            Some(("/usr/lib/sysctl.d/99-zzz.conf".to_owned(), "0".to_owned()))
        );
        assert_eq!(last("kernel.panic").map(|(_, value)| value), Some("1".to_owned()));
    }

    #[test]
    fn masked_files_do_not_count() {
        let text =
            "/usr/lib/sysctl.d/10-a.conf:kernel.panic=5\n/etc/sysctl.d/10-a.conf:kernel.other=1\n";
        assert!(boot_order(text).iter().all(|line| line.key != SysctlKey::new("kernel.panic")));
    }
}
