//! Who answers at the cluster's endpoint, seen from a host.

use super::subject::Subject;
use super::wait::{Look, Wait};
use crate::Operator;
use crate::error::{ErrorKind, OperateError};
use crate::kubernetes::{Identity, Kubernetes, Target, answers, client_of, config};
use cluster::endpoint::{advice, neighbour, taken, unreached};
use cluster::intent::{Endpoint, EndpointKind, NodeReference};
use cluster::observed::Fact;
use futures::future::join_all;
use host::{Command, Host, HostError};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How long the endpoint may take to lead somewhere: hosts elect who holds the address, and a load
/// balancer sees an API server within seconds.
pub(super) const ANSWER: Duration = Duration::from_mins(2);

/// How long a load balancer may take to see that an API server serves.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long the kernel may take to find out that nobody has an address.
const RESOLUTION: Duration = Duration::from_secs(5);

impl Subject<'_> {
    /// Two hosts with one address are reached at random. One of the control plane may have it by now: an
    /// apply was interrupted that let the cluster begin there.
    pub(super) async fn require_free_address(&self) -> Result<(), OperateError> {
        if let Some(address) = self.advertised_address() {
            return self.require_free_route(address).await;
        }
        let Some(address) = self.cluster().endpoint.kind.virtual_address() else { return Ok(()) };
        for node in self.peers().iter().chain([self.node()]) {
            match self.operator.observe_node(node, self.cancel).await {
                Ok(it) if it.network.has_address(address) == Fact::Known(true) => return Ok(()),
                Ok(_) => {}
                Err(error) if error.is_cancelled() => return Err(error),
                // It may be the one that has it.
                Err(_) => return Ok(()),
            }
        }
        // What the kernel knew may be of a moment ago; whatever comes of the dialling, it has asked anew.
        let text = address.to_string();
        let neighbours = Command::new("ip").args(["neighbour", "flush", "to", text.as_str()]);
        self.run("forget who had an address", &neighbours).await?;
        let dialled = self.host.dial(&text, self.cluster().endpoint.port);
        drop(tokio::time::timeout(RESOLUTION, dialled).await);
        let ask = Command::new("ip").args(["-json", "neighbour", "show", "to"]);
        let output = self.run("ask who has an address", &ask.arg(text)).await?;
        match neighbour(&output.stdout_text()) {
            Some(hardware) => Err(self.unfit(taken(address, self.name(), &hardware))),
            None => Ok(()),
        }
    }

    /// Before the cluster begins nobody answers at the endpoint but a load balancer.
    pub(super) async fn await_address(&self) -> Result<(), OperateError> {
        let endpoint = &self.cluster().endpoint;
        let what = format!("the endpoint {endpoint}, seen from {}", self.name());
        let wait = Wait { what: &what, limit: ANSWER, cancel: self.cancel };
        let answered = wait.until(|| async {
            let dialled = self.host.dial(&endpoint.host, endpoint.port).await;
            Ok(dialled.map_or_else(|error| Look::NotYet(error.to_string()), |_| Look::Met(())))
        });
        answered.await.map_err(|error| error.advise(advice(&endpoint.kind)))
    }

    /// From here on clients are led to this host, too.
    pub(super) async fn await_endpoint(&self) -> Result<(), OperateError> {
        let kubernetes = self.kubernetes().await?;
        let endpoint = &self.cluster().endpoint;
        let what = format!("the API at the endpoint {endpoint}, seen from {}", self.name());
        let wait = Wait { what: &what, limit: ANSWER, cancel: self.cancel };
        let answered = wait.until(|| async {
            let seen = self.sees_endpoint(&kubernetes).await;
            Ok(seen.map_or_else(Look::NotYet, Look::Met))
        });
        answered.await.map_err(|error| error.advise(advice(&endpoint.kind)))
    }

    /// kubeadm and the kubelet of a host that joins go by the endpoint, and find out after minutes.
    pub(crate) async fn require_endpoint(
        &self,
        kubernetes: &Kubernetes,
    ) -> Result<(), OperateError> {
        let (endpoint, reason) = (&self.cluster().endpoint, Mutex::new(String::new()));
        let dialled = self.host.dial(&endpoint.host, endpoint.port).await;
        if dialled.is_err_and(|error| error.forbids_forwarding()) {
            let host = self.name();
            tracing::warn!(
                host,
                "its sshd passes nothing on: the endpoint is not looked at from there"
            );
            return Ok(());
        }
        let what = format!("the API at the endpoint {endpoint}, seen from {}", self.name());
        let wait = Wait { what: &what, limit: PATIENCE, cancel: self.cancel };
        let answered = wait.until(|| async {
            let Err(seen) = self.sees_endpoint(kubernetes).await else { return Ok(Look::Met(())) };
            reason.lock().unwrap_or_else(PoisonError::into_inner).clone_from(&seen);
            Ok(Look::NotYet(seen))
        });
        match answered.await {
            Err(error) if error.kind == ErrorKind::Timeout => {
                let observed = self.observe().await?;
                let address = endpoint.address();
                let is_own = |address| observed.network.has_address(address) == Fact::Known(true);
                let is_own = address.is_some_and(is_own);
                let reason = reason.into_inner().unwrap_or_else(PoisonError::into_inner);
                let finding = unreached(endpoint, self.name(), self.intent.role(), is_own, &reason);
                let intent = format!("join host {}", self.name());
                Err(OperateError::refused(intent, vec![finding])
                    .on(self.operator.label(self.node())))
            }
            other => other,
        }
    }

    /// Whether this host reaches the cluster's API through its endpoint, or why not.
    async fn sees_endpoint(&self, kubernetes: &Kubernetes) -> Result<(), String> {
        sees_endpoint(&self.host, &self.cluster().endpoint, kubernetes).await
    }
}

impl Operator {
    /// Whether the API answers at a cluster's endpoint, by the host from which it was tried: nothing, or
    /// what was said. A host that does not answer itself, or that passes nothing on, is left out.
    pub(super) async fn endpoint_seen(
        &self,
        endpoint: &Endpoint,
        hosts: &[NodeReference],
        kubernetes: &Kubernetes,
    ) -> BTreeMap<String, Option<String>> {
        let looks = hosts.iter().map(|node| async move {
            let host = self.host(node).ok()?;
            let dialled =
                tokio::time::timeout(RESOLUTION, host.dial(&endpoint.host, endpoint.port));
            let is_silent =
                |error: &HostError| error.forbids_forwarding() || error.is_unreachable();
            if matches!(dialled.await, Ok(Err(error)) if is_silent(&error)) {
                return None;
            }
            let seen = sees_endpoint(&host, endpoint, kubernetes).await;
            Some((node.name.clone(), seen.err()))
        });
        let seen = join_all(looks).await.into_iter().flatten().collect();
        match &endpoint.kind {
            EndpointKind::Tailscale(kind) => self.led_by_tailnet(kind.address, hosts, seen).await,
            _ => seen,
        }
    }
}

async fn sees_endpoint(
    host: &Host,
    endpoint: &Endpoint,
    kubernetes: &Kubernetes,
) -> Result<(), String> {
    let credentials = &kubernetes.credentials;
    let identity = Identity {
        ca: &credentials.ca_certificate,
        certificate: &credentials.client_certificate,
        key: &credentials.client_key,
    };
    let tls = config(&identity).map_err(|error| error.to_string())?;
    let target = Target {
        host: host.clone(),
        address: endpoint.host.clone(),
        port: endpoint.port,
        server_name: endpoint.host.clone(),
    };
    answers(&client_of(target, tls)).await
}
