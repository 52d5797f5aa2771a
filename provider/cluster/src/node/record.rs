//! The record on a host: what the provider changed there, and what it found before.

use crate::observed::{LiveRoute, ManagedFile, SysctlKey};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What the provider changed on a host, in the order in which it did, and what it found before.
///
/// Written before the change it tells of. A record may therefore tell of changes that never
/// happened: undoing them is harmless.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Version of this format.
    pub version: u32,
    /// Changes, oldest first.
    pub entries: Vec<Entry>,
    /// The cluster the host belongs to, once it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub membership: Option<MembershipMark>,
    /// Arguments of the resource that prepared the host, for its import.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declaration: Option<serde_json::Value>,
}

/// One change and whose it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Which resource made the change and undoes it.
    pub scope: Scope,
    /// What was changed.
    pub change: Change,
}

/// Which resource made a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// The preparation of the host.
    Node,
    /// Its membership in a cluster.
    Membership,
    /// Its part of the cluster's endpoint, which goes with the membership or before it.
    Endpoint,
    /// Its routes, and what it lets pass: in a record of their own.
    Route,
}

/// The cluster a host belongs to: tells our cluster from a stranger's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MembershipMark {
    /// Id of the cluster's resource.
    pub cluster_id: String,
    /// `sha256:HEX` of the cluster's CA, once it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_hash: Option<String>,
    /// Whatever else the membership has to remember.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub notes: BTreeMap<String, String>,
}

/// One change to a host, with what was there before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Change {
    /// A swap device that was on.
    SwapDevice {
        /// The device or file.
        device: String,
    },
    /// Swap lines of `/etc/fstab` that were in force.
    FstabSwap {
        /// The lines as they stood there.
        lines: Vec<String>,
    },
    /// A unit that was not masked.
    UnitMask {
        /// Name with suffix.
        unit: String,
    },
    /// A file that was written.
    File {
        /// Where.
        path: String,
        /// What was there; none when there was no file.
        before: Option<ManagedFile>,
        /// SHA-256 of what was written; none while it is not yet in force.
        after: Option<String>,
        /// Fingerprint of the intent it was made from, when it was made on the host.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        made_from: Option<String>,
    },
    /// A directory that was not there.
    Directory {
        /// Where.
        path: String,
    },
    /// A directory that was empty or not there, and that what we installed fills.
    DataDirectory {
        /// Where.
        path: String,
        /// Whether it was there.
        existed: bool,
    },
    /// A live kernel setting.
    Sysctl {
        /// Its name.
        key: SysctlKey,
        /// What it was.
        before: String,
        /// What it was set to.
        after: String,
    },
    /// Our block in `/etc/hosts`; there was none.
    HostsBlock,
    /// A package that was not installed.
    Package {
        /// Its name.
        name: String,
    },
    /// A package that was not held.
    Hold {
        /// Its name.
        name: String,
    },
    /// A unit that was there before, with another state.
    Unit {
        /// Name with suffix.
        unit: String,
        /// Whether it started at boot.
        enabled: bool,
        /// Whether it ran.
        active: bool,
    },
    /// A route that was put in force.
    Route {
        /// The route.
        route: LiveRoute,
        /// The one whose place it took.
        before: Option<LiveRoute>,
    },
    /// A route that was added to a profile of NetworkManager.
    ProfileRoute {
        /// UUID of the profile.
        profile: String,
        /// The route, with its interface.
        route: LiveRoute,
    },
    /// A route that Tailscale's client advertises.
    AdvertisedRoute {
        /// The route.
        route: IpNet,
    },
    /// Whether Tailscale's client takes the routes of others.
    AcceptRoutes {
        /// Whether it did.
        before: bool,
    },
}

/// Why a record cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// It is no record, or damaged.
    #[error("the record is damaged")]
    Damaged(#[source] serde_json::Error),
    /// A newer provider wrote it.
    #[error("the record has version {0}, written by a newer version of the provider")]
    Newer(u64),
}

impl Default for Record {
    fn default() -> Self {
        Self { version: Self::VERSION, entries: Vec::new(), membership: None, declaration: None }
    }
}

impl Record {
    /// Version of the format that is written.
    pub const VERSION: u32 = 1;
    /// Directory of everything the provider keeps on a host.
    pub const DIRECTORY: &'static str = "/var/lib/terraform-provider-kubeadm";
    /// Where the record is kept.
    pub const PATH: &'static str = "/var/lib/terraform-provider-kubeadm/record.json";

    /// Reads a record.
    ///
    /// # Errors
    /// When it is damaged, or of a newer format: then what is in it cannot be undone from here.
    pub fn parse(text: &str) -> Result<Self, RecordError> {
        let value: serde_json::Value = serde_json::from_str(text).map_err(RecordError::Damaged)?;
        let version = value.get("version").and_then(serde_json::Value::as_u64);
        match version {
            Some(version) if version > u64::from(Self::VERSION) => Err(RecordError::Newer(version)),
            _ => serde_json::from_value(value).map_err(RecordError::Damaged),
        }
    }

    /// The record as it is kept, one change a line.
    #[must_use]
    pub fn render(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// Adds a change. One that is there keeps what was found before it: only the first look saw
    /// the host as it was.
    pub fn add(&mut self, scope: Scope, change: Change) {
        match self.entries.iter_mut().find(|entry| entry.change.key() == change.key()) {
            Some(entry) => entry.change.continue_as(change),
            None => self.entries.push(Entry { scope, change }),
        }
    }

    /// The change of this key.
    #[must_use]
    pub fn change(&self, key: &str) -> Option<&Change> {
        self.entries.iter().map(|entry| &entry.change).find(|change| change.key() == key)
    }

    /// Forgets a change that was undone.
    pub fn forget(&mut self, key: &str) {
        self.entries.retain(|entry| entry.change.key() != key);
    }

    /// Whether nothing is left to undo or to remember.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.membership.is_none()
    }
}

impl Change {
    /// Key of the change to Tailscale's preferences.
    pub const ACCEPT_ROUTES: &str = "tailscale:accept-routes";

    /// What it changes: at most one change of a key is in a record.
    #[must_use]
    pub fn key(&self) -> String {
        match self {
            Self::SwapDevice { device } => format!("swap-device:{device}"),
            Self::FstabSwap { .. } => "fstab-swap".to_owned(),
            Self::UnitMask { unit } => format!("unit-mask:{unit}"),
            Self::File { path, .. } => format!("file:{path}"),
            Self::Directory { path } | Self::DataDirectory { path, .. } => {
                format!("directory:{path}")
            }
            Self::Sysctl { key, .. } => format!("sysctl:{key}"),
            Self::HostsBlock => "hosts-block".to_owned(),
            Self::Package { name } => format!("package:{name}"),
            Self::Hold { name } => format!("hold:{name}"),
            Self::Unit { unit, .. } => format!("unit:{unit}"),
            Self::Route { route, .. } => format!("route:{}", route.entry()),
            Self::ProfileRoute { profile, route } => {
                format!("profile-route:{profile}:{} {}", route.entry(), route.way())
            }
            Self::AdvertisedRoute { route } => format!("advertised-route:{route}"),
            Self::AcceptRoutes { .. } => Self::ACCEPT_ROUTES.to_owned(),
        }
    }

    /// Takes over what a later change of the same key wrote, not what it found.
    fn continue_as(&mut self, later: Self) {
        match (self, later) {
            (
                Self::File { after, made_from, .. },
                Self::File { after: new, made_from: from, .. },
            ) => {
                *after = new;
                *made_from = from;
            }
            (Self::Sysctl { after, .. }, Self::Sysctl { after: new, .. }) => *after = new,
            (Self::Route { route, .. }, Self::Route { route: new, .. }) => *route = new,
            (Self::FstabSwap { lines }, Self::FstabSwap { lines: new }) => {
                let fresh: Vec<String> =
                    new.into_iter().filter(|line| !lines.contains(line)).collect();
                lines.extend(fresh);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests;
