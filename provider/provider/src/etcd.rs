//! The data source `kubeadm_etcd_members`.

use cluster::etcd::{EtcdMember, EtcdState, Health, Vote, remarks};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tfplugin::attribute::{computed, required};
use tfplugin::{Context, DataSource, Diagnostics, Tf};

use crate::explain::{diagnostics, explain, explain_as_warning, warn_findings};
use crate::membership::LIMITS;
use crate::model::{ControlPlane, contacts};
use crate::node::proves_nothing;
use crate::provider::Kubeadm;
use crate::within::within;

/// What follows from an etcd that does not answer.
const SILENT: &str = "Nothing is shown of etcd: all its attributes are null.";

/// The data source `kubeadm_etcd_members`.
pub(crate) struct EtcdMembersDataSource;

/// The members of a cluster's etcd, how each of them is, and how many more may fail.
///
/// It is read through the control plane hosts, with the API server's own client certificate; of an
/// external etcd, at its endpoints as these hosts reach them, with the files that `etcd.external` of
/// the cluster names there. When no etcd server answers, that is a warning, and all computed attributes are null.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
pub(crate) struct EtcdModel {
    /// Members through which the cluster is reached: `kubeadm_cni.this.control_plane` or
    /// `values(kubeadm_control_plane_member.this)`.
    #[schemars(extend("x-tf" = required()))]
    pub(crate) control_plane: ControlPlane,
    /// Every member, by its id.
    #[schemars(extend("x-tf" = computed()))]
    pub(crate) members: Tf<Vec<MemberEntry>>,
    /// Name of the leader; null while there is none.
    #[schemars(extend("x-tf" = computed()))]
    pub(crate) leader: Tf<String>,
    /// How many members have a vote.
    #[schemars(extend("x-tf" = computed()))]
    pub(crate) voters: Tf<i64>,
    /// How many of those serve.
    #[schemars(extend("x-tf" = computed()))]
    pub(crate) healthy_voters: Tf<i64>,
    /// How many must serve so that etcd does.
    #[schemars(extend("x-tf" = computed()))]
    pub(crate) quorum: Tf<i64>,
    /// How many more voters may fail before etcd stops; null when it already has.
    #[schemars(extend("x-tf" = computed()))]
    pub(crate) failure_tolerance: Tf<i64>,
    /// Alarms that were raised, such as `NOSPACE`.
    #[schemars(extend("x-tf" = computed()))]
    pub(crate) alarms: Tf<Vec<AlarmEntry>>,
}

/// One member of etcd.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
pub(crate) struct MemberEntry {
    /// Its id in hexadecimal, as `etcdctl` shows it.
    pub(crate) id: Tf<String>,
    /// Its name, which is its host's; null while it was added and has never started.
    pub(crate) name: Tf<String>,
    /// Where other members reach it.
    pub(crate) peer_urls: Tf<Vec<Tf<String>>>,
    /// Where clients reach it.
    pub(crate) client_urls: Tf<Vec<Tf<String>>>,
    /// Whether it has no vote yet.
    pub(crate) learner: Tf<bool>,
    /// Whether it answers and knows a leader.
    pub(crate) healthy: Tf<bool>,
    /// Why it is not healthy.
    pub(crate) reason: Tf<String>,
    /// Version of etcd; null when it does not answer.
    pub(crate) version: Tf<String>,
    /// Size of its database in bytes; null when it does not answer.
    pub(crate) database_bytes: Tf<i64>,
}

/// One alarm.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
pub(crate) struct AlarmEntry {
    /// Id of the member that raised it.
    pub(crate) member: Tf<String>,
    /// `NOSPACE` or `CORRUPT`.
    pub(crate) kind: Tf<String>,
}

impl DataSource for EtcdMembersDataSource {
    type Provider = Kubeadm;
    type State = EtcdModel;
    const TYPE_NAME: &'static str = "kubeadm_etcd_members";

    fn validate(&self, config: &EtcdModel) -> Diagnostics {
        diagnostics(&contacts::check(&config.control_plane).into_iter().collect::<Vec<_>>())
    }

    async fn read(
        &self,
        context: &Context<Kubeadm>,
        config: EtcdModel,
    ) -> Result<EtcdModel, Diagnostics> {
        let clients = context.require_data()?;
        let intents = contacts::intents(&config.control_plane, clients.ports());
        let (cluster, ways) = intents.map_err(|found| diagnostics(&found))?;
        let work =
            |stop| async move { clients.operations().etcd_state(&cluster, &ways, &stop).await };
        match within(context, LIMITS.read, work).await {
            Ok(found) => {
                warn_findings(context, &remarks(&found));
                Ok(EtcdModel::of(config.control_plane, &found))
            }
            Err(error) if proves_nothing(&error) => {
                context.warn(explain_as_warning(&error, SILENT));
                Ok(EtcdModel::silent(config.control_plane))
            }
            Err(error) => Err(explain(&error).into()),
        }
    }
}

impl EtcdModel {
    /// A failure would stand in the way of the cluster's repair, and of its removal.
    fn silent(control_plane: ControlPlane) -> Self {
        Self {
            control_plane,
            members: Tf::Null,
            leader: Tf::Null,
            voters: Tf::Null,
            healthy_voters: Tf::Null,
            quorum: Tf::Null,
            failure_tolerance: Tf::Null,
            alarms: Tf::Null,
        }
    }

    fn of(control_plane: ControlPlane, found: &EtcdState) -> Self {
        let alarms = found.alarms.iter().map(|alarm| AlarmEntry {
            member: Tf::Known(alarm.member.to_string()),
            kind: Tf::Known(alarm.kind.clone()),
        });
        Self {
            control_plane,
            members: Tf::Known(found.members.iter().map(MemberEntry::from).collect()),
            leader: found.leader().and_then(|leader| leader.name.clone()).into(),
            voters: count(found.voters().count()),
            healthy_voters: count(found.healthy_voters()),
            quorum: count(found.quorum()),
            failure_tolerance: found.failure_tolerance().map_or(Tf::Null, count),
            alarms: Tf::Known(alarms.collect()),
        }
    }
}

impl From<&EtcdMember> for MemberEntry {
    fn from(member: &EtcdMember) -> Self {
        let urls = |urls: &[String]| Tf::Known(urls.iter().cloned().map(Tf::Known).collect());
        let status = member.status.as_ref();
        Self {
            id: Tf::Known(member.id.to_string()),
            name: member.name.clone().into(),
            peer_urls: urls(&member.peer_urls),
            client_urls: urls(&member.client_urls),
            learner: Tf::Known(member.vote == Vote::Learner),
            healthy: Tf::Known(member.is_healthy()),
            reason: match &member.health {
                Health::Healthy => Tf::Null,
                Health::Unhealthy(reason) => Tf::Known(reason.clone()),
            },
            version: status.map(|status| status.version.clone()).into(),
            database_bytes: status
                .and_then(|status| i64::try_from(status.database_bytes).ok())
                .into(),
        }
    }
}

pub(crate) fn count(number: usize) -> Tf<i64> {
    i64::try_from(number).ok().into()
}

#[cfg(test)]
mod tests {
    use crate::double::World;
    use crate::samples::control_plane;
    use serde_json::json;

    #[tokio::test]
    async fn members_are_shown_with_what_may_still_fail() {
        let harness = World::new().harness(&json!({})).await;
        let config = json!({ "control_plane": control_plane(&["192.0.2.1", "192.0.2.2"]) });
        let etcd = harness.read_data_source("kubeadm_etcd_members", &config).await.unwrap();
        assert_eq!(etcd["members"][1]["id"], "ffffffffffffffff");
        assert_eq!(etcd["members"][1]["reason"], "connection refused");
        assert_eq!((&etcd["leader"], &etcd["voters"]), (&json!("cp1"), &json!(2)));
        assert_eq!((&etcd["quorum"], &etcd["failure_tolerance"]), (&json!(2), &json!(null)));
        assert_eq!(etcd["alarms"], json!([{ "member": "1", "kind": "NOSPACE" }]));
    }
}
