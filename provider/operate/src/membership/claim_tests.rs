//! The mark on a fake host, whose probe shows what was written.

use super::fake_tests::{CLEAN, member, operator};
use super::subject::Subject;
use cluster::intent::MembershipIntent;
use cluster::membership::{Claim, Entry, Role};
use cluster::node::Record;
use cluster::static_pod::Component;
use host::fake::{Answer, FakeHost};
use std::sync::{Arc, Weak};
use tokio_util::sync::CancellationToken;

/// A host that carries nothing but what a finished membership leaves in the record.
async fn marked(entry: Entry) -> (Arc<FakeHost>, MembershipIntent) {
    let fake = Arc::new(FakeHost::start().await);
    let itself = Arc::downgrade(&fake);
    fake.on_call(move |call| {
        let (script, _) = call.script()?;
        script.starts_with("# Looks at a host").then(|| Answer::stdout(probe(&itself)))
    });
    let claim = Claim {
        ca_hash: Some("sha256:aa".to_owned()),
        ..Claim::new("id", Role::ControlPlane, entry)
    };
    fake.put(Record::PATH, Record { membership: Some(claim.mark()), ..Record::default() }.render());
    let intent = member(&fake);
    (fake, intent)
}

fn probe(fake: &Weak<FakeHost>) -> String {
    let record = record(&fake.upgrade().unwrap());
    CLEAN.replace("@record absent 0\n", &format!("@record 0 {}\n{record}", record.len()))
}

fn record(fake: &FakeHost) -> String {
    fake.file(Record::PATH).unwrap().text()
}

fn claim(fake: &FakeHost) -> Claim {
    Claim::of(&Record::parse(&record(fake)).unwrap().membership.unwrap())
}

#[tokio::test]
async fn a_reset_takes_the_authority_out_of_the_mark() {
    let (fake, intent) = marked(Entry::Init).await;
    let (operator, cancel) = (operator(&fake), CancellationToken::new());
    let subject = Subject::new(&operator, &intent, &cancel).unwrap();
    assert!(subject.state().await.unwrap().claim.is_some_and(|claim| claim.ca_hash.is_some()));
    subject.renew_claim().await.unwrap();
    assert_eq!(claim(&fake), Claim::new("id", Role::ControlPlane, Entry::Init));
}

#[tokio::test]
async fn restarts_that_are_owed_outlive_an_apply_and_end_with_a_reset() {
    let (fake, intent) = marked(Entry::Join).await;
    let (operator, cancel) = (operator(&fake), CancellationToken::new());
    let subject = Subject::new(&operator, &intent, &cancel).unwrap();
    let owed = [Component::Etcd, Component::KubeApiserver].into();
    subject.note_restarts(&owed).await.unwrap();
    assert_eq!(claim(&fake).restarts, owed);
    assert_eq!(subject.state().await.unwrap().claim.unwrap().restarts, owed);
    subject.renew_claim().await.unwrap();
    assert_eq!(claim(&fake).restarts, [].into());
}

#[tokio::test]
async fn after_a_reset_the_mark_tells_which_shared_files_will_come() {
    let (fake, intent) = marked(Entry::Join).await;
    fake.put("/etc/kubernetes/pki/ca.key", "the user's own");
    let (operator, cancel) = (operator(&fake), CancellationToken::new());
    let subject = Subject::new(&operator, &intent, &cancel).unwrap();
    subject.renew_claim().await.unwrap();
    let claim = claim(&fake);
    assert_eq!(claim.ca_hash, None);
    assert!(claim.shared_files.contains("/etc/kubernetes/pki/sa.key"), "{claim:?}");
    assert!(!claim.shared_files.contains("/etc/kubernetes/pki/ca.key"), "{claim:?}");
}
