//! Debian and what descends from it: names of packages and files of apt.

use super::HEADER_APT;
use super::family::Family;
use super::intent::NodeIntent;
use crate::intent::PackageSource;
use crate::observed::{ManagedFile, Observed, OperatingSystem};
use crate::version::KubernetesVersion;
use std::collections::BTreeMap;

/// Proxy of apt.
pub(super) const APT_PROXY_FILE: &str = "/etc/apt/apt.conf.d/90terraform-provider-kubeadm";
/// Mirror of the distribution.
pub const APT_MIRROR_FILE: &str = "/etc/apt/sources.list.d/terraform-provider-kubeadm.sources";
/// Repository of Kubernetes.
pub const KUBERNETES_SOURCE_FILE: &str =
    "/etc/apt/sources.list.d/terraform-provider-kubeadm-kubernetes.sources";
/// Its signing key.
pub const KUBERNETES_KEY_FILE: &str = "/etc/apt/keyrings/terraform-provider-kubeadm-kubernetes.asc";

pub(super) const FAMILY: Family = Family {
    name: "debian",
    required: &["conntrack", "ethtool", "iproute2", "iptables", "kmod", "mount", "socat"],
    runtimes: &["containerd", "containerd.io"],
    sources,
};

fn sources(intent: &NodeIntent, observed: &Observed) -> BTreeMap<String, ManagedFile> {
    let mirror = intent.packages.mirror.as_deref();
    let os = observed.system.os.known();
    let mirror =
        mirror.zip(os).map(|(mirror, os)| (APT_MIRROR_FILE.to_owned(), mirror_file(mirror, os)));
    let proxy = proxy_file(intent).map(|file| (APT_PROXY_FILE.to_owned(), file));
    mirror.into_iter().chain(proxy).collect()
}

/// apt asks for HTTPS through the HTTP proxy, too, unless it is told otherwise.
fn proxy_file(intent: &NodeIntent) -> Option<ManagedFile> {
    let general = intent.proxy.clone().unwrap_or_default();
    let http = intent.packages.proxy.clone().or(general.http);
    let lines = [
        http.as_ref().map(|proxy| format!("Acquire::http::Proxy \"{proxy}\";\n")),
        general.https.map(|proxy| format!("Acquire::https::Proxy \"{proxy}\";\n")),
    ];
    let proxies: String = lines.into_iter().flatten().collect();
    let own = http.as_deref().and_then(host_of).map(str::to_owned);
    let direct: String = general
        .no_proxy
        .into_iter()
        .filter(|name| is_host(name))
        .chain(own)
        .map(|name| direct(&name))
        .collect();
    (!proxies.is_empty()).then(|| ManagedFile::public(format!("{HEADER_APT}{proxies}{direct}")))
}

/// A proxy's own host is reached without it.
fn direct(host: &str) -> String {
    format!("Acquire::http::Proxy::{host} \"DIRECT\";\nAcquire::https::Proxy::{host} \"DIRECT\";\n")
}

/// apt knows exceptions by whole host name alone.
fn is_host(name: &str) -> bool {
    !name.is_empty() && !name.contains(['*', '/', ':']) && !name.starts_with('.')
}

fn host_of(url: &str) -> Option<&str> {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split('/').next()?;
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
    is_host(host).then_some(host)
}

fn mirror_file(mirror: &str, os: &OperatingSystem) -> ManagedFile {
    let (components, keyring) = if os.id == "ubuntu" {
        ("main universe", "/usr/share/keyrings/ubuntu-archive-keyring.gpg")
    } else {
        ("main", "/usr/share/keyrings/debian-archive-keyring.gpg")
    };
    let suite = &os.codename;
    ManagedFile::public(format!(
        "{HEADER}Types: deb\nURIs: {mirror}\nSuites: {suite} {suite}-updates\nComponents: {components}\nSigned-By: {keyring}\n",
        HEADER = super::HEADER
    ))
}

/// The source file of the repository that has Kubernetes' packages; its key is a file of its own.
#[must_use]
pub fn kubernetes_source(source: &PackageSource, version: &KubernetesVersion) -> ManagedFile {
    let (header, url) = (super::HEADER, source.debian_url(version));
    ManagedFile::public(format!(
        "{header}Types: deb\nURIs: {url}/\nSuites: /\nSigned-By: {KUBERNETES_KEY_FILE}\n"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::{Proxy, tests::node};

    #[test]
    fn the_package_proxy_wins_and_its_host_is_direct() {
        let mut intent = node();
        intent.proxy = Some(Proxy {
            http: Some("http://general:3128".to_owned()),
            https: Some("http://secure:3128".to_owned()),
            no_proxy: vec![
                ".cluster.local".to_owned(),
                "10.0.0.0/8".to_owned(),
                "mirror".to_owned(),
            ],
        });
        intent.packages.proxy = Some("http://user@10.77.0.1:3142/".to_owned());
        let text = proxy_file(&intent).unwrap().content;
        assert_eq!(
            text.strip_prefix(HEADER_APT).unwrap(),
            "Acquire::http::Proxy \"http://user@10.77.0.1:3142/\";\nAcquire::https::Proxy \"http://secure:3128\";\nAcquire::http::Proxy::mirror \"DIRECT\";\nAcquire::https::Proxy::mirror \"DIRECT\";\nAcquire::http::Proxy::10.77.0.1 \"DIRECT\";\nAcquire::https::Proxy::10.77.0.1 \"DIRECT\";\n"
        );
        assert_eq!(proxy_file(&node()), None);
    }

    #[test]
    fn the_mirror_follows_the_distribution() {
        let os = OperatingSystem {
            id: "ubuntu".to_owned(),
            codename: "noble".to_owned(),
            ..OperatingSystem::default()
        };
        let text = mirror_file("http://mirror/ubuntu", &os).content;
        assert!(
            text.contains("Suites: noble noble-updates\nComponents: main universe\n"),
            "{text}"
        );
    }

    #[test]
    fn the_kubernetes_source_is_a_flat_repository() {
        let text =
            kubernetes_source(&PackageSource::default(), &KubernetesVersion::new(1, 35, 4)).content;
        assert!(text.contains("/v1.35/deb/\nSuites: /\n"), "{text}");
    }
}
