//! An external etcd in the clear, behind a fake host.

use super::*;
use crate::Profiles;
use cluster::checks::{
    ClusterDraft, EndpointDraft, EndpointKindDraft, EtcdDraft, NetworkingDraft, NodeDraft,
};
use cluster::checks::{Planned, cluster_intent};
use cluster::etcd::Health;
use cluster::intent::{ExternalEtcd, LocalEtcd};
use cluster::membership::{Claim, Entry, Role};
use cluster::node::Record;
use host::fake::FakeHost;
use std::collections::BTreeMap;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const FIRST: &str = "http://e1.example.org:2379";
const SECOND: &str = "http://e2.example.org:2379";

/// A host that reaches the second server of an etcd whose first is down.
async fn host() -> FakeHost {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let fake = FakeHost::start().await;
    fake.forward("e2.example.org", 2379, listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream));
        }
    });
    fake
}

async fn serve(mut stream: TcpStream) {
    let mut request = Vec::new();
    while stream.read_buf(&mut request).await.unwrap_or_default() > 0 {
        let text = String::from_utf8_lossy(&request).into_owned();
        if text.ends_with('}') {
            let body = answer(&text);
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
            stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
            request.clear();
        }
    }
}

/// The second member names an address, too, that only its own host reaches.
fn answer(request: &str) -> &'static str {
    assert!(request.contains("host: e2.example.org:2379\r\n"), "{request}");
    if request.starts_with("POST /v3/cluster/member/list ") {
        r#"{"members":[
            {"ID":"1","name":"e1","clientURLs":["http://e1.example.org:2379"]},
            {"ID":"2","name":"e2","clientURLs":["http://localhost:2379","http://e2.example.org:2379"]},
            {"ID":"3","name":"e3","clientURLs":["https://e2.example.org:2379"]}]}"#
    } else if request.starts_with("POST /v3/kv/range ") {
        assert!(request.contains(r#""key":"L3JlZ2lzdHJ5Lw==","range_end":"L3JlZ2lzdHJ5MA==""#));
        r#"{"count":"7"}"#
    } else if request.starts_with("POST /v3/maintenance/alarm ") {
        "{}"
    } else {
        r#"{"version":"3.6.6","dbSize":"4096","leader":"2"}"#
    }
}

fn cluster(external: ExternalEtcd) -> ClusterIntent {
    let node = NodeDraft { name: "cp1".into(), address: "10.0.0.1".into(), ..NodeDraft::default() };
    let draft = ClusterDraft {
        name: "prod".into(),
        kubernetes_version: "1.35.4".into(),
        endpoint: EndpointDraft {
            host: "api.example.org".into(),
            kind: EndpointKindDraft::External,
            ..EndpointDraft::default()
        },
        networking: NetworkingDraft::default(),
        control_plane_nodes: Planned::Known(vec![node]),
        etcd: EtcdDraft::default(),
        ..ClusterDraft::default()
    };
    let mut cluster = cluster_intent(&draft, "1").unwrap();
    cluster.etcd = EtcdIntent::External(external);
    cluster
}

async fn look(fake: &FakeHost, external: ExternalEtcd) -> Result<EtcdState, OperateError> {
    let (operator, way) = way_of(fake);
    operator.etcd_state(&cluster(external), &[way], &CancellationToken::new()).await
}

fn way_of(fake: &FakeHost) -> (Operator, NodeReference) {
    let operator = Operator::new(Profiles { default: fake.profile(), named: BTreeMap::new() });
    let way = NodeReference {
        name: "cp1".to_owned(),
        address: fake.address().ip().to_string(),
        port: fake.address().port(),
        node_ip: None,
        ssh_profile: None,
        host_key: Some(fake.host_key()),
        machine_id: None,
    };
    (operator, way)
}

#[tokio::test]
async fn objects_of_a_cluster_are_counted() {
    let fake = host().await;
    let (operator, way) = way_of(&fake);
    let count = operator.objects_in_etcd(&cluster(plain(&[FIRST, SECOND])), &way).await;
    assert_eq!(count.unwrap(), 7);
    let silent = operator.objects_in_etcd(&cluster(plain(&[FIRST])), &way).await;
    assert!(silent.unwrap_err().is_unreachable());
}

fn plain(endpoints: &[&str]) -> ExternalEtcd {
    let endpoints = endpoints.iter().map(|text| (*text).to_owned()).collect();
    ExternalEtcd { endpoints, ..ExternalEtcd::default() }
}

#[tokio::test]
async fn the_next_endpoint_is_asked_when_one_is_silent() {
    let state = look(&host().await, plain(&[FIRST, SECOND])).await.unwrap();
    let reason = |index: usize| match &state.members[index].health {
        Health::Healthy => "",
        Health::Unhealthy(reason) => reason,
    };
    assert!(reason(0).contains("refused to open a channel"), "{}", reason(0));
    assert_eq!(reason(1), "");
    assert_eq!(reason(2), "it wants https, and no files for that are known");
    assert_eq!(state.leader().and_then(|leader| leader.name.as_deref()), Some("e2"));
    assert_eq!(state.healthy_voters(), 1);
}

#[tokio::test]
async fn a_silent_etcd_is_named_with_all_its_endpoints() {
    let fake = FakeHost::start().await;
    let error = look(&fake, plain(&[FIRST, SECOND])).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unreachable);
    let notes = error.details.notes.join("\n");
    for endpoint in [FIRST, SECOND] {
        assert!(notes.contains(&format!("etcd at {endpoint}: it does not answer")), "{notes}");
    }
    assert_eq!(error.details.advice.as_deref(), Some(ELSEWHERE));
}

#[tokio::test]
async fn files_that_a_host_lacks_are_named() {
    let fake = FakeHost::start().await;
    fake.put("/etc/etcd/ca.crt", "");
    let file = |name: &str| Some(format!("/etc/etcd/{name}"));
    let external = ExternalEtcd {
        endpoints: vec!["https://e2.example.org:2379".to_owned()],
        ca_file: file("ca.crt"),
        cert_file: file("client.crt"),
        key_file: file("client.key"),
    };
    let error = look(&fake, external).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Api);
    let lacking = "/etc/etcd/client.crt, /etc/etcd/client.key";
    let note =
        format!("through cp1: etcd is external, and cp1 lacks what etcd.external names: {lacking}");
    assert_eq!(error.details.notes, [note]);
}

#[tokio::test]
async fn the_etcd_of_another_cluster_is_not_asked() {
    let fake = FakeHost::start().await;
    let mut record = Record::default();
    let claim = Claim::new("other", Role::ControlPlane, Entry::Init);
    record.membership = Some(claim.mark());
    fake.put(Record::PATH, record.render());
    let (operator, way) = way_of(&fake);
    let mut cluster = cluster(ExternalEtcd::default());
    cluster.etcd = EtcdIntent::Local(LocalEtcd::default());
    let error = operator.etcd_state(&cluster, &[way], &CancellationToken::new()).await.unwrap_err();
    let notes = error.details.notes.join("\n");
    assert!(notes.contains("the cluster with id other"), "{notes}");
    let read: Vec<String> = fake.calls().iter().map(|call| format!("{call:?}")).collect();
    assert!(!read.iter().any(|call| call.contains("apiserver-etcd-client")), "{read:#?}");
}
