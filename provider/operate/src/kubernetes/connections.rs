//! Clients of API servers, one a control plane host and walk.

use super::credentials::AdminCredentials;
use super::failure::innermost;
use super::tunnel;
use crate::error::{ErrorKind, OperateError};
use crate::record_file::read_claim;
use cluster::ca_hash::{CaHash, ca_hashes};
use cluster::intent::{Endpoint, NodeReference};
use cluster::membership::Claim;
use cluster::observed::KubernetesFiles;
use host::Host;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Mutex as AsyncMutex;
use tokio::time::Instant;

/// Longest time for the first answer of an API server.
const FIRST_ANSWER: Duration = Duration::from_secs(10);

/// How long an API server that has served is taken to serve still.
const TRUST: Duration = Duration::from_secs(2);

/// A cluster's API, seen through one of its control plane hosts.
#[derive(Clone)]
pub(crate) struct Kubernetes {
    /// That host.
    pub(crate) node: NodeReference,
    /// Client with the administrator's credentials.
    pub(crate) client: kube::Client,
    /// Those credentials.
    pub(crate) credentials: AdminCredentials,
    /// Hashes of the cluster's CAs; never empty.
    pub(crate) ca_hashes: Vec<CaHash>,
    /// Version of the API server that answers, without the leading `v`.
    pub(crate) version: String,
    /// Our mark on the host, as it was when the connection was made.
    pub(crate) claim: Option<Claim>,
}

/// Why a host is no way into its cluster.
#[derive(Debug)]
pub(crate) enum NoWay {
    /// The host has no administrator's credentials: it is not in any control plane.
    NotInitialized,
    /// It has, and its API server does not answer.
    Silent(String),
    /// It is in the control plane of another cluster, and how that is known.
    Foreign(String),
    /// It bears our mark, and carries another CA than the mark tells of.
    OtherAuthority(String),
    /// The host itself failed.
    Host(OperateError),
}

impl std::fmt::Display for NoWay {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotInitialized => formatter.write_str("the host is in no control plane"),
            Self::Silent(reason) => write!(formatter, "its API server does not answer: {reason}"),
            Self::OtherAuthority(found) => {
                write!(formatter, "it is not what it was set up as: {found}")
            }
            Self::Foreign(found) => write!(formatter, "it belongs to another cluster: {found}"),
            Self::Host(error) => {
                let source = std::error::Error::source(error).map(ToString::to_string);
                write!(formatter, "{error}: {}", source.unwrap_or_default())
            }
        }
    }
}

/// The clients of a walk, by the SSH endpoint of the host and the way to it: two sites may use the
/// same addresses.
#[derive(Default)]
pub(crate) struct Connections(Mutex<HashMap<Key, Slot>>);

type Key = (String, u16, Option<String>);
type Slot = Arc<AsyncMutex<Option<Kept>>>;

/// A client, and when its API server was last seen to serve.
struct Kept {
    kubernetes: Arc<Kubernetes>,
    seen: Instant,
}

impl Connections {
    /// The client for the API server on `host`; all who ask at once share one attempt.
    ///
    /// Only success is kept: an API server that is silent now may answer in a moment.
    pub(crate) async fn open(
        &self,
        node: &NodeReference,
        host: &Host,
    ) -> Result<Arc<Kubernetes>, NoWay> {
        let slot = self.slot(node);
        let mut kept = slot.lock().await;
        if let Some(kept) = &mut *kept
            && kept.serves().await
        {
            return Ok(Arc::clone(&kept.kubernetes));
        }
        *kept = None;
        let kubernetes = Arc::new(connect(node, host).await?);
        *kept = Some(Kept { kubernetes: Arc::clone(&kubernetes), seen: Instant::now() });
        Ok(kubernetes)
    }

    /// Whether there is a client already, so that the host is a quick way.
    pub(crate) fn has(&self, node: &NodeReference) -> bool {
        self.slots()
            .get(&key(node))
            .is_some_and(|slot| slot.try_lock().is_ok_and(|kept| kept.is_some()))
    }

    /// To be called when a host's control plane was made or removed: its credentials are others.
    pub(crate) fn forget(&self, node: &NodeReference) {
        self.slots().remove(&key(node));
    }

    fn slot(&self, node: &NodeReference) -> Slot {
        Arc::clone(self.slots().entry(key(node)).or_default())
    }

    fn slots(&self) -> std::sync::MutexGuard<'_, HashMap<Key, Slot>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    /// An API server that served a moment ago is trusted; later it is asked again, since its host
    /// may be gone and another member can do its work.
    async fn serves(&mut self) -> bool {
        if self.seen.elapsed() < TRUST {
            return true;
        }
        let serves = with_etcd(&self.kubernetes.client).await.is_ok();
        self.seen = Instant::now();
        serves
    }
}

fn key(node: &NodeReference) -> Key {
    (node.address.clone(), node.port, node.ssh_profile.clone())
}

async fn connect(node: &NodeReference, host: &Host) -> Result<Kubernetes, NoWay> {
    let intent = format!("read the administrator's credentials on {}", node.name);
    let file = host.read(KubernetesFiles::ADMIN_KUBECONFIG).await;
    let file = file.map_err(|error| NoWay::Host(OperateError::host(intent.as_str(), error)))?;
    let malformed = |error: Box<dyn std::error::Error + Send + Sync>| {
        NoWay::Host(OperateError::new(intent.as_str(), ErrorKind::Malformed).caused_by(error))
    };
    let credentials = AdminCredentials::parse(file.ok_or(NoWay::NotInitialized)?)
        .map_err(|error| malformed(error.into()))?;
    let ca_hashes =
        ca_hashes(&credentials.ca_certificate).map_err(|error| malformed(error.into()))?;
    let claim = read_claim(&node.name, host).await.map_err(NoWay::Host)?;
    same_authority(claim.as_ref(), &ca_hashes)?;
    let client = tunnel::client(host.clone(), Endpoint::DEFAULT_PORT, &credentials);
    let client = client.map_err(|error| malformed(error.into()))?;
    let version = answering_version(&client).await.map_err(NoWay::Silent)?;
    with_etcd(&client).await.map_err(NoWay::Silent)?;
    Ok(Kubernetes { node: node.clone(), client, credentials, ca_hashes, version, claim })
}

/// A host that carries another CA than the one it was marked with is not what it was.
fn same_authority(claim: Option<&Claim>, found: &[CaHash]) -> Result<(), NoWay> {
    let recorded = claim.and_then(|claim| claim.ca_hash.as_deref());
    match recorded {
        Some(known) if !found.iter().any(|hash| hash.as_str() == known) => {
            let found = found.iter().map(CaHash::as_str).collect::<Vec<_>>().join(", ");
            Err(NoWay::OtherAuthority(format!("its CA is {found}, not {known}")))
        }
        _ => Ok(()),
    }
}

/// Whether an API server answers through this client, or why not.
pub(crate) async fn answers(client: &kube::Client) -> Result<(), String> {
    answering_version(client).await.map(drop)
}

async fn answering_version(client: &kube::Client) -> Result<String, String> {
    match tokio::time::timeout(FIRST_ANSWER, client.apiserver_version()).await {
        Ok(Ok(info)) => Ok(info.git_version.trim_start_matches('v').to_owned()),
        Ok(Err(error)) => Err(innermost(&error)),
        Err(_) => Err(format!("no answer within {}s", FIRST_ANSWER.as_secs())),
    }
}

/// Whether the API server has its etcd: without it, it answers and knows nothing.
async fn with_etcd(client: &kube::Client) -> Result<(), String> {
    let request = http::Request::get("/readyz/etcd").body(Vec::new());
    let request = request.map_err(|error| error.to_string())?;
    match tokio::time::timeout(FIRST_ANSWER, client.request_text(request)).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(format!("its etcd does not serve: {}", innermost(&error))),
        Err(_) => Err(format!("its etcd gave no answer within {}s", FIRST_ANSWER.as_secs())),
    }
}

impl Kubernetes {
    /// Refuses the API of a host that is marked for another cluster than `cluster_id`; one without
    /// a mark was made by hand, and is taken for what the configuration says it is.
    pub(crate) fn is_of(&self, cluster_id: &str) -> Result<(), NoWay> {
        let claim = self.claim.as_ref().filter(|_| !cluster_id.is_empty());
        let other = claim.and_then(|claim| claim.of_other_cluster(cluster_id));
        other.map_or(Ok(()), |found| Err(NoWay::Foreign(found)))
    }

    /// Hash of the cluster's CA; of the first in a bundle.
    pub(crate) fn ca_hash(&self) -> String {
        self.ca_hashes.first().map(|hash| hash.as_str().to_owned()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kubernetes::mock::{Answer, kubernetes};
    use cluster::membership::{Entry, Role};

    #[tokio::test]
    async fn the_api_of_another_cluster_is_not_used() {
        let mut mock = kubernetes(|_| Answer::not_found());
        assert!(mock.is_of("ours").is_ok());
        mock.claim = Some(Claim::new("ours", Role::ControlPlane, Entry::Init));
        assert!(mock.is_of("ours").is_ok());
        assert!(matches!(mock.is_of("other"), Err(NoWay::Foreign(_))));
    }

    #[test]
    fn the_same_address_at_two_sites_is_two_hosts() {
        let node = |profile: &str| {
            serde_json::from_value::<NodeReference>(serde_json::json!({
                "name": "cp1", "address": "10.0.0.11", "port": 22, "ssh_profile": profile,
            }))
        };
        assert_ne!(key(&node("north").unwrap()), key(&node("south").unwrap()));
    }

    #[test]
    fn another_authority_than_the_recorded_is_foreign() {
        let hash = |digit: &str| format!("sha256:{}", digit.repeat(64));
        let found = [hash("a").parse::<CaHash>().unwrap()];
        let claim =
            |ca_hash| Claim { ca_hash, ..Claim::new("ours", Role::ControlPlane, Entry::Init) };
        assert!(same_authority(None, &found).is_ok());
        assert!(same_authority(Some(&claim(None)), &found).is_ok());
        assert!(same_authority(Some(&claim(Some(hash("a")))), &found).is_ok());
        let other = same_authority(Some(&claim(Some(hash("b")))), &found);
        assert!(matches!(other, Err(NoWay::OtherAuthority(_))));
    }
}
