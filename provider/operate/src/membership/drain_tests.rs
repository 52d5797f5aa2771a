//! How nodes are drained, in an API in memory.

use super::drain::said;
use crate::error::ErrorKind;
use crate::error::OperateError;
use crate::kubernetes::mock::{Answer, Call, kubernetes};
use cluster::intent::{DrainMode, DrainPolicy};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

fn pod(name: &str, kind: &str) -> Value {
    let owner = json!([{"apiVersion": "apps/v1", "kind": kind, "name": "x", "uid": "1", "controller": true}]);
    json!({"metadata": {"name": name, "namespace": "shop", "ownerReferences": owner}})
}

fn node(ready: &str) -> Value {
    let condition = json!({"type": "Ready", "status": ready});
    json!({"metadata": {"name": "w1"}, "status": {"conditions": [condition]}})
}

/// A machine that died a moment ago: its pods are told to leave, and nobody ends them.
#[tokio::test(start_paused = true)]
async fn pods_of_a_kubelet_that_falls_silent_are_not_waited_for() {
    let looks = Mutex::new(0);
    let mock = kubernetes(move |call: &Call| match call.method.as_str() {
        "GET" if call.path.ends_with("/nodes/w1") => {
            let mut looks = looks.lock().unwrap();
            *looks += 1;
            Answer::ok(&node(if *looks < 4 { "True" } else { "Unknown" }))
        }
        "GET" => Answer::list(&[pod("web", "ReplicaSet")]),
        "PATCH" => Answer::ok(&json!({"metadata": {"name": "w1"}})),
        _ => Answer::ok(
            &json!({"kind": "Status", "apiVersion": "v1", "status": "Success", "metadata": {}}),
        ),
    });
    let policy = DrainPolicy { mode: DrainMode::Evict, timeout: Duration::from_secs(20) };
    mock.drain("w1", policy, &CancellationToken::new()).await.unwrap();
}

/// A cluster with one daemon's pod, and one pod that a budget holds for `refusals` evictions.
async fn drained(mode: DrainMode, refusals: usize) -> (Result<(), OperateError>, Vec<String>) {
    let calls = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&calls);
    let mock = kubernetes(move |call: &Call| {
        let mut calls = seen.lock().unwrap();
        let evictions = calls.iter().filter(|line: &&String| line.starts_with("POST")).count();
        let gone = evictions > refusals || calls.iter().any(|line| line.starts_with("DELETE"));
        if call.method != "GET" {
            calls.push(format!("{} {}", call.method, call.path));
        }
        match call.method.as_str() {
            "GET" if call.path.ends_with("/nodes/w1") => Answer::ok(&node("True")),
            "GET" if gone => Answer::list(&[pod("proxy", "DaemonSet")]),
            "GET" => Answer::list(&[pod("proxy", "DaemonSet"), pod("web", "ReplicaSet")]),
            "PATCH" => Answer::ok(&json!({"metadata": {"name": "w1"}})),
            "POST" if evictions < refusals => Answer::failure(429, "TooManyRequests", "budget"),
            _ => Answer::ok(
                &json!({"kind": "Status", "apiVersion": "v1", "status": "Success", "metadata": {}}),
            ),
        }
    });
    let policy = DrainPolicy { mode, timeout: Duration::from_secs(20) };
    let result = mock.drain("w1", policy, &CancellationToken::new()).await;
    let calls = calls.lock().unwrap().clone();
    (result, calls)
}

#[tokio::test(start_paused = true)]
async fn a_budget_is_waited_for_and_daemons_are_left() {
    let (result, calls) = drained(DrainMode::Evict, 2).await;
    result.unwrap();
    let eviction = "POST /api/v1/namespaces/shop/pods/web/eviction";
    assert_eq!(calls, ["PATCH /api/v1/nodes/w1", eviction, eviction, eviction]);
}

#[tokio::test(start_paused = true)]
async fn a_budget_that_never_yields_fails_and_tells_why() {
    let (result, calls) = drained(DrainMode::Evict, 1000).await;
    let error = result.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Timeout);
    assert!(
        error.details.notes.iter().any(|note| note.contains("shop/web: budget")),
        "{:?}",
        error.details.notes
    );
    assert!(!calls.iter().any(|call| call.starts_with("DELETE")));
}

#[test]
fn the_budget_is_named() {
    let status = |details: Value| {
        let text = "Cannot evict pod as it would violate the pod's disruption budget.";
        serde_json::from_value(json!({"message": text, "code": 429, "details": details})).unwrap()
    };
    let cause = "The disruption budget web needs 2 healthy pods and has 2 currently";
    let named = status(json!({"causes": [{"reason": "DisruptionBudget", "message": cause}]}));
    assert_eq!(
        said(&named),
        format!("Cannot evict pod as it would violate the pod's disruption budget. {cause}")
    );
    let plain = "Cannot evict pod as it would violate the pod's disruption budget.";
    assert_eq!(said(&status(Value::Null)), plain);
}

#[tokio::test(start_paused = true)]
async fn force_deletes_in_the_end() {
    let (result, calls) = drained(DrainMode::Force, 1000).await;
    result.unwrap();
    assert!(calls.last().unwrap().starts_with("DELETE /api/v1/namespaces/shop/pods/web"));
}

#[tokio::test(start_paused = true)]
async fn a_bare_pod_is_evicted_only_by_force() {
    let bare = || json!({"metadata": {"name": "bare", "namespace": "shop"}});
    for (mode, refused) in [(DrainMode::Evict, true), (DrainMode::Force, false)] {
        let calls = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&calls);
        let mock = kubernetes(move |call: &Call| {
            let mut calls = seen.lock().unwrap();
            let gone = calls.iter().any(|method: &String| method == "POST");
            if call.method != "GET" {
                calls.push(call.method.clone());
            }
            match call.method.as_str() {
                "GET" if call.path.ends_with("/nodes/w1") => Answer::ok(&node("True")),
                "GET" if gone => Answer::list(&[]),
                "GET" => Answer::list(&[bare()]),
                "PATCH" => Answer::ok(&json!({"metadata": {"name": "w1"}})),
                _ => Answer::ok(
                    &json!({"kind": "Status", "apiVersion": "v1", "status": "Success", "metadata": {}}),
                ),
            }
        });
        let policy = DrainPolicy { mode, timeout: Duration::from_secs(20) };
        let result = mock.drain("w1", policy, &CancellationToken::new()).await;
        let codes = result.err().map(|error| {
            assert!(error.details.findings[0].summary.contains("shop/bare"));
            error.details.findings[0].code
        });
        assert_eq!(codes, refused.then_some("PF-UNMANAGED-PODS"));
        assert_eq!(calls.lock().unwrap().is_empty(), refused);
    }
}
