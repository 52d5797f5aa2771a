//! Whether the components of a control plane work.

use crate::error::OperateError;
use crate::kubernetes::{Kubernetes, api_error};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::apps::v1::{DaemonSet, Deployment};
use k8s_openapi::api::coordination::v1::Lease;
use kube::Api;
use std::collections::BTreeMap;

/// The health of a component that works.
pub(crate) const OK: &str = "ok";

const SYSTEM: &str = "kube-system";

/// Leaders renew their leases every few seconds.
const FRESH: SignedDuration = SignedDuration::from_mins(1);

impl Kubernetes {
    /// Whether the API server says that it is ready; else what it says.
    pub(crate) async fn ready(&self) -> Result<(), String> {
        match self.text("/readyz").await {
            Ok(text) if text.trim() == OK => Ok(()),
            Ok(text) => Err(text),
            Err(error) => Err(api_error("ask for readiness", error).details.notes.join("; ")),
        }
    }

    /// The health of each component. `CoreDNS` and kube-proxy count when they are installed.
    pub(crate) async fn components(&self) -> Result<BTreeMap<String, String>, OperateError> {
        let (api_server, etcd) = self.api_server_and_etcd().await;
        let mut components = BTreeMap::from([
            ("kube-apiserver".to_owned(), api_server),
            ("etcd".to_owned(), etcd),
            ("kube-controller-manager".to_owned(), self.leader("kube-controller-manager").await?),
            ("kube-scheduler".to_owned(), self.leader("kube-scheduler").await?),
        ]);
        if let Some(health) = self.dns().await? {
            components.insert("coredns".to_owned(), health);
        }
        if let Some(health) = self.proxy().await? {
            components.insert("kube-proxy".to_owned(), health);
        }
        Ok(components)
    }

    async fn api_server_and_etcd(&self) -> (String, String) {
        let ready = self.ready().await.err().unwrap_or_else(|| OK.to_owned());
        let etcd = match self.text("/readyz/etcd").await {
            Ok(text) => text.trim().to_owned(),
            Err(error) => api_error("ask for etcd", error).details.notes.join("; "),
        };
        (ready, etcd)
    }

    async fn leader(&self, name: &str) -> Result<String, OperateError> {
        let leases = Api::<Lease>::namespaced(self.client.clone(), SYSTEM);
        let lease = leases.get_opt(name).await;
        let lease = lease.map_err(|error| api_error(format!("read the lease of {name}"), error))?;
        let renewed = lease.and_then(|lease| lease.spec?.renew_time).map(|time| time.0);
        Ok(leader_health(renewed, Timestamp::now()))
    }

    async fn dns(&self) -> Result<Option<String>, OperateError> {
        let deployments = Api::<Deployment>::namespaced(self.client.clone(), SYSTEM);
        let found = deployments.get_opt("coredns").await;
        let found = found.map_err(|error| api_error("read deployment coredns", error))?;
        Ok(found.and_then(|found| found.status).map(|status| {
            counted(status.ready_replicas.unwrap_or_default(), status.replicas.unwrap_or_default())
        }))
    }

    async fn proxy(&self) -> Result<Option<String>, OperateError> {
        let sets = Api::<DaemonSet>::namespaced(self.client.clone(), SYSTEM);
        let found = sets.get_opt("kube-proxy").await;
        let found = found.map_err(|error| api_error("read daemon set kube-proxy", error))?;
        let status = found.and_then(|found| found.status);
        Ok(status.map(|status| counted(status.number_ready, status.desired_number_scheduled)))
    }

    async fn text(&self, path: &'static str) -> Result<String, kube::Error> {
        let request = http::Request::get(path).body(Vec::new()).map_err(kube::Error::HttpError)?;
        self.client.request_text(request).await
    }
}

fn leader_health(renewed: Option<Timestamp>, now: Timestamp) -> String {
    match renewed {
        None => "no leader was ever elected".to_owned(),
        Some(renewed) if now.duration_since(renewed) < FRESH => OK.to_owned(),
        Some(renewed) => format!("no leader since {renewed:.0}"),
    }
}

fn counted(ready: i32, wanted: i32) -> String {
    if ready >= wanted && wanted > 0 { OK.to_owned() } else { format!("{ready} of {wanted} ready") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaders_and_counts() {
        let now: Timestamp = "2026-01-01T00:01:00Z".parse().unwrap();
        let at = |text: &str| Some(text.parse().unwrap());
        assert_eq!(leader_health(at("2026-01-01T00:00:50Z"), now), "ok");
        assert_eq!(
            leader_health(at("2025-12-31T23:00:00Z"), now),
            "no leader since 2025-12-31T23:00:00Z"
        );
        assert_eq!(leader_health(None, now), "no leader was ever elected");
        assert_eq!(counted(2, 2), "ok");
        assert_eq!(counted(1, 2), "1 of 2 ready");
        assert_eq!(counted(0, 0), "0 of 0 ready");
    }
}
