//! Objects that are applied as a whole: by server-side apply, so that what others add stays theirs.

use super::wait::{Look, Wait};
use crate::error::OperateError;
use crate::kubernetes::{Kubernetes, api_error, is_gone, passes};
use cluster::flannel::Object;
use cluster::membership::metadata::FIELD_MANAGER;
use kube::Api;
use kube::api::{DeleteParams, Patch, PatchParams, PropagationPolicy};
use kube::core::{ApiResource, DynamicObject};
use serde_json::Value;
use std::fmt;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Longest time until a deleted object is gone; a namespace waits for everything in it.
const DELETION: Duration = Duration::from_mins(3);

/// How an object was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ObjectState {
    /// Applying it would change nothing.
    InSync,
    /// It is not there.
    Missing,
    /// Applying it would change it.
    Changed,
}

impl fmt::Display for ObjectState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::InSync => "in sync",
            Self::Missing => "missing",
            Self::Changed => "changed",
        })
    }
}

/// Whether an apply is meant.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// It is.
    ForGood,
    /// It is only asked what would come of it.
    OnTrial,
}

impl Kubernetes {
    /// Applies an object; what the API made of it.
    pub(crate) async fn apply(
        &self,
        object: &Object,
        change: Change,
    ) -> Result<DynamicObject, OperateError> {
        let parameters = PatchParams::apply(FIELD_MANAGER).force();
        let parameters = if change == Change::OnTrial { parameters.dry_run() } else { parameters };
        let applied =
            self.api_of(object).patch(&object.name, &parameters, &Patch::Apply(&object.body)).await;
        applied.map_err(|error| api_error(format!("apply {}", object.key()), error))
    }

    /// How the object was found, against what applying it would make of it.
    pub(crate) async fn compare(&self, object: &Object) -> Result<ObjectState, OperateError> {
        let live = self.api_of(object).get_opt(&object.name).await;
        let live = live.map_err(|error| api_error(format!("read {}", object.key()), error))?;
        let Some(live) = live.filter(|live| live.metadata.deletion_timestamp.is_none()) else {
            return Ok(ObjectState::Missing);
        };
        let applied = self.apply(object, Change::OnTrial).await?;
        Ok(if content(&live) == content(&applied) {
            ObjectState::InSync
        } else {
            ObjectState::Changed
        })
    }

    /// Deletes an object with everything that depends on it, and waits until it is gone.
    pub(crate) async fn delete(
        &self,
        object: &Object,
        cancel: &CancellationToken,
    ) -> Result<(), OperateError> {
        let intent = format!("delete {}", object.key());
        let parameters = DeleteParams {
            propagation_policy: Some(PropagationPolicy::Foreground),
            ..DeleteParams::default()
        };
        match self.api_of(object).delete(&object.name, &parameters).await {
            Ok(_) => {}
            Err(error) if is_gone(&error) => return Ok(()),
            Err(error) => return Err(api_error(intent, error)),
        }
        let what = format!("{} to be gone", object.key());
        let wait = Wait { what: &what, limit: DELETION, cancel };
        wait.until(|| async {
            match self.api_of(object).get_metadata_opt(&object.name).await {
                Ok(None) => Ok(Look::Met(())),
                Ok(Some(_)) => Ok(Look::NotYet("it is still there".to_owned())),
                Err(error) if passes(&error) => Ok(Look::NotYet(error.to_string())),
                Err(error) => Err(api_error(intent.as_str(), error)),
            }
        })
        .await
    }

    fn api_of(&self, object: &Object) -> Api<DynamicObject> {
        let (group, version) =
            object.api_version.split_once('/').unwrap_or(("", object.api_version));
        let resource = ApiResource {
            group: group.to_owned(),
            version: version.to_owned(),
            api_version: object.api_version.to_owned(),
            kind: object.kind.to_owned(),
            plural: object.plural.to_owned(),
        };
        match &object.namespace {
            Some(namespace) => Api::namespaced_with(self.client.clone(), namespace, &resource),
            None => Api::all_with(self.client.clone(), &resource),
        }
    }
}

/// What of an object is content: not its book-keeping.
fn content(object: &DynamicObject) -> Value {
    let mut object = object.clone();
    object.metadata.managed_fields = None;
    object.metadata.resource_version = None;
    object.metadata.generation = None;
    let mut value = serde_json::to_value(object).unwrap_or_default();
    if let Some(fields) = value.as_object_mut() {
        fields.remove("status");
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kubernetes::mock::{Answer, Call, kubernetes};
    use serde_json::json;

    fn object(value: Value) -> DynamicObject {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn book_keeping_is_no_content() {
        let live = json!({
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": "a", "resourceVersion": "1", "generation": 1, "managedFields": [{"manager": "x"}]},
            "data": {"a": "1"}, "status": {"x": 1},
        });
        let applied = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"a": "1"}});
        let other = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"a": "2"}});
        assert_eq!(content(&object(live.clone())), content(&object(applied)));
        assert_ne!(content(&object(live)), content(&object(other)));
    }

    fn wanted() -> Object {
        let body = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"a": "1"}});
        Object {
            api_version: "v1",
            kind: "ConfigMap",
            plural: "configmaps",
            namespace: Some("n".to_owned()),
            name: "a".to_owned(),
            body,
        }
    }

    /// What a comparison says when the object was found so.
    async fn compared(live: Option<Value>) -> ObjectState {
        let mock = kubernetes(move |call: &Call| match (call.method.as_str(), &live) {
            ("GET", None) => Answer::not_found(),
            ("GET", Some(live)) => Answer::ok(live),
            ("PATCH", _) => {
                assert!(call.query.contains("dryRun=All"), "{}", call.query);
                Answer::ok(&call.body)
            }
            _ => Answer::failure(405, "MethodNotAllowed", "no"),
        });
        mock.compare(&wanted()).await.unwrap()
    }

    #[tokio::test]
    async fn comparing_only_asks() {
        let mut other = wanted().body;
        other["data"]["a"] = json!("2");
        let mut leaving = wanted().body;
        leaving["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
        assert_eq!(compared(None).await, ObjectState::Missing);
        assert_eq!(compared(Some(leaving)).await, ObjectState::Missing);
        assert_eq!(compared(Some(wanted().body)).await, ObjectState::InSync);
        assert_eq!(compared(Some(other)).await, ObjectState::Changed);
    }
}
