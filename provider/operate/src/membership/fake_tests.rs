//! Runs of kubeadm on a fake host.

use super::evidence::JOURNAL;
use super::kubeadm::Verb;
use super::peers::Seen;
use super::subject::Subject;
use super::ways::Ways;
use crate::error::ErrorKind;
use crate::{Operator, Profiles};
use cluster::Secret;
use cluster::intent::{
    CertificateTransfer, DrainPolicy, MemberIntent, MembershipIntent, Registration,
};
use cluster::membership::Step;
use cluster::membership::api::Api;
use host::fake::{Answer, FakeHost};
use host::{Command, ExitStatus};
use serde_json::json;
use std::collections::BTreeMap;
use tokio_util::sync::CancellationToken;

const UNHEALTHY: &str = "[kubelet-check] The kubelet is not healthy after 4m0s\n";
const SWAP: &str = "failed to run Kubelet: running with swap on is not supported\n";
const CONFIGURATION: &str = "/run/terraform-provider-kubeadm/kubeadm-init.yaml";

pub(super) fn member(fake: &FakeHost) -> MembershipIntent {
    let address = fake.address();
    let component = json!({"extra_args": {}, "extra_volumes": [], "extra_envs": {}});
    let node = json!({
        "name": "cp1", "address": address.ip().to_string(), "port": address.port(), "host_key": fake.host_key(),
    });
    let cluster = json!({
        "id": "id", "name": "test", "kubernetes_version": "1.35.4",
        "endpoint": {"host": "10.0.0.1", "port": 6443, "kind": "own_address"},
        "networking": {"pod_subnet": null, "service_subnet": "10.96.0.0/12", "dns_domain": "cluster.local", "node_mask": null},
        "etcd": {"extra_args": {}, "extra_envs": {}, "server_cert_sans": [], "peer_cert_sans": []},
        "api_server": {"component": component, "cert_sans": []},
        "controller_manager": component, "scheduler": component, "dns": {"addon": "enabled"}, "proxy": "enabled",
        "feature_gates": {}, "kubelet_configuration": {}, "kube_proxy_configuration": {},
        "packages": {"hold": true}, "ignore_preflight_errors": [], "control_plane_nodes": [node],
    });
    MembershipIntent::Member(MemberIntent {
        cluster: serde_json::from_value(cluster).unwrap(),
        node: serde_json::from_value(node).unwrap(),
        advertise_address: None,
        registration: Registration::default(),
        drain: DrainPolicy::default(),
        certificate_transfer: CertificateTransfer::default(),
        ca_hash: None,
    })
}

pub(super) fn operator(fake: &FakeHost) -> Operator {
    Operator::new(Profiles { default: fake.profile(), named: BTreeMap::new() })
}

#[tokio::test]
async fn a_failing_run_tells_the_cause_and_leaves_no_configuration() {
    let fake = FakeHost::start().await;
    fake.on(&["kubeadm", "init"], Answer::failure(1, UNHEALTHY));
    fake.on_script(JOURNAL, Answer::stdout(SWAP));
    let (operator, intent, cancel) = (operator(&fake), member(&fake), CancellationToken::new());
    let subject = Subject::new(&operator, &intent, &cancel).unwrap();
    let document = Ok(Secret::new("token: abcdef.0123456789abcdef"));
    let error = subject.kubeadm(Verb::Init, document).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Command);
    assert_eq!(error.details.cause.as_ref().map(|cause| cause.code), Some("RT-KUBELET-SWAP"));
    let command = error.details.command.unwrap();
    assert_eq!(command.command, "kubeadm init --config <generated>");
    assert_eq!(command.unit.as_deref(), Some("terraform-kubeadm-init.service"));
    assert_eq!(fake.file(CONFIGURATION), None);
    assert!(!format!("{:?}", fake.calls()).contains("0123456789abcdef"));
}

#[tokio::test]
async fn a_run_of_an_interrupted_apply_is_waited_for_and_cleared_away() {
    let fake = FakeHost::start().await;
    fake.on(&["kubeadm", "init"], Answer::hang());
    let (operator, intent, cancel) = (operator(&fake), member(&fake), CancellationToken::new());
    let subject = Subject::new(&operator, &intent, &cancel).unwrap();
    let unit = subject.host.unit("terraform-kubeadm-init");
    unit.start(&Command::new("kubeadm").arg("init")).await.unwrap();
    fake.put(CONFIGURATION, "token");
    let settle = subject.settle();
    let finish = async {
        tokio::task::yield_now().await;
        fake.finish_unit("terraform-kubeadm-init", ExitStatus::Code(0), "");
    };
    let (settled, ()) = tokio::join!(settle, finish);
    settled.unwrap();
    assert!(fake.units().is_empty(), "{:?}", fake.units());
    assert_eq!(fake.file(CONFIGURATION), None);
}

#[tokio::test]
async fn two_who_wait_for_one_run_both_go_on() {
    let fake = FakeHost::start().await;
    fake.on(&["kubeadm", "init"], Answer::hang());
    let (operator, intent, cancel) = (operator(&fake), member(&fake), CancellationToken::new());
    let one = Subject::new(&operator, &intent, &cancel).unwrap();
    let other = Subject::new(&operator, &intent, &cancel).unwrap();
    let unit = one.host.unit("terraform-kubeadm-init");
    unit.start(&Command::new("kubeadm").arg("init")).await.unwrap();
    let finish = async {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        fake.finish_unit("terraform-kubeadm-init", ExitStatus::Code(0), "");
    };
    // The second looks on long after the first has cleared the run away.
    let later = async {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        other.settle().await
    };
    let (first, second, ()) = tokio::join!(one.settle(), later, finish);
    first.unwrap();
    second.unwrap();
}

#[tokio::test]
async fn what_another_command_came_to_is_not_taken_for_ours() {
    let fake = FakeHost::start().await;
    fake.on(&["apt-get", "install"], Answer::hang());
    fake.on(&["apt-get", "purge"], Answer::stdout("purged"));
    let (operator, intent, cancel) = (operator(&fake), member(&fake), CancellationToken::new());
    let subject = Subject::new(&operator, &intent, &cancel).unwrap();
    let command = |verb: &str| Command::new("apt-get").arg(verb);
    subject.host.unit("packages").start(&command("install")).await.unwrap();
    let purge = command("purge");
    let run = subject.run_unit("purge", "packages", &purge);
    let finish = async {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        fake.finish_unit("packages", ExitStatus::Code(0), "installed");
    };
    let (output, ()) = tokio::join!(run, finish);
    assert_eq!(output.unwrap().stdout_text(), "purged");
}

#[tokio::test]
async fn an_interrupted_run_goes_on_without_its_configuration() {
    let fake = FakeHost::start().await;
    fake.on(&["kubeadm", "init"], Answer::hang());
    let (operator, intent, cancel) = (operator(&fake), member(&fake), CancellationToken::new());
    let subject = Subject::new(&operator, &intent, &cancel).unwrap();
    let document = Ok(Secret::new("token"));
    let run = subject.kubeadm(Verb::Init, document);
    let interrupt = async {
        while fake.units().is_empty() {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        cancel.cancel();
    };
    let (run, ()) = tokio::join!(run, interrupt);
    assert!(run.unwrap_err().is_cancelled());
    assert_eq!(fake.units().len(), 1);
    assert_eq!(fake.file(CONFIGURATION), None);
}

#[tokio::test]
async fn a_host_outside_any_control_plane_is_no_way_into_the_cluster() {
    let fake = FakeHost::start().await;
    let (operator, intent, cancel) = (operator(&fake), member(&fake), CancellationToken::new());
    let hosts = intent.ways();
    let ways = Ways { cluster_id: Some("id"), hosts: &hosts };
    let error = operator.kubernetes(ways, &cancel).await.err().unwrap();
    assert_eq!(error.details.notes, ["through cp1: the host is in no control plane"]);
    assert!(operator.kubernetes_unless_gone(ways, &cancel).await.unwrap().is_none());
    fake.vanish();
    fake.drop_connections();
    let error = operator.kubernetes(ways, &cancel).await.err().unwrap();
    assert!(error.is_unreachable(), "{error:?}");
}

/// What the probe prints of a host that carries nothing.
pub(super) const CLEAN: &str = "@machine_id 0 4
0123
@kubernetes_modes 0 0

@kubernetes_digests 0 0

@packages 0 0

@etcd_data 0 2
no
@record absent 0

@end 0 0

";

/// A stranger's host, on which a run of ours seems to have been left.
async fn stranger() -> (FakeHost, MembershipIntent) {
    let fake = FakeHost::start().await;
    fake.on_call(|call| {
        let (script, _) = call.script()?;
        script.starts_with("# Looks at a host").then(|| Answer::stdout(CLEAN))
    });
    let mut intent = member(&fake);
    let MembershipIntent::Member(member) = &mut intent else { unreachable!() };
    member.node.machine_id = Some("4567".to_owned());
    fake.put(CONFIGURATION, "not ours");
    (fake, intent)
}

#[tokio::test]
async fn another_machine_is_left_alone_whatever_is_to_be_done() {
    let (fake, intent) = stranger().await;
    let (operator, cancel) = (operator(&fake), CancellationToken::new());
    let unit = operator.host(intent.node()).unwrap().unit("terraform-kubeadm-init");
    fake.on(&["kubeadm", "init"], Answer::success());
    unit.start(&Command::new("kubeadm").arg("init")).await.unwrap();
    let departed = operator.delete_membership(&intent, &cancel).await.unwrap();
    assert_eq!(departed.warnings.first().map(|warning| warning.code), Some("PW-OTHER-MACHINE"));
    let error = operator.create_membership(&intent, &cancel).await.unwrap_err();
    assert_eq!(
        error.details.findings.first().map(|finding| finding.code),
        Some("PF-OTHER-MACHINE")
    );
    assert_eq!(fake.units().len(), 1);
    assert_eq!(fake.file(CONFIGURATION).map(|file| file.text()).as_deref(), Some("not ours"));
}

#[tokio::test]
async fn a_departure_tells_why_the_host_was_not_reached() {
    let (fake, mut intent) = stranger().await;
    if let MembershipIntent::Member(member) = &mut intent {
        member.node.machine_id = Some("0123".to_owned());
    }
    let (operator, cancel) = (operator(&fake), CancellationToken::new());
    operator.observe_node(intent.node(), &cancel).await.unwrap();
    fake.vanish();
    fake.drop_connections();
    let departed = operator.delete_membership(&intent, &cancel).await.unwrap();
    let [warning] = departed.warnings.as_slice() else { panic!("{:?}", departed.warnings) };
    assert_eq!(warning.code, "PW-HOST-SILENT");
    assert!(!warning.detail.contains("earlier kubeadm"), "{warning:?}");
    let address = fake.address().ip().to_string();
    assert!(warning.detail.contains(&address), "{warning:?}");
    assert!(warning.detail.starts_with("nothing was done on the host: "), "{warning:?}");
}

#[tokio::test]
async fn an_unsound_plan_is_not_carried_out() {
    let (fake, intent) = stranger().await;
    let (operator, cancel) = (operator(&fake), CancellationToken::new());
    let subject = Subject::new(&operator, &intent, &cancel).unwrap();
    let state = subject.state().await.unwrap();
    let seen = Seen::of_worker(Api::Silent("refused".to_owned()));
    let error = subject.sound(&[Step::Reset], Some(&state), &seen).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Refused);
    assert_eq!(error.details.notes, ["a machine with another id must be left alone"]);
}
