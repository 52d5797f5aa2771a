use super::{Component, StaticPod};
use k8s_openapi::api::core::v1::Pod;

/// Annotation by which a kubelet tells which manifest a static pod runs.
const HASH: &str = "kubernetes.io/config.hash";

/// By what the kubelet tells manifests apart, of the pod that mirrors one that is ready.
#[must_use]
pub fn hash_of_ready(pod: &Pod) -> Option<&str> {
    hash(pod).filter(|_| is_ready(pod))
}

/// Whether the component's static pod runs as `wanted` and serves, by the pod that mirrors it; `former`
/// is what the kubelet told the manifest before apart by, if it is to be another one.
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
) -> Result<(), String> {
    let Some(pod) = mirror else { return Err("its pod is not there".to_owned()) };
    if former.is_some() && hash(pod) == former || !runs(pod, wanted) {
        return Err("its pod still has the former manifest".to_owned());
    }
    let is_asked = matches!(component, Component::KubeApiserver | Component::Etcd);
    if is_asked || is_ready(pod) { Ok(()) } else { Err(waiting(pod)) }
}

fn hash(pod: &Pod) -> Option<&str> {
    pod.metadata.annotations.as_ref()?.get(HASH).map(String::as_str)
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

fn is_ready(pod: &Pod) -> bool {
    let conditions = pod.status.as_ref().and_then(|status| status.conditions.as_deref());
    let mut conditions = conditions.unwrap_or_default().iter();
    conditions.any(|condition| condition.type_ == "Ready" && condition.status == "True")
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

    #[test]
    fn a_static_pod_is_waited_for_until_it_runs_the_new_manifest() {
        let arguments = ExtraArguments::default().with("v", "2").with("flag", "true");
        let wanted = StaticPod { image: "i".to_owned(), arguments, ..StaticPod::default() };
        let lacks = |pod: &Pod| {
            awaited(Component::KubeScheduler, Some(pod), &wanted, Some("a")).unwrap_err()
        };
        assert_eq!(
            awaited(Component::KubeScheduler, Some(&pod("b", "--v=2", "True")), &wanted, Some("a")),
            Ok(())
        );
        assert_eq!(
            awaited(Component::KubeScheduler, Some(&pod("b", "--v=2", "True")), &wanted, None),
            Ok(())
        );
        assert!(lacks(&pod("a", "--v=2", "True")).contains("former"));
        assert!(lacks(&pod("b", "--v=1", "True")).contains("former"));
        assert!(lacks(&pod("b", "--v=2", "False")).contains("CrashLoopBackOff"));
        awaited(Component::KubeScheduler, None, &wanted, None).unwrap_err();
        let serves =
            awaited(Component::Etcd, Some(&pod("b", "--v=2", "False")), &wanted, Some("a"));
        assert_eq!(serves, Ok(()), "it is asked itself");
        assert_eq!(hash_of_ready(&pod("a", "", "True")), Some("a"));
        assert_eq!(hash_of_ready(&pod("a", "", "False")), None);
    }
}
