//! The way to a cluster's etcd from one of its hosts.

use super::credentials::{Credentials, Files};
use super::look::{Etcd, Server};
use crate::error::{ErrorKind, OperateError};
use crate::record_file::read_claim;
use cluster::intent::{ClusterIntent, EtcdIntent, ExternalEtcd};
use host::Host;

/// The server beside the API server, as its host reaches it.
const BESIDE: &str = "https://127.0.0.1:2379";

impl Etcd {
    /// The etcd of `cluster` as it is reached from `host`, with the API server's own credentials,
    /// which are read into memory. `None` when there should be one on the host, and it has none.
    ///
    /// # Errors
    /// When the host does not answer or is marked for another cluster, lacks files that the cluster
    /// names, or the credentials are no certificates.
    pub(crate) async fn on(
        name: &str,
        host: &Host,
        cluster: &ClusterIntent,
    ) -> Result<Option<Self>, OperateError> {
        match &cluster.etcd {
            EtcdIntent::Local(_) => {
                not_of_another(name, host, cluster).await?;
                Self::beside(name, host, cluster.certificates_directory()).await
            }
            EtcdIntent::External(external) => Self::external(name, host, external).await.map(Some),
        }
    }

    async fn beside(
        name: &str,
        host: &Host,
        directory: &str,
    ) -> Result<Option<Self>, OperateError> {
        let read = Files::of_api_server(directory).read(name, host).await?;
        let Credentials::Complete(tls) = read else {
            return Ok(None);
        };
        let server = Server { title: format!("etcd on {name}"), url: BESIDE.to_owned() };
        Ok(Some(Self { host: host.clone(), tls: Some(tls), servers: vec![server] }))
    }

    async fn external(
        name: &str,
        host: &Host,
        external: &ExternalEtcd,
    ) -> Result<Self, OperateError> {
        let tls = match Files::of_external(external) {
            None => None,
            Some(files) => match files.read(name, host).await? {
                Credentials::Complete(tls) => Some(tls),
                Credentials::Missing(paths) => return Err(no_files(name, &paths)),
            },
        };
        let server = |url: &String| Server { title: format!("etcd at {url}"), url: url.clone() };
        let servers = external.endpoints.iter().map(server).collect();
        Ok(Self { host: host.clone(), tls, servers })
    }
}

/// Another cluster's etcd may have a member of the same name, which would be taken for ours.
async fn not_of_another(
    name: &str,
    host: &Host,
    cluster: &ClusterIntent,
) -> Result<(), OperateError> {
    let claim = read_claim(name, host).await?;
    match claim.and_then(|claim| claim.of_other_cluster(&cluster.id)) {
        None => Ok(()),
        Some(found) => Err(OperateError::new("find the cluster's etcd", ErrorKind::Api)
            .note(format!("{name} belongs to another cluster: {found}"))),
    }
}

fn no_files(name: &str, paths: &[String]) -> OperateError {
    let paths = paths.join(", ");
    let intent = format!("read etcd's client credentials on {name}");
    OperateError::new(intent, ErrorKind::Api)
        .note(format!("etcd is external, and {name} lacks what etcd.external names: {paths}"))
}
