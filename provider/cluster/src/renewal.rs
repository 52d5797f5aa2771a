//! Renewal of the certificates that kubeadm makes, before they end.

use crate::observed::Fact;
use crate::static_pod::Component;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// A certificate that `kubeadm certs renew` makes anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Renewable {
    /// Its name in `kubeadm certs renew`.
    pub name: &'static str,
    place: Place,
    /// Who reads it when it starts, and never again.
    pub readers: &'static [Component],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Below the directory of certificates.
    Certificates(&'static str),
    /// A kubeconfig in `/etc/kubernetes`, which is named for it.
    Kubeconfig,
}

use Component::{Etcd, KubeApiserver, KubeControllerManager, KubeScheduler};

/// All, as kubeadm 1.31 and later know them. The CAs are not among them: they are nobody's to renew.
const ALL: [Renewable; 11] = [
    certificate("apiserver", "apiserver.crt", &[KubeApiserver]),
    certificate("apiserver-etcd-client", "apiserver-etcd-client.crt", &[KubeApiserver]),
    certificate("apiserver-kubelet-client", "apiserver-kubelet-client.crt", &[KubeApiserver]),
    certificate("front-proxy-client", "front-proxy-client.crt", &[KubeApiserver]),
    certificate("etcd-server", "etcd/server.crt", &[Etcd]),
    certificate("etcd-peer", "etcd/peer.crt", &[Etcd]),
    certificate("etcd-healthcheck-client", "etcd/healthcheck-client.crt", &[]),
    kubeconfig("admin.conf", &[]),
    kubeconfig("super-admin.conf", &[]),
    kubeconfig("controller-manager.conf", &[KubeControllerManager]),
    kubeconfig("scheduler.conf", &[KubeScheduler]),
];

const fn certificate(
    name: &'static str,
    path: &'static str,
    readers: &'static [Component],
) -> Renewable {
    Renewable { name, place: Place::Certificates(path), readers }
}

const fn kubeconfig(name: &'static str, readers: &'static [Component]) -> Renewable {
    Renewable { name, place: Place::Kubeconfig, readers }
}

impl Renewable {
    /// The file that holds it, on a host whose certificates are in `directory`.
    #[must_use]
    pub fn path(self, directory: &str) -> String {
        match self.place {
            Place::Certificates(path) => format!("{directory}/{path}"),
            Place::Kubeconfig => format!("/etc/kubernetes/{}", self.name),
        }
    }
}

/// The certificates that end `before` from `now` on, or have ended, in a host's `directory`; `ends` by
/// the path of the file that holds each.
#[must_use]
pub fn due(
    ends: &BTreeMap<String, Fact<Timestamp>>,
    directory: &str,
    before: Duration,
    now: Timestamp,
) -> Vec<Renewable> {
    let ends_soon = |certificate: &Renewable| {
        let end = ends.get(&certificate.path(directory)).and_then(Fact::known);
        end.is_some_and(|end| end.duration_since(now).as_secs() < seconds(before))
    };
    ALL.into_iter().filter(ends_soon).collect()
}

fn seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}

/// The components that have to start anew, once these certificates are others.
#[must_use]
pub fn readers(renewed: &[Renewable]) -> BTreeSet<Component> {
    renewed.iter().flat_map(|certificate| certificate.readers).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PKI: &str = "/etc/kubernetes/pki";

    fn ends(all: &[(&str, &str)]) -> BTreeMap<String, Fact<Timestamp>> {
        let end =
            |(path, end): &(&str, &str)| ((*path).to_owned(), Fact::Known(end.parse().unwrap()));
        all.iter().map(end).collect()
    }

    #[test]
    fn what_ends_soon_is_due_and_cas_are_not() {
        let now = "2026-01-01T00:00:00Z".parse().unwrap();
        let mut ends = ends(&[
            ("/etc/kubernetes/pki/apiserver.crt", "2026-01-20T00:00:00Z"),
            ("/etc/kubernetes/pki/etcd/peer.crt", "2025-12-01T00:00:00Z"),
            ("/etc/kubernetes/pki/ca.crt", "2026-01-02T00:00:00Z"),
            ("/etc/kubernetes/scheduler.conf", "2026-03-01T00:00:00Z"),
            ("/var/lib/kubelet/pki/kubelet-client-current.pem", "2026-01-02T00:00:00Z"),
        ]);
        ends.insert("/etc/kubernetes/admin.conf".to_owned(), Fact::default());
        let names = |days: u64| {
            let due = due(&ends, PKI, Duration::from_hours(24 * days), now);
            due.into_iter().map(|it| it.name).collect::<Vec<_>>()
        };
        assert_eq!(names(30), ["apiserver", "etcd-peer"]);
        assert_eq!(names(1), ["etcd-peer"]);
        assert_eq!(names(90), ["apiserver", "etcd-peer", "scheduler.conf"]);
        let other = due(&ends, "/srv/pki", Duration::from_hours(720), now);
        assert_eq!(other, []);
    }

    #[test]
    fn only_who_reads_a_certificate_starts_anew() {
        let named = |name: &str| ALL.into_iter().find(|it| it.name == name).unwrap();
        let renewed = [named("apiserver"), named("front-proxy-client"), named("admin.conf")];
        assert_eq!(readers(&renewed), [KubeApiserver].into());
        assert_eq!(named("scheduler.conf").path(PKI), "/etc/kubernetes/scheduler.conf");
    }
}
