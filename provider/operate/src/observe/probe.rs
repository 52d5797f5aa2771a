//! The one look at a host.

use cluster::node::{
    Change, Entry, NodeIntent, Record, wanted_sysctls, watched_files, watched_packages,
};
use cluster::observed::{Directories, Observed, SysctlKey};
use cluster::route::{RouteIntent, watched_sysctls};
use host::{Command, Host, HostError};
use std::collections::BTreeSet;
use std::time::Duration;

/// Reads the host and changes nothing; see the file.
const SCRIPT: &str = include_str!("probe.sh");

/// A host that takes longer than this for the look is treated as silent.
const LIMIT: Duration = Duration::from_mins(1);

/// Units whose state is looked at, besides those that serve a cluster's endpoint.
const UNITS: &[&str] = &[
    "containerd.service",
    "crio.service",
    "docker.service",
    "firewalld.service",
    "kubelet.service",
    "nftables.service",
    "systemd-resolved.service",
    "ufw.service",
];

/// What is to be looked at besides what every look sees.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Interests {
    sysctls: BTreeSet<SysctlKey>,
    packages: BTreeSet<String>,
    routing: bool,
}

impl Interests {
    /// What decides whether a host is as wanted.
    pub(crate) fn of(intent: &NodeIntent) -> Self {
        let sysctls = wanted_sysctls(intent).into_keys().collect();
        Self { sysctls, ..Self::default() }
    }

    /// What decides whether a record is undone: packages that came with others, too.
    pub(crate) fn in_record(record: &Record) -> Self {
        let key = |entry: &Entry| match &entry.change {
            Change::Sysctl { key, .. } => Some(key.clone()),
            _ => None,
        };
        let package = |entry: &Entry| match &entry.change {
            Change::Package { name } => Some(name.clone()),
            _ => None,
        };
        let entries = record.entries.iter();
        Self {
            sysctls: entries.clone().filter_map(key).collect(),
            packages: entries.filter_map(package).collect(),
            routing: false,
        }
    }

    /// What decides whether a host has its routes.
    pub(crate) fn of_routes(intent: &RouteIntent) -> Self {
        Self { sysctls: watched_sysctls(intent), routing: true, ..Self::default() }
    }

    /// The same, and all that the record of routes tells of.
    pub(crate) fn with_record(mut self, record: &Record) -> Self {
        self.sysctls.extend(Self::in_record(record).sysctls);
        Self { routing: true, ..self }
    }

    /// Whether an earlier look saw all of it.
    pub(crate) fn covered_by(&self, observed: &Observed) -> bool {
        let watched = watched_packages();
        let seen = |name: &String| {
            watched.contains(&name.as_str()) || observed.packages.package(name).known().is_some()
        };
        self.sysctls.iter().all(|key| observed.kernel.sysctls.contains_key(key))
            && self.packages.iter().all(seen)
            && (!self.routing || !observed.routing.routes.is_unreadable())
    }
}

/// Looks at a host.
pub(crate) async fn probe(host: &Host, interests: &Interests) -> Result<Observed, HostError> {
    let command = command(interests);
    let output = host.run(&command).await?;
    if !Observed::is_whole(&output.stdout) {
        output.require_success(&command).map_err(Box::new)?;
    }
    Ok(Observed::parse(&output.stdout))
}

fn command(interests: &Interests) -> Command {
    let sysctls: Vec<String> = interests.sysctls.iter().map(SysctlKey::path).collect();
    let mut packages = watched_packages();
    packages.extend(interests.packages.iter().map(String::as_str));
    Command::script(SCRIPT)
        .env("FILES", watched_files().join(" "))
        .env("DIRECTORIES", Directories::WATCHED.join(" "))
        .env("PACKAGES", packages.join(" "))
        .env("UNITS", [UNITS, &cluster::endpoint::UNITS, &cluster::route::UNITS].concat().join(" "))
        .env("SYSCTLS", sysctls.join(" "))
        .env("ROUTING", if interests.routing { "yes" } else { "" })
        .timeout(LIMIT)
}
