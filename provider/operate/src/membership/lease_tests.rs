//! Processes that want the lease of one cluster.

use super::lease::take_lease;
use super::lease_server::{Fault, Server};
use crate::error::ErrorKind;
use crate::kubernetes::mock::{Answer, kubernetes};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

const SOON: Duration = Duration::from_secs(2);

#[tokio::test(start_paused = true)]
async fn of_two_processes_one_changes_the_cluster() {
    let server = Server::default();
    let (one, other) = tokio::join!(server.take("one", SOON), server.take("other", SOON));
    let (held, refused) = if one.is_ok() { (one, other) } else { (other, one) };
    let (held, error) = (held.unwrap(), refused.err().unwrap());
    assert_eq!(error.kind, ErrorKind::Refused);
    let since = Instant::now();
    let (third, ()) = tokio::join!(server.take("third", 30 * SOON), held.release());
    third.unwrap().require_held().unwrap();
    assert_eq!(server.holder().as_deref(), Some("third"));
    assert!(since.elapsed() < SOON, "{:?}", since.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_refusal_names_the_holder_and_what_to_do() {
    let server = Server::default();
    let _held = server.take("anna@desk pid 7", SOON).await.unwrap();
    let error = server.take("other", Duration::from_secs(65)).await.err().unwrap();
    assert_eq!(
        error.to_string(),
        "failed to take the cluster's lease kube-system/terraform-provider-kubeadm"
    );
    assert_eq!(
        error.details.notes,
        ["anna@desk pid 7 holds it, and still did after 65s", "its last renewal was seen 5s ago"]
    );
    assert_eq!(
        error.details.advice.as_deref(),
        Some(
            "wait for the other apply to end, then apply again; if none runs, it expires by itself \
             30s after its last renewal; as a last resort, run: kubectl -n kube-system delete \
             lease terraform-provider-kubeadm"
        )
    );
}

#[tokio::test(start_paused = true)]
async fn a_lease_expires_by_our_clock_whatever_its_holder_wrote() {
    for stamp in ["2001-01-01T00:00:00.000000Z", "2101-01-01T00:00:00.000000Z"] {
        let server = Server::default();
        server.overwrite("gone", stamp);
        let since = Instant::now();
        server.take("one", Duration::from_mins(5)).await.unwrap();
        let waited = since.elapsed();
        assert!(waited > Duration::from_secs(30) && waited < Duration::from_secs(33), "{waited:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_is_renewed_is_not_taken() {
    let server = Server::default();
    let renewer = server.clone();
    tokio::spawn(async move {
        loop {
            renewer.overwrite("slow clock", "2001-01-01T00:00:00.000000Z");
            sleep(Duration::from_secs(25)).await;
        }
    });
    let error = server.take("one", Duration::from_mins(3)).await.err().unwrap();
    assert_eq!(error.kind, ErrorKind::Refused);
    assert_eq!(server.holder().as_deref(), Some("slow clock"));
}

#[tokio::test(start_paused = true)]
async fn a_lease_is_renewed_while_it_is_held_and_expires_when_it_is_dropped() {
    let server = Server::default();
    let held = server.take("one", SOON).await.unwrap();
    sleep(Duration::from_secs(65)).await;
    held.require_held().unwrap();
    assert_eq!(server.kept().version, 1 + 6);
    drop(held);
    let since = Instant::now();
    server.take("other", Duration::from_mins(1)).await.unwrap();
    assert!(since.elapsed() > Duration::from_secs(30), "{:?}", since.elapsed());
}

#[tokio::test(start_paused = true)]
async fn an_api_that_is_away_loses_the_lease_only_after_a_while() {
    let server = Server::default();
    let held = server.take("one", SOON).await.unwrap();
    server.kept().fault = Some(Fault::Down);
    sleep(Duration::from_secs(17)).await;
    assert!(held.require_held().is_ok());
    server.kept().fault = None;
    sleep(Duration::from_secs(15)).await;
    held.require_held().unwrap();
    server.kept().fault = Some(Fault::Down);
    sleep(Duration::from_secs(20)).await;
    let error = held.require_held().unwrap_err();
    assert_eq!(
        error.details.notes.first().map(String::as_str),
        Some(
            "it was not renewed for 20s: the API answered 503 ServiceUnavailable: etcd has no leader"
        )
    );
    server.kept().fault = None;
    let version = server.kept().version;
    sleep(Duration::from_mins(1)).await;
    assert!(held.require_held().is_err());
    assert_eq!(server.kept().version, version);
}

#[tokio::test(start_paused = true)]
async fn another_api_server_goes_on_at_once() {
    let (server, going) = (Server::default(), Arc::new(Mutex::new(false)));
    let (answers, gone) = (server.clone(), Arc::clone(&going));
    let api = kubernetes(move |call| {
        if *gone.lock().unwrap() {
            return Answer::failure(500, "InternalError", "shutting down");
        }
        answers.kept().answer(call)
    });
    let cancel = CancellationToken::new();
    let held = take_lease(Arc::new(api), "one", SOON, &cancel).await.unwrap();
    *going.lock().unwrap() = true;
    sleep(Duration::from_secs(18)).await;
    held.renew_through(server.api());
    sleep(Duration::from_secs(1)).await;
    assert_eq!(server.kept().version, 2);
    sleep(Duration::from_mins(1)).await;
    held.require_held().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_others_took_or_deleted_is_lost_and_left_alone() {
    let server = Server::default();
    let held = server.take("one", SOON).await.unwrap();
    server.overwrite("other", "2026-01-01T00:00:00.000000Z");
    sleep(Duration::from_secs(11)).await;
    let error = held.require_held().unwrap_err();
    assert_eq!(error.details.notes, ["it was taken by other", "nothing more was changed"]);
    held.release().await;
    assert_eq!(server.holder().as_deref(), Some("other"));
    server.kept().lease = None;
    let held = server.take("one", SOON).await.unwrap();
    server.kept().lease = None;
    sleep(Duration::from_secs(11)).await;
    assert!(held.require_held().is_err());
    assert_eq!(server.holder(), None);
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_loses_no_lease() {
    let server = Server::default();
    server.kept().fault = Some(Fault::AnswerLost);
    let held = server.take("one", SOON).await.unwrap();
    assert_eq!(server.kept().version, 2);
    server.kept().fault = Some(Fault::AnswerLost);
    sleep(Duration::from_mins(1)).await;
    held.require_held().unwrap();
}

#[tokio::test(start_paused = true)]
async fn waiting_for_the_lease_ends_when_told_to() {
    let (server, cancel) = (Server::default(), CancellationToken::new());
    server.overwrite("other", "2026-01-01T00:00:00.000000Z");
    cancel.cancel();
    let waited = take_lease(server.api(), "one", SOON, &cancel).await;
    assert!(waited.err().unwrap().is_cancelled());
}

#[tokio::test(start_paused = true)]
async fn an_api_that_never_answers_is_told_as_it_is() {
    let server = Server::default();
    server.kept().fault = Some(Fault::Down);
    let error = server.take("one", SOON).await.err().unwrap();
    assert_eq!(error.kind, ErrorKind::Timeout);
    assert!(error.details.notes.iter().any(|note| note.contains("503")), "{error:?}");
}
