//! What there is of Kubernetes on the host; never a secret.

use super::{Fact, Sections};
use crate::static_pod::{Component, StaticPod};
use jiff::Timestamp;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use x509_cert::Certificate;

/// What there is of Kubernetes on the host; never a secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct KubernetesFiles {
    /// Files of kubeadm, kubelet and CNI, by path: kubeconfigs, manifests, certificates, keys.
    pub files: Fact<BTreeMap<String, FileDigest>>,
    /// Public certificates in PEM, by the path of the file that holds them.
    pub certificates: BTreeMap<String, Fact<String>>,
    /// The `server:` of each kubeconfig, by path.
    pub servers: BTreeMap<String, String>,
    /// `/var/lib/kubelet/kubeadm-flags.env`.
    pub kubelet_flags: Fact<String>,
    /// `/var/lib/kubelet/config.yaml`.
    pub kubelet_configuration: Fact<String>,
    /// What the kubelet answers to `/healthz`; absent when nothing listens there.
    pub kubelet_health: Fact<String>,
    /// What the API server answers to `/readyz`; absent when nothing listens there.
    pub api_server_health: Fact<String>,
    /// Whether there is data of an etcd member.
    pub etcd_data: Fact<bool>,
    /// Names of files in `/etc/cni/net.d`.
    pub cni_configurations: Fact<BTreeSet<String>>,
    /// `/run/flannel/subnet.env`.
    pub flannel_subnet: Fact<String>,
    /// Static pods of the control plane, as their manifests say.
    pub static_pods: BTreeMap<Component, Fact<StaticPod>>,
}

/// A file without its content.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FileDigest {
    /// Permission bits.
    pub mode: u32,
    /// When it was written last, in seconds since 1970.
    pub modified: i64,
    /// SHA-256 in hexadecimal; none for private keys.
    pub sha256: Option<String>,
}

impl KubernetesFiles {
    /// The cluster's CA on kubeadm hosts.
    pub const CA: &'static str = "/etc/kubernetes/pki/ca.crt";
    /// The kubelet's kubeconfig: a host without it is no member.
    pub const KUBELET_KUBECONFIG: &'static str = "/etc/kubernetes/kubelet.conf";
    /// What TLS bootstrap leaves behind when it did not end.
    pub const BOOTSTRAP_KUBECONFIG: &'static str = "/etc/kubernetes/bootstrap-kubelet.conf";
    /// The administrator's kubeconfig, on control plane hosts.
    pub const ADMIN_KUBECONFIG: &'static str = "/etc/kubernetes/admin.conf";
    /// Static pod of the API server: makes a host a control plane host.
    pub const API_SERVER_MANIFEST: &'static str = "/etc/kubernetes/manifests/kube-apiserver.yaml";

    pub(super) fn parse(sections: &Sections) -> Self {
        Self {
            files: files(sections),
            certificates: sections
                .below("certificate:")
                .map(|(path, fact)| (path.to_owned(), fact.clone()))
                .collect(),
            servers: sections.text("servers").known().map(|text| servers(text)).unwrap_or_default(),
            kubelet_flags: sections.text("kubelet_flags"),
            kubelet_configuration: sections.text("kubelet_configuration"),
            kubelet_health: sections.word("kubelet_health"),
            api_server_health: sections.word("apiserver_health"),
            etcd_data: sections.word("etcd_data").map(|word| word == "yes"),
            cni_configurations: sections
                .text("cni_configurations")
                .map(|text| text.lines().map(str::to_owned).collect()),
            flannel_subnet: sections.text("flannel_subnet"),
            static_pods: Component::ALL.map(|it| (it, static_pod(sections, it))).into(),
        }
    }

    /// Whether a file exists.
    #[must_use]
    pub fn has(&self, path: &str) -> Fact<bool> {
        self.files.as_ref().map(|files| files.contains_key(path))
    }

    /// When each certificate ends, by the path of the file that holds it: those of kubeadm, those in
    /// kubeconfigs, and the kubelet's.
    #[must_use]
    pub fn certificate_ends(&self) -> BTreeMap<String, Fact<Timestamp>> {
        let ends = self.certificates.iter().map(|(path, fact)| {
            let ends = fact.as_ref().and_then(|pem| certificate_end(pem));
            (path.clone(), ends)
        });
        ends.collect()
    }

    /// The cluster's CA in PEM; absent when the host carries none.
    #[must_use]
    pub fn ca(&self) -> Fact<String> {
        match self.certificates.get(Self::CA) {
            Some(fact) => fact.clone(),
            None => self.files.as_ref().and_then(|_| Fact::Absent),
        }
    }
}

fn static_pod(sections: &Sections, component: Component) -> Fact<StaticPod> {
    let manifest = sections.text(&format!("manifest:{component}"));
    manifest.and_then(|text| Fact::understood(StaticPod::parse(&text)))
}

/// End of the first certificate of a bundle: the one the bundle is named for.
fn certificate_end(pem: &str) -> Fact<Timestamp> {
    let chain = match Certificate::load_pem_chain(pem.trim().as_bytes()) {
        Ok(chain) => chain,
        Err(error) => return Fact::Unreadable(format!("no certificate: {error}")),
    };
    let Some(first) = chain.first() else { return Fact::Absent };
    let end = first.tbs_certificate().validity().not_after.to_unix_duration();
    let seconds = i64::try_from(end.as_secs()).unwrap_or(i64::MAX);
    Fact::understood(Timestamp::from_second(seconds))
}

/// Modes and times of all files, joined with the digests of those that have one.
fn files(sections: &Sections) -> Fact<BTreeMap<String, FileDigest>> {
    sections.text("kubernetes_modes").and_then(|modes| {
        sections.text("kubernetes_digests").map(|digests| joined(&modes, &digests))
    })
}

fn joined(modes: &str, digests: &str) -> BTreeMap<String, FileDigest> {
    let digests: BTreeMap<&str, &str> = digests
        .lines()
        .filter_map(|line| line.split_once("  "))
        .map(|(digest, path)| (path, digest))
        .collect();
    let file = |line: &str| {
        let mut words = line.splitn(3, ' ');
        let mode = u32::from_str_radix(words.next()?, 8).ok()?;
        let modified = words.next()?.parse().ok()?;
        let path = words.next()?;
        let sha256 = digests.get(path).map(|digest| (*digest).to_owned());
        Some((path.to_owned(), FileDigest { mode, modified, sha256 }))
    };
    modes.lines().filter_map(file).collect()
}

/// `PATH:    server: ADDRESS` a line.
fn servers(text: &str) -> BTreeMap<String, String> {
    let pair = |line: &str| {
        let (path, rest) = line.split_once(':')?;
        Some((path.to_owned(), rest.trim().strip_prefix("server:")?.trim().to_owned()))
    };
    text.lines().filter_map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_and_digests_are_joined() {
        let found = joined(
            "600 17 /etc/kubernetes/admin.conf\n600 18 /etc/kubernetes/pki/ca.key\n",
            "ab12  /etc/kubernetes/admin.conf\n",
        );
        assert_eq!(found["/etc/kubernetes/admin.conf"].sha256.as_deref(), Some("ab12"));
        let key = FileDigest { mode: 0o600, modified: 18, sha256: None };
        assert_eq!(found["/etc/kubernetes/pki/ca.key"], key);
    }

    #[test]
    fn certificates_end() {
        let pem = include_str!("../../tests/data/certificate.pem");
        assert_eq!(certificate_end(pem), Fact::Known("2036-11-18T12:59:56Z".parse().unwrap()));
        assert!(certificate_end("-----BEGIN CERTIFICATE-----\nAA\n").is_unreadable());
    }

    #[test]
    fn servers_keep_their_port() {
        let found = servers("/etc/kubernetes/kubelet.conf:    server: https://10.77.0.11:6443\n");
        assert_eq!(found["/etc/kubernetes/kubelet.conf"], "https://10.77.0.11:6443");
    }
}
