//! Whether a static pod runs as its manifest says, by the pod that mirrors it in the API.

use super::{Component, StaticPod};
use crate::yaml;
use k8s_openapi::api::core::v1::Pod;
use serde_json::Value;

/// Annotation by which a kubelet tells which manifest a static pod runs.
const HASH: &str = "kubernetes.io/config.hash";

/// By what the kubelet tells manifests apart: the same text on the same host has the same, also when
/// there was another between.
#[must_use]
pub fn hash(pod: &Pod) -> Option<&str> {
    pod.metadata.annotations.as_ref()?.get(HASH).map(String::as_str)
}

/// Whether the pod is ready, as the kubelet told last.
#[must_use]
pub fn is_ready(pod: &Pod) -> bool {
    let conditions = pod.status.as_ref().and_then(|status| status.conditions.as_deref());
    let mut conditions = conditions.unwrap_or_default().iter();
    conditions.any(|condition| condition.type_ == "Ready" && condition.status == "True")
}

/// Whether the pod mirrors the manifest `text`: the kubelet needs an API server to show a new one, and
/// time to end the former. What the API fills in beside it says nothing.
#[must_use]
pub fn mirrors(pod: &Pod, text: &str) -> bool {
    let manifest = yaml::read_map(text).ok();
    let wanted = manifest.and_then(|mut manifest| manifest.remove("spec"));
    let found = serde_json::to_value(&pod.spec).ok();
    matches!((wanted, found), (Some(wanted), Some(found)) if holds(&found, &wanted))
}

/// Whether everything in `wanted` is in `found`, lists element by element.
fn holds(found: &Value, wanted: &Value) -> bool {
    match (found, wanted) {
        (Value::Object(found), Value::Object(wanted)) => wanted.iter().all(|(key, wanted)| {
            found.get(key).map_or_else(|| is_empty(wanted), |found| holds(found, wanted))
        }),
        (Value::Array(found), Value::Array(wanted)) => {
            let all = || found.iter().zip(wanted).all(|(found, wanted)| holds(found, wanted));
            found.len() == wanted.len() && all()
        }
        (found, wanted) => found == wanted,
    }
}

/// What the API leaves out.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Object(map) => map.is_empty(),
        Value::Array(list) => list.is_empty(),
        _ => false,
    }
}

/// Whether the component's static pod runs as `wanted` and serves, by the pod that mirrors it. `former`
/// is what the kubelet told the manifest before apart by, if it is to be another one; `started` the same
/// of the container that was started last, if it can be told.
///
/// The kubelet mirrors a new manifest when the pod of the former has ended. Readiness of an API server
/// and of its etcd it may tell a minute late, since it tells the very API server that restarts: whether
/// these two serve, they are asked themselves.
///
/// # Errors
/// With what is still missing.
pub fn awaited(
    component: Component,
    mirror: Option<&Pod>,
    wanted: &StaticPod,
    former: Option<&str>,
    started: Option<&str>,
) -> Result<(), String> {
    let Some(pod) = mirror else { return Err("its pod is not there".to_owned()) };
    if former.is_some() && hash(pod) == former || !runs(pod, wanted) {
        return Err("its pod still has the former manifest".to_owned());
    }
    if started.is_some() && hash(pod) != started {
        return Err("its container has not started by the new manifest".to_owned());
    }
    let is_asked = matches!(component, Component::KubeApiserver | Component::Etcd);
    if is_asked || is_ready(pod) { Ok(()) } else { Err(waiting(pod)) }
}

fn runs(pod: &Pod, wanted: &StaticPod) -> bool {
    let container = pod.spec.as_ref().and_then(|spec| spec.containers.first());
    let Some(container) = container else { return false };
    let has = |(name, value): (&str, &str)| {
        let whole = format!("--{name}={value}");
        let words = container.command.iter().chain(&container.args).flatten();
        let alone = format!("--{name}");
        words.into_iter().any(|word| *word == whole || value == "true" && *word == alone)
    };
    container.image.as_deref() == Some(&wanted.image) && wanted.arguments.pairs().all(has)
}

/// What the container waits for or died of.
fn waiting(pod: &Pod) -> String {
    let statuses = pod.status.as_ref().and_then(|status| status.container_statuses.as_deref());
    let state = statuses.and_then(|statuses| statuses.first()?.state.as_ref());
    let waiting = state.and_then(|state| state.waiting.as_ref());
    let texts = waiting.map(|it| [it.reason.as_deref(), it.message.as_deref()]);
    let text: Vec<&str> = texts.into_iter().flatten().flatten().collect();
    if text.is_empty() {
        "its pod is not ready".to_owned()
    } else {
        format!("its pod is not ready: {}", text.join(": "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intent::ExtraArguments;
    use serde_json::json;

    fn pod(hash: &str, argument: &str, ready: &str) -> Pod {
        serde_json::from_value(json!({
            "metadata": {"annotations": {HASH: hash}},
            "spec": {"containers": [{"name": "c", "image": "i", "command": ["c", argument, "--flag"]}]},
            "status": {
                "conditions": [{"type": "Ready", "status": ready}],
                "containerStatuses": [{
                    "name": "c", "image": "i", "imageID": "", "ready": false, "restartCount": 1,
                    "state": {"waiting": {"reason": "CrashLoopBackOff"}},
                }],
            },
        }))
        .unwrap()
    }

    fn wanted() -> StaticPod {
        let arguments = ExtraArguments::default().with("v", "2").with("flag", "true");
        StaticPod { image: "i".to_owned(), arguments, ..StaticPod::default() }
    }

    #[test]
    fn a_static_pod_is_waited_for_until_it_runs_the_new_manifest() {
        const SCHEDULER: Component = Component::KubeScheduler;
        let new = pod("b", "--v=2", "True");
        for (former, started) in [(Some("a"), Some("b")), (Some("a"), None), (None, None)] {
            assert_eq!(awaited(SCHEDULER, Some(&new), &wanted(), former, started), Ok(()));
        }
        let lacks = |pod: &Pod, started| {
            awaited(SCHEDULER, Some(pod), &wanted(), Some("a"), started).unwrap_err()
        };
        assert!(lacks(&pod("a", "--v=2", "True"), None).contains("former"));
        assert!(lacks(&pod("b", "--v=1", "True"), None).contains("former"));
        assert!(lacks(&new, Some("c")).contains("has not started"));
        assert!(lacks(&pod("b", "--v=2", "False"), None).contains("CrashLoopBackOff"));
        awaited(SCHEDULER, None, &wanted(), None, None).unwrap_err();
        let restarting = pod("b", "--v=2", "False");
        let serves = awaited(Component::Etcd, Some(&restarting), &wanted(), Some("a"), None);
        assert_eq!(serves, Ok(()), "it is asked itself");
    }

    /// Somebody edited the manifest just now: the API still shows the one before, to which it returns.
    #[test]
    fn a_manifest_that_the_kubelet_has_not_taken_up_is_not_the_former() {
        let shown = pod("a", "--v=2", "True");
        let text = |words: &str| format!("spec:\n  hostNetwork: null\n  containers: [{words}]\n");
        assert!(mirrors(&shown, &text("{name: c, image: i, command: [c, --v=2, --flag]}")));
        for other in [
            "{name: c, image: i, command: [c, --v=2]}",
            "{name: c, image: i, command: [c, --v=3, --flag]}",
            "{name: c, image: i, command: [c, --v=2, --flag, --more]}",
            "{name: c, image: i, command: [c, --v=2, --flag], livenessProbe: {failureThreshold: 9}}",
        ] {
            assert!(!mirrors(&shown, &text(other)), "{other}");
        }
        assert!(!mirrors(&shown, "[]"));
        let (same, other) = (Some("a"), Some("b"));
        assert_eq!(awaited(Component::KubeApiserver, Some(&shown), &wanted(), None, same), Ok(()));
        awaited(Component::KubeApiserver, Some(&shown), &wanted(), None, other).unwrap_err();
    }
}
