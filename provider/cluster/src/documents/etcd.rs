use super::values::{NamedValue, arguments, environment};
use crate::intent::{EtcdIntent, ExternalEtcd, LocalEtcd};
use serde::Serialize;
use std::collections::BTreeSet;

/// kubeadm's `etcd`: it takes one of the two and refuses both.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum EtcdValue<'a> {
    Local(LocalEtcdValue<'a>),
    External(ExternalEtcdValue<'a>),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LocalEtcdValue<'a> {
    data_dir: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    image_repository: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    image_tag: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    extra_args: Vec<NamedValue<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    extra_envs: Vec<NamedValue<'a>>,
    #[serde(rename = "serverCertSANs", skip_serializing_if = "BTreeSet::is_empty")]
    server_cert_sans: &'a BTreeSet<String>,
    #[serde(rename = "peerCertSANs", skip_serializing_if = "BTreeSet::is_empty")]
    peer_cert_sans: &'a BTreeSet<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ExternalEtcdValue<'a> {
    endpoints: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    ca_file: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cert_file: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_file: Option<&'a str>,
}

impl<'a> From<&'a EtcdIntent> for EtcdValue<'a> {
    fn from(etcd: &'a EtcdIntent) -> Self {
        match etcd {
            EtcdIntent::Local(local) => Self::Local(local.into()),
            EtcdIntent::External(external) => Self::External(external.into()),
        }
    }
}

impl<'a> From<&'a LocalEtcd> for LocalEtcdValue<'a> {
    fn from(etcd: &'a LocalEtcd) -> Self {
        Self {
            data_dir: etcd.data_dir(),
            image_repository: etcd.image_repository.as_deref(),
            image_tag: etcd.image_tag.as_deref(),
            extra_args: arguments(&etcd.extra_args),
            extra_envs: environment(&etcd.extra_envs),
            server_cert_sans: &etcd.server_cert_sans,
            peer_cert_sans: &etcd.peer_cert_sans,
        }
    }
}

impl<'a> From<&'a ExternalEtcd> for ExternalEtcdValue<'a> {
    fn from(etcd: &'a ExternalEtcd) -> Self {
        Self {
            endpoints: &etcd.endpoints,
            ca_file: etcd.ca_file.as_deref(),
            cert_file: etcd.cert_file.as_deref(),
            key_file: etcd.key_file.as_deref(),
        }
    }
}
