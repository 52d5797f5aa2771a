//! The data source `kubeadm_cluster_status`.

use std::collections::BTreeMap;

use operate::membership::{self, ClusterStatus};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tfplugin::attribute::{computed, required};
use tfplugin::{Context, DataSource, Diagnostics, Tf};

use crate::etcd::count;
use crate::explain::{diagnostics, explain, explain_as_warning, warn_findings};
use crate::membership::LIMITS;
use crate::model::{ControlPlane, contacts, text_map};
use crate::node::proves_nothing;
use crate::provider::Kubeadm;
use crate::within::within;

/// What follows from a cluster that does not answer.
const SILENT: &str = "The cluster is shown as not ready, with no nodes.";

/// The data source `kubeadm_cluster_status`.
pub(crate) struct ClusterStatusDataSource;

/// How a cluster is: its nodes, its control plane, its version. One whose API does not answer is not
/// ready and shows no nodes.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
pub(crate) struct StatusModel {
    /// Members through which the cluster is reached: `kubeadm_cni.this.control_plane` or
    /// `values(kubeadm_control_plane_member.this)`.
    #[schemars(extend("x-tf" = required()))]
    pub(crate) control_plane: ControlPlane,
    /// Whether every node is Ready and every component healthy.
    #[schemars(extend("x-tf" = computed()))]
    pub(crate) ready: Tf<bool>,
    /// How many more control plane members may fail before the API stops: the less of what etcd and
    /// the API servers allow; null when that cannot be told, or it already has stopped.
    #[schemars(extend("x-tf" = computed()))]
    pub(crate) failure_tolerance: Tf<i64>,
    /// Version of the API server; null when none answers.
    #[schemars(extend("x-tf" = computed()))]
    pub(crate) api_server_version: Tf<String>,
    /// Health of the control plane's components: name to `ok` or what is wrong.
    #[schemars(extend("x-tf" = computed()))]
    pub(crate) components: Tf<BTreeMap<String, Tf<String>>>,
    /// Whether the API answers at the cluster's endpoint, by the control plane host from which it was tried: `ok`, or
    /// what was said. A host that does not answer itself is left out.
    #[schemars(extend("x-tf" = computed()))]
    pub(crate) endpoint: Tf<BTreeMap<String, Tf<String>>>,
    /// How often containers of pods in `kube-system` were started again, by pod; those that never were are
    /// left out.
    #[schemars(extend("x-tf" = computed()))]
    pub(crate) restarts: Tf<BTreeMap<String, Tf<i64>>>,
    /// Every node, by name.
    #[schemars(extend("x-tf" = computed()))]
    pub(crate) nodes: Tf<Vec<NodeStatus>>,
}

/// How one node is.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
pub(crate) struct NodeStatus {
    /// Name of the node.
    pub(crate) name: Tf<String>,
    /// Roles that its labels give it, such as `control-plane`.
    pub(crate) roles: Tf<Vec<Tf<String>>>,
    /// Whether it is Ready.
    pub(crate) ready: Tf<bool>,
    /// Version of its kubelet.
    pub(crate) kubelet_version: Tf<String>,
    /// Its address inside the cluster's network.
    pub(crate) internal_ip: Tf<String>,
    /// Its conditions: name to `True`, `False` or `Unknown`.
    pub(crate) conditions: Tf<BTreeMap<String, Tf<String>>>,
    /// Whether it takes no new pods.
    pub(crate) unschedulable: Tf<bool>,
    /// Machine id that its kubelet reported.
    pub(crate) machine_id: Tf<String>,
    /// Its container runtime and version.
    pub(crate) runtime: Tf<String>,
}

impl DataSource for ClusterStatusDataSource {
    type Provider = Kubeadm;
    type State = StatusModel;
    const TYPE_NAME: &'static str = "kubeadm_cluster_status";

    fn validate(&self, config: &StatusModel) -> Diagnostics {
        let finding = contacts::check(&config.control_plane);
        diagnostics(&finding.into_iter().collect::<Vec<_>>())
    }

    async fn read(
        &self,
        context: &Context<Kubeadm>,
        config: StatusModel,
    ) -> Result<StatusModel, Diagnostics> {
        let clients = context.require_data()?;
        let intents = contacts::intents(&config.control_plane, clients.ports());
        let (cluster, ways) = intents.map_err(|found| diagnostics(&found))?;
        let work =
            |stop| async move { clients.operations().cluster_status(&cluster, &ways, &stop).await };
        match within(context, LIMITS.read, work).await {
            Ok(found) => {
                warn_findings(context, &found.remarks);
                Ok(StatusModel::of(config.control_plane, found))
            }
            Err(error) if proves_nothing(&error) => {
                context.warn(explain_as_warning(&error, SILENT));
                Ok(StatusModel::of(config.control_plane, silent()))
            }
            Err(error) => Err(explain(&error).into()),
        }
    }
}

impl StatusModel {
    fn of(control_plane: ControlPlane, found: ClusterStatus) -> Self {
        Self {
            control_plane,
            ready: Tf::Known(found.ready),
            failure_tolerance: found.failure_tolerance.map_or(Tf::Null, count),
            api_server_version: some(found.api_server_version),
            components: Tf::Known(text_map(&found.components)),
            endpoint: Tf::Known(found.endpoint.into_iter().map(seen).collect()),
            restarts: Tf::Known(counts(found.restarts)),
            nodes: Tf::Known(found.nodes.into_iter().map(NodeStatus::from).collect()),
        }
    }
}

fn seen((host, said): (String, Option<String>)) -> (String, Tf<String>) {
    (host, Tf::Known(said.unwrap_or_else(|| "ok".to_owned())))
}

impl From<membership::NodeStatus> for NodeStatus {
    fn from(node: membership::NodeStatus) -> Self {
        Self {
            name: Tf::Known(node.name),
            roles: Tf::Known(node.roles.into_iter().map(Tf::Known).collect()),
            ready: Tf::Known(node.ready),
            kubelet_version: some(node.kubelet_version),
            internal_ip: some(node.internal_ip),
            conditions: Tf::Known(text_map(&node.conditions)),
            unschedulable: Tf::Known(node.unschedulable),
            machine_id: some(node.machine_id),
            runtime: some(node.runtime),
        }
    }
}

/// A cluster that does not answer is one that is not ready: a failure would stand in the way of its
/// repair, and of its removal.
fn silent() -> ClusterStatus {
    let api_server = ("kube-apiserver".to_owned(), "does not answer".to_owned());
    ClusterStatus { components: BTreeMap::from([api_server]), ..ClusterStatus::default() }
}

fn counts(found: BTreeMap<String, u64>) -> BTreeMap<String, Tf<i64>> {
    let number = |count: u64| Tf::Known(i64::try_from(count).unwrap_or(i64::MAX));
    found.into_iter().map(|(pod, count)| (pod, number(count))).collect()
}

/// What has not been reported is empty.
fn some(text: String) -> Tf<String> {
    if text.is_empty() { Tf::Null } else { Tf::Known(text) }
}

#[cfg(test)]
mod tests {
    use crate::double::World;
    use crate::samples::control_plane;
    use operate::ErrorKind;
    use serde_json::json;

    #[tokio::test]
    async fn a_cluster_that_does_not_answer_is_not_ready() {
        let world = World::new();
        let harness = world.harness(&json!({})).await;
        let config = json!({ "control_plane": control_plane(&["192.0.2.1"]) });
        let look = async |kind| {
            world.at("192.0.2.1", |machine| machine.failure = Some(kind));
            harness.read_data_source("kubeadm_cluster_status", &config).await
        };
        let status = look(ErrorKind::Unreachable).await.unwrap();
        assert_eq!((&status["ready"], &status["nodes"]), (&json!(false), &json!([])));
        assert_eq!(status["api_server_version"], json!(null));
        assert_eq!(status["failure_tolerance"], json!(null));
        assert!(look(ErrorKind::Host).await.is_err(), "a refused login is the user's to mend");
    }

    #[tokio::test]
    async fn a_cluster_is_looked_at_through_its_members() {
        let harness = World::new().harness(&json!({})).await;
        let config = json!({ "control_plane": control_plane(&["192.0.2.1"]) });
        let status = harness.read_data_source("kubeadm_cluster_status", &config).await.unwrap();
        assert_eq!(status["nodes"][0]["name"], "cp1");
        assert_eq!(status["failure_tolerance"], 0);
        assert_eq!(status["endpoint"], json!({ "cp1": "ok" }));
        assert_eq!(status["nodes"][0]["internal_ip"], json!(null), "what is not reported is null");
        assert_eq!(
            (&status["ready"], &status["api_server_version"]),
            (&json!(true), &json!("1.35.4"))
        );
    }
}
