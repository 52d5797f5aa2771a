//! Directories that the provider may have to make.

use super::{Fact, Sections};
use serde::Serialize;
use std::collections::BTreeMap;

/// Directories that the provider may have to make; what is not listed is not there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Directories(pub Fact<BTreeMap<String, DirectoryState>>);

/// Whether something is in a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DirectoryState {
    /// Nothing is in it.
    Empty,
    /// Something is in it.
    Used,
}

impl Directories {
    /// Directories that are looked at, besides those below [`Directories::MIRRORS`].
    pub const WATCHED: &'static [&'static str] = &[
        "/etc/apt/apt.conf.d",
        "/etc/apt/keyrings",
        "/etc/apt/sources.list.d",
        "/etc/cni",
        "/etc/cni/net.d",
        "/etc/containerd",
        "/etc/containerd/certs.d",
        "/etc/haproxy",
        "/etc/keepalived",
        "/etc/kubernetes",
        "/etc/kubernetes/manifests",
        "/etc/modules-load.d",
        "/etc/network/if-up.d",
        "/etc/sysctl.d",
        "/etc/systemd/network",
        "/etc/systemd/system",
        "/etc/systemd/system/containerd.service.d",
        "/etc/systemd/system/keepalived.service.d",
        "/etc/systemd/system/kubelet.service.d",
        "/opt/cni",
        "/opt/cni/bin",
        "/opt/containerd",
        "/var/lib/cni",
        "/var/lib/containerd",
        "/var/lib/etcd",
        "/var/lib/haproxy",
        "/var/lib/kubelet",
    ];
    /// Directory with directories of files beside those of systemd-networkd.
    pub const NETWORKD: &'static str = "/etc/systemd/network/";
    /// Directory with one directory a mirrored registry.
    pub const MIRRORS: &'static str = "/etc/containerd/certs.d";

    pub(super) fn parse(sections: &Sections) -> Self {
        Self(sections.text("directories").map(|text| text.lines().filter_map(directory).collect()))
    }

    /// A directory; absent when it is not there.
    #[must_use]
    pub fn directory(&self, path: &str) -> Fact<DirectoryState> {
        self.0.as_ref().and_then(|all| all.get(path).copied().map_or(Fact::Absent, Fact::Known))
    }
}

/// `PATH empty` or `PATH used` a line.
fn directory(line: &str) -> Option<(String, DirectoryState)> {
    let (path, state) = line.rsplit_once(' ')?;
    let state = if state == "empty" { DirectoryState::Empty } else { DirectoryState::Used };
    Some((path.trim_end_matches('/').to_owned(), state))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_listed_is_not_there() {
        let found = Directories(Fact::Known(
            "/opt/cni/ empty\n/etc/cni used".lines().filter_map(directory).collect(),
        ));
        assert_eq!(found.directory("/opt/cni"), Fact::Known(DirectoryState::Empty));
        assert_eq!(found.directory("/etc/cni"), Fact::Known(DirectoryState::Used));
        assert!(found.directory("/opt").is_absent());
        assert!(Directories::default().directory("/opt").is_unreadable());
    }
}
